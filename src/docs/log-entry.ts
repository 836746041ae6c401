import { canonicalJson } from './canonical.js'
import type { BookSummary, CustodyReceipt, DayCloseEntry, LogEntry, ReceiptEntry } from './generated/types.js'
import { leafHash } from './merkle.js'

export type { DayCloseEntry, LogEntry, ReceiptEntry } from './generated/types.js'

/** What the log says of a custody receipt that was given. */
export function receiptEntry({ body, signature }: CustodyReceipt): ReceiptEntry {
  return { v: 1, type: 'custody-receipt', receipt: { body, signature } }
}

/** What the log says of a business day that was closed and counted; undefined where the day is open. */
export function dayCloseEntry(summary: BookSummary): DayCloseEntry | undefined {
  const { terminal, code, epoch, upTo: position, head: hash, closed } = summary
  if (!closed || hash === undefined) return undefined
  return { v: 1, type: 'day-close', terminal, code, epoch, position, hash }
}

/** The bytes of a leaf: canonical JSON (RFC 8785) in UTF-8. */
export function leafBytes(entry: LogEntry): Uint8Array {
  return new TextEncoder().encode(canonicalJson(entry))
}

/** The hash of an entry's leaf. */
export function entryHash(entry: LogEntry): Uint8Array {
  return leafHash(leafBytes(entry))
}
