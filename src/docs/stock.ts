import type * as A from '@automerge/automerge'
import { addDecimals, negateDecimal } from './decimal.js'
import { integerAt, keyOf, keysUnder, put, segmentsOf, textAt, type FlatDoc } from './flat.js'

/**
 * Stock as the relay knows it: what came in, what each terminal sold, and how far each day book was counted. The
 * count and its mark are written in one change, so that counting a day book twice adds nothing.
 */
export interface Stock {
  readonly sku: string
  /** Units received; undefined for an item that nobody counts. */
  readonly received?: string
  readonly soldBy: ReadonlyMap<string, string>
  readonly sold: string
  /** Received less sold. Negative is an exception to look into, never a reason to refuse a sale. */
  readonly onHand: string
}

export function readStock(shard: A.Doc<FlatDoc>, sku: string): Stock {
  const received = textAt(shard, keyOf('received', sku))
  const soldBy = new Map(
    keysUnder(shard, 'sold', sku).map((key) => [segmentsOf(key)[2] ?? '', textAt(shard, key) ?? '0']),
  )
  const sold = [...soldBy.values()].reduce(addDecimals, '0')
  return {
    sku,
    ...(received === undefined ? {} : { received }),
    soldBy,
    sold,
    onHand: addDecimals(received ?? '0', negateDecimal(sold)),
  }
}

/** SKUs with any movement in a shard. */
export function stockedSkus(shard: A.Doc<FlatDoc>): string[] {
  const found = new Set<string>()
  for (const key of Object.keys(shard)) {
    const [kind, sku] = segmentsOf(key)
    if ((kind === 'received' || kind === 'sold') && sku !== undefined) found.add(sku)
  }
  return [...found].sort()
}

/** The items of a shard of which more was sold than came in; those that nobody counts are none. One pass over the shard. */
export function oversoldIn(shard: A.Doc<FlatDoc>): Stock[] {
  const received = new Map<string, string>()
  const soldBy = new Map<string, Map<string, string>>()
  for (const key of Object.keys(shard)) {
    const [kind, sku = '', code = ''] = segmentsOf(key)
    if (kind === 'received') received.set(sku, textAt(shard, key) ?? '0')
    if (kind !== 'sold') continue
    const own = soldBy.get(sku) ?? new Map<string, string>()
    soldBy.set(sku, own)
    own.set(code, textAt(shard, key) ?? '0')
  }
  const found: Stock[] = []
  for (const [sku, quantity] of received) {
    const own = soldBy.get(sku) ?? new Map<string, string>()
    const sold = [...own.values()].reduce(addDecimals, '0')
    const onHand = addDecimals(quantity, negateDecimal(sold))
    if (onHand.startsWith('-')) found.push({ sku, received: quantity, soldBy: own, sold, onHand })
  }
  return found
}

/** Up to which chain position a day book has been counted in this shard; 0 for not at all. */
export function countedUpTo(shard: A.Doc<FlatDoc>, dayBook: string): number {
  return integerAt(shard, keyOf('counted', dayBook)) ?? 0
}

/**
 * Adds what one day book sold, and marks how far it was counted, inside one change.
 * @param sold quantity by SKU, negative for goods that came back
 */
export function countSales(
  draft: FlatDoc,
  before: A.Doc<FlatDoc>,
  dayBook: string,
  code: string,
  upTo: number,
  sold: ReadonlyMap<string, string>,
): void {
  addSold(draft, before, code, sold)
  markCounted(draft, before, dayBook, upTo)
}

/** Adds what a terminal sold, inside the change that also marks up to where its day books were counted. */
export function addSold(
  draft: FlatDoc,
  before: A.Doc<FlatDoc>,
  code: string,
  sold: ReadonlyMap<string, string>,
): void {
  for (const [sku, quantity] of sold) {
    const key = keyOf('sold', sku, code)
    put(draft, before, key, addDecimals(textAt(before, key) ?? '0', quantity))
  }
}

export function markCounted(draft: FlatDoc, before: A.Doc<FlatDoc>, dayBook: string, upTo: number): void {
  put(draft, before, keyOf('counted', dayBook), upTo)
}

/** Sets what has been received in all, inside a change. */
export function receiveStock(draft: FlatDoc, before: A.Doc<FlatDoc>, sku: string, received: string): boolean {
  return put(draft, before, keyOf('received', sku), received)
}
