import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { messageOf, putFile } from '../api.js'
import { ItemPicture } from '../item-picture.js'
import { t } from '../texts.js'

interface Props {
  readonly item: { readonly sku: string; readonly name: string; readonly image?: string }
  readonly changed: () => void
}

/** The picture of an item, and the way to give it another. */
export function PictureField({ item, changed }: Props): VNode {
  const [error, setError] = useState('')
  const input = useRef<HTMLInputElement>(null)
  const upload = async (): Promise<void> => {
    const file = input.current?.files?.[0]
    if (!file) return
    setError('')
    try {
      await putFile(`/v1/items/${encodeURIComponent(item.sku)}/image`, file)
      changed()
    } catch (problem) {
      setError(messageOf(problem))
    } finally {
      if (input.current) input.current.value = ''
    }
  }
  return (
    <div class="picture-field">
      <ItemPicture item={item} />
      <label>
        {t.value.pictureOf(item.name)}{' '}
        <input
          ref={input}
          type="file"
          accept="image/jpeg,image/png,image/webp"
          onChange={() => void upload()}
        />
      </label>
      <p class="error" role="alert">
        {error}
      </p>
    </div>
  )
}
