import { positionOf } from './daybook.js'
import type { HistoryLine } from './generated/types.js'
import { plain, segmentsOf, type Scalar } from './flat.js'
import type { Edit, HistoryEntry } from './history.js'
import { describeDocument, type DocumentName } from './naming.js'
import { isSecretKey } from './people.js'
import { isSale, readRecord, type RecordBody } from './record.js'

export type { HistoryLine } from './generated/types.js'

/** What stands in history instead of a value that is nobody's to read. */
const SECRET = '(not shown)'

/** A value as history shows it: a sealed record as a summary, bytes by their length, anything else as it is. */
function shown(key: string, value: Scalar): string | number | boolean | null {
  if (isSecretKey(key)) return SECRET
  if (!(value instanceof Uint8Array)) return value
  try {
    const { body, hash } = readRecord(plain(value))
    const sum = isSale(body)
      ? ` ${body.number} ${body.totals.payable} ${body.policy.currency} (minor units)`
      : ''
    const event = body.type === 'event' ? ` ${body.event}` : ''
    return `${body.type}${sum}${event}, by ${body.by} at ${body.at}, hash ${hash}`
  } catch {
    return `${value.length} bytes`
  }
}

/** The record a change put into a day book. */
function sealedIn({ key, new: value }: Edit): RecordBody | undefined {
  if (positionOf(key) === undefined || !(value instanceof Uint8Array)) return undefined
  try {
    return readRecord(plain(value)).body
  } catch {
    return undefined
  }
}

function didSeal(body: RecordBody): string {
  switch (body.type) {
    case 'invoice':
      return 'seal invoice'
    case 'credit-note':
      return 'seal credit note'
    case 'day-close':
      return 'day close'
    case 'event':
      return body.event
  }
}

/** The lines of one change of a document. A record says itself who sealed it and when: many may come in one change. */
export function historyLines(id: string, name: DocumentName, entry: HistoryEntry): HistoryLine[] {
  return entry.edits.map((edit) => {
    const sealed = sealedIn(edit)
    return {
      document: id,
      name: describeDocument(name),
      change: entry.hash,
      at: sealed?.at ?? entry.at,
      terminal: entry.note.terminal,
      by: sealed?.by ?? entry.note.by,
      did: sealed ? didSeal(sealed) : entry.note.did,
      what: segmentsOf(edit.key).join(' '),
      old: edit.old.map((value) => shown(edit.key, value)),
      new: edit.new === undefined ? null : shown(edit.key, edit.new),
    }
  })
}
