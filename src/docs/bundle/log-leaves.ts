import { digest } from '../canonical.js'
import type { CustodyReceipt } from '../generated/types.js'
import { entryHash, receiptEntry } from '../log-entry.js'
import type { RecordLine } from './record-line.js'

/** The hash of a receipt's leaf in the relay's log. */
export function receiptLeaf(receipt: unknown): Uint8Array {
  return entryHash(receiptEntry(receipt as CustodyReceipt))
}

/** The hash of a day close's leaf; undefined for a record that cannot be one. */
export function dayCloseLeaf({ terminal, code, epoch, position, text }: RecordLine): Uint8Array | undefined {
  if (!text.includes('"type":"day-close"')) return undefined
  return entryHash({ v: 1, type: 'day-close', terminal, code, epoch, position, hash: digest(text) })
}
