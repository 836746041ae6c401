import type { VNode } from 'preact'
import { bytes } from '../../../pages/format.js'
import { useAnswer } from '../../../pages/use-answer.js'
import { get } from '../api.js'
import type { ImageFigures } from '../shapes.js'
import { Terms } from '../terms.js'
import { t } from '../texts.js'
import { ItemFinder } from './item-finder.js'
import { useItemList } from './item-list.js'
import { PictureField } from './picture-field.js'

/** Pictures of items, and how many of them are where. */
export function Images(): VNode {
  const list = useItemList()
  const { value: figures, error } = useAnswer(() => get<ImageFigures>('/v1/images'), [list.items])
  return (
    <>
      {figures ? (
        <Terms
          pairs={[
            [t.value.imagesHere, t.value.countAndSize(figures.here.count, bytes(figures.here.bytes))],
            [
              t.value.imagesUnreceipted,
              t.value.countAndSize(figures.unreceipted.count, bytes(figures.unreceipted.bytes)),
            ],
            [t.value.imagesWanted, t.value.countAndSize(figures.wanted.count, bytes(figures.wanted.bytes))],
            [t.value.imagesLimit, bytes(figures.cacheLimitBytes)],
          ]}
        />
      ) : null}
      <p class="error" role="alert">
        {error}
      </p>
      <ItemFinder list={list} />
      <ul class="list pictures">
        {list.items.map((item) => (
          <li key={item.sku}>
            <PictureField item={item} changed={list.again} />
          </li>
        ))}
      </ul>
    </>
  )
}
