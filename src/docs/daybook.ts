import type * as A from '@automerge/automerge'
import { keysUnder, plain, type FlatDoc } from './flat.js'
import { positionOf, recordKey } from './record-key.js'
import { readRecord, type SealedRecord } from './record.js'

export { positionOf, recordKey } from './record-key.js'

/** The positions a day book holds, ascending. */
export function positionsIn(doc: A.Doc<FlatDoc>): number[] {
  return keysUnder(doc, 'record')
    .map(positionOf)
    .filter((position) => position !== undefined)
}

/** The highest position a day book holds; 0 for an empty one. */
export function lastPositionIn(doc: A.Doc<FlatDoc>): number {
  return positionsIn(doc).at(-1) ?? 0
}

/** The stored bytes at a position; undefined where there is none. */
export function storedAt(doc: A.Doc<FlatDoc>, position: number): Uint8Array | undefined {
  const value = plain(doc[recordKey(position)])
  return value instanceof Uint8Array ? value : undefined
}

/**
 * The records of a day book after `after`, in chain order.
 * @throws MalformedRecord at the first value that is no record
 */
export function* recordsIn(doc: A.Doc<FlatDoc>, after = 0): Generator<SealedRecord> {
  for (const position of positionsIn(doc)) {
    if (position > after) yield readRecord(plain(doc[recordKey(position)]))
  }
}
