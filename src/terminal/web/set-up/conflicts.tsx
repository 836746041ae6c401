import type { VNode } from 'preact'
import type { ConflictList } from '../../../docs/generated/types.js'
import { useAnswer } from '../../../pages/use-answer.js'
import { get } from '../api.js'
import { ConflictBlock } from '../conflict.js'
import { t } from '../texts.js'

/** Everything of the catalogue that was written apart, to be settled. */
export function Conflicts(): VNode {
  const { value, error, again } = useAnswer(() => get<ConflictList>('/v1/conflicts'), [])
  const items = value?.items
  return (
    <>
      <p role="status">{items?.length === 0 ? t.value.noConflicts : ''}</p>
      <p class="error" role="alert">
        {error}
      </p>
      {items?.map((item) =>
        item.conflicts.map((conflict) => (
          <ConflictBlock
            key={`${item.sku} ${conflict.field}`}
            item={item}
            conflict={conflict}
            settled={again}
          />
        )),
      )}
    </>
  )
}
