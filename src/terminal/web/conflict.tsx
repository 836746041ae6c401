import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Action } from '../../pages/action.js'
import { dateTime } from '../../pages/format.js'
import type { EditItems } from '../../docs/generated/types.js'
import { messageOf, post } from './api.js'
import { ItemPicture } from './item-picture.js'
import { priceText } from './money.js'
import type { Conflict, ConflictingValue, Item, ItemField } from './shapes.js'
import { mayManage } from './state/session.js'
import { t } from './texts.js'

type ItemEdit = EditItems['items'][number]

interface Props {
  readonly item: Item
  readonly conflict: Conflict
  readonly settled: () => void
}

/**
 * Both values, with who wrote them and when. Managers settle them, in online mode, so that they see each other's edits.
 */
export function ConflictBlock({ item, conflict: { field, values }, settled }: Props): VNode {
  const [error, setError] = useState('')
  const what = t.value.fieldsMany[field]
  const settle = async ({ value }: ConflictingValue): Promise<void> => {
    setError('')
    try {
      await post('/v1/items', { items: [editOf(item.sku, field, value)] })
      settled()
    } catch (problem) {
      setError(messageOf(problem))
    }
  }
  return (
    <div class="conflict" role="group" aria-label={t.value.conflictOf(item.name, what)}>
      <p>{t.value.writtenApart(item.name, values.length, what)}</p>
      {values.map((entry) => (
        <div class="value" key={entry.value}>
          {field === 'image' && entry.value !== '' ? (
            <ItemPicture item={{ name: item.name, image: entry.value }} />
          ) : null}
          <p>
            <strong>{shownValue(field, entry.value)}</strong> {t.value.writtenBy(entry.by, entry.terminal)}
            {entry.at === '' ? '' : `, ${dateTime(entry.at)}`}
            {entry.winner ? ` – ${t.value.billedUntilSettled}` : ''}
          </p>
          {mayManage.value ? (
            <Action work={() => settle(entry)}>{t.value.settleOn(shownValue(field, entry.value))}</Action>
          ) : null}
        </div>
      ))}
      {mayManage.value ? null : <p class="hint">{t.value.managerSettles}</p>}
      <p class="error" role="alert">
        {error}
      </p>
    </div>
  )
}

/** A price is written `255`, or `1/10` for 1 minor unit per 10 pieces. */
function priceOf(value: string): { minor: number; per?: number } {
  const [minor, per] = value.split('/')
  return per === undefined ? { minor: Number(minor) } : { minor: Number(minor), per: Number(per) }
}

function shownValue(field: ItemField, value: string): string {
  if (field === 'price') return priceText(priceOf(value))
  if (field === 'image' && value !== '') return value.slice(0, 12)
  return value === '' ? t.value.nothing : value
}

function editOf(sku: string, field: ItemField, value: string): ItemEdit {
  switch (field) {
    case 'price':
      return { sku, price: priceOf(value) }
    case 'barcodes':
      return { sku, barcodes: value.split(' ').filter((code) => code !== '') }
    case 'withdrawn':
      return { sku, withdrawn: value === 'true' }
    default:
      return { sku, [field]: value }
  }
}
