import { positionOf } from './daybook.js'
import { plain, segmentsOf, type Scalar } from './flat.js'
import type { Edit, HistoryEntry } from './history.js'
import { describeDocument, type DocumentName } from './naming.js'
import { isSecretKey } from './people.js'
import { isSale, readRecord, type RecordBody } from './record.js'

/** One line of history, ready to print: who, when, what, old and new value. */
export interface HistoryLine {
  readonly document: string
  readonly name: string
  readonly change: string
  readonly at: string
  readonly terminal: string
  readonly by: string
  readonly did: string
  /** What the value belongs to: `item 85123A price`, `bill … line … quantity`, `record 12`. */
  readonly what: string
  readonly old: readonly Shown[]
  readonly new: Shown
}

/** What stands in history instead of a value that is nobody's to read. */
const SECRET = '(not shown)'

/** A value as history shows it. */
export type Shown = string | number | boolean | null

/** A value as history shows it: a sealed record as a summary, bytes by their length, anything else as it is. */
export function shown(key: string, value: Scalar): Shown {
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

export function didSeal(body: RecordBody): string {
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
