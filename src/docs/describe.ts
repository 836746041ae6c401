import type { Scalar } from './flat.js'
import { isSecretKey } from './people.js'
import { isSale, readRecord, type RecordBody, type SealedRecord } from './record.js'

/** What stands in history instead of a value that is nobody's to read. */
const SECRET = '(not shown)'

/** A value as history shows it. */
export type Shown = string | number | boolean | null

/** A value as history shows it: a sealed record as a summary, bytes by their length, anything else as it is. */
export function shown(key: string, value: Scalar): Shown {
  if (isSecretKey(key)) return SECRET
  if (!(value instanceof Uint8Array)) return value
  const record = recordIn(value)
  return record ? summaryOf(record) : `${value.length} bytes`
}

/** The sealed record that a value is; undefined where it is none. */
export function recordIn(value: Scalar): SealedRecord | undefined {
  try {
    return readRecord(value)
  } catch {
    return undefined
  }
}

export function summaryOf({ body, hash }: Pick<SealedRecord, 'body' | 'hash'>): string {
  const sum = isSale(body)
    ? ` ${body.number} ${body.totals.payable} ${body.policy.currency} (minor units)`
    : ''
  const event = body.type === 'event' ? ` ${body.event}` : ''
  return `${body.type}${sum}${event}, by ${body.by} at ${body.at}, hash ${hash}`
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
