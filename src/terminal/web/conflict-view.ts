import type { EditItems } from '../../docs/generated/types.js'
import { messageOf, post } from './api.js'
import { button, make } from './dom.js'
import { priceText } from './money.js'
import type { Conflict, ConflictingValue, Item, ItemField } from './shapes.js'
import { dateTime } from './time.js'

/** Who may settle what was written apart: managers, in online mode, so that they see each other's edits. */
export interface Settling {
  readonly allowed: boolean
}

type ItemEdit = EditItems['items'][number]

const FIELD_NAMES: Readonly<Record<ItemField, string>> = {
  name: 'names',
  price: 'prices',
  tax: 'taxes',
  unit: 'units',
  hsn: 'HSN codes',
  barcodes: 'barcodes',
  withdrawn: 'answers whether it is withdrawn',
}

/** Both values, with who wrote them and when; and buttons to settle one of them. */
export function conflictBlock(
  item: Item,
  { field, values }: Conflict,
  settling: Settling,
  settled: () => void,
): HTMLElement {
  const error = make('p', { className: 'error', role: 'alert' })
  const block = make(
    'div',
    { className: 'conflict', role: 'group', ariaLabel: `${item.name}: ${FIELD_NAMES[field]} in conflict` },
    make('p', {}, `“${item.name}” has ${values.length} ${FIELD_NAMES[field]}, written apart:`),
  )
  for (const entry of values) block.append(row(item, field, entry, settling, settled, error))
  if (!settling.allowed) {
    block.append(
      make('p', { className: 'hint' }, 'A manager settles it at a manager’s terminal in online mode.'),
    )
  }
  block.append(error)
  return block
}

function row(
  item: Item,
  field: ItemField,
  entry: ConflictingValue,
  settling: Settling,
  settled: () => void,
  error: HTMLElement,
): HTMLElement {
  const shown = shownValue(field, entry.value)
  const who = `by ${entry.by || 'unknown'} at ${entry.terminal || 'an unknown terminal'}`
  const when = entry.at === '' ? '' : `, ${dateTime(entry.at)}`
  const text = make(
    'p',
    {},
    make('strong', {}, shown),
    ` ${who}${when}${entry.winner ? ' – billed until it is settled' : ''} `,
  )
  if (settling.allowed) {
    text.append(
      button(`Settle on ${shown}`, async () => {
        try {
          await post('/v1/items', { items: [editOf(item.sku, field, entry.value)] })
          settled()
        } catch (problem) {
          error.textContent = messageOf(problem)
        }
      }),
    )
  }
  return text
}

/** A price is written `255`, or `1/10` for 1 minor unit per 10 pieces. */
function priceOf(value: string): { minor: number; per?: number } {
  const [minor, per] = value.split('/')
  return per === undefined ? { minor: Number(minor) } : { minor: Number(minor), per: Number(per) }
}

function shownValue(field: ItemField, value: string): string {
  if (field === 'price') return priceText(priceOf(value))
  return value === '' ? '(nothing)' : value
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
