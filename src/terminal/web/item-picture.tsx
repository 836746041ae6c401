import type { VNode } from 'preact'
import { useState } from 'preact/hooks'

interface Pictured {
  readonly name: string
  readonly image?: string
}

/** The picture of an item, or its first letter where there is none, or none here yet. */
export function ItemPicture({ item }: { readonly item: Pictured }): VNode {
  const [missing, setMissing] = useState<string>()
  if (item.image === undefined || missing === item.image) {
    return (
      <span class="picture" aria-hidden="true">
        {[...item.name][0] ?? ''}
      </span>
    )
  }
  return (
    <img
      class="picture"
      src={`/v1/images/${encodeURIComponent(item.image)}`}
      alt=""
      loading="lazy"
      decoding="async"
      onError={() => setMissing(item.image)}
    />
  )
}
