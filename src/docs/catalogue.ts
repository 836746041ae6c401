import * as A from '@automerge/automerge'
import { keyOf, plain, put, segmentsOf, textAt, type FlatDoc } from './flat.js'
import type { Price } from './generated/types.js'

/** Fields of an item. Each is a value of its own in the document, so each merges by itself. */
export const ITEM_FIELDS = ['name', 'price', 'tax', 'unit', 'hsn', 'barcodes', 'withdrawn', 'image'] as const
export type ItemField = (typeof ITEM_FIELDS)[number]

/** The values of a field that were written apart from each other and that nobody has settled yet. */
export interface FieldConflict {
  readonly field: ItemField
  readonly values: readonly { readonly value: string; readonly opId: string; readonly winner: boolean }[]
}

export interface Item {
  readonly sku: string
  readonly name: string
  readonly price: Price
  /** A tax spec, `CGST:9+SGST:9`; empty for none. */
  readonly tax: string
  readonly unit?: string
  readonly hsn?: string
  readonly barcodes: readonly string[]
  readonly withdrawn: boolean
  /** SHA-256 of its picture, hexadecimal. */
  readonly image?: string
  readonly conflicts: readonly FieldConflict[]
}

/** What may be written of an item; absent fields stay as they are. */
export interface ItemEdit {
  readonly name?: string | undefined
  readonly price?: Price | undefined
  readonly tax?: string | undefined
  readonly unit?: string | undefined
  readonly hsn?: string | undefined
  readonly barcodes?: readonly string[] | undefined
  readonly withdrawn?: boolean | undefined
  /** Empty for none. */
  readonly image?: string | undefined
}

/** A price is one value (`255`, or `1/10` for 1 minor unit per 10 pieces), so that its halves cannot be mixed. */
export function priceText(price: Price): string {
  return price.per === undefined || price.per === 1 ? String(price.minor) : `${price.minor}/${price.per}`
}

export function priceFromText(text: string): Price | undefined {
  const match = /^(\d{1,16})(?:\/([1-9]\d{0,6}))?$/.exec(text)
  if (!match) return undefined
  const minor = Number(match[1])
  if (!Number.isSafeInteger(minor)) return undefined
  return match[2] === undefined || match[2] === '1' ? { minor } : { minor, per: Number(match[2]) }
}

export function itemKey(sku: string, field: ItemField): string {
  return keyOf('item', sku, field)
}

/** The SKUs of a shard that have a name, in order. */
export function skusIn(shard: A.Doc<FlatDoc>): string[] {
  return Object.keys(shard)
    .filter((key) => key.startsWith('item/') && key.endsWith('/name'))
    .map((key) => segmentsOf(key)[1] ?? '')
    .sort()
}

function conflictsOf(shard: A.Doc<FlatDoc>, sku: string): FieldConflict[] {
  const found: FieldConflict[] = []
  for (const field of ITEM_FIELDS) {
    const key = itemKey(sku, field)
    const values = A.getConflicts(shard, key)
    if (values === undefined) continue
    const shown = String(plain(shard[key]))
    const entries = Object.entries(values).map(([opId, value]) => ({ opId, value: String(plain(value)) }))
    // Two people who wrote the same value do not disagree.
    if (new Set(entries.map(({ value }) => value)).size < 2) continue
    found.push({ field, values: entries.map((entry) => ({ ...entry, winner: entry.value === shown })) })
  }
  return found
}

/** The item as it stands, with every unsettled field; undefined for an unknown SKU. */
export function readItem(shard: A.Doc<FlatDoc>, sku: string): Item | undefined {
  const text = (field: ItemField): string | undefined => textAt(shard, itemKey(sku, field))
  const name = text('name')
  const price = priceFromText(text('price') ?? '')
  if (name === undefined || price === undefined) return undefined
  const unit = text('unit')
  const hsn = text('hsn')
  const image = text('image')
  return {
    sku,
    name,
    price,
    tax: text('tax') ?? '',
    ...(unit ? { unit } : {}),
    ...(hsn ? { hsn } : {}),
    barcodes: (text('barcodes') ?? '').split(' ').filter((code) => code !== ''),
    withdrawn: plain(shard[itemKey(sku, 'withdrawn')]) === true,
    ...(image ? { image } : {}),
    conflicts: conflictsOf(shard, sku),
  }
}

/**
 * Writes the given fields of an item inside a change of its shard.
 * @returns the fields that were written; an unchanged field is not, unless that settles a conflict
 */
export function writeItem(draft: FlatDoc, before: A.Doc<FlatDoc>, sku: string, edit: ItemEdit): ItemField[] {
  const values = new Map<ItemField, string | boolean>()
  if (edit.name !== undefined) values.set('name', edit.name)
  if (edit.price !== undefined) values.set('price', priceText(edit.price))
  if (edit.tax !== undefined) values.set('tax', edit.tax)
  if (edit.unit !== undefined) values.set('unit', edit.unit)
  if (edit.hsn !== undefined) values.set('hsn', edit.hsn)
  if (edit.barcodes !== undefined) values.set('barcodes', edit.barcodes.join(' '))
  if (edit.withdrawn !== undefined) values.set('withdrawn', edit.withdrawn)
  if (edit.image !== undefined) values.set('image', edit.image)
  const written: ItemField[] = []
  for (const [field, value] of values) {
    if (put(draft, before, itemKey(sku, field), value)) written.push(field)
  }
  return written
}
