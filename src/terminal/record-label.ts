import { sequenceKey } from '../docs/chain-state.js'
import { isSale, type RecordBody } from '../docs/record.js'
import { parseNumber } from '../docs/series.js'

/**
 * The label of the file a record is written to: its position, and for a sale its series and sequence
 * (`12-i-2627-7`). Should the file's content be damaged, its name still says which number was used (N1, D2).
 */
export function recordLabel(body: RecordBody): string {
  const number = isSale(body) ? parseNumber(body.number) : undefined
  if (!number) return String(body.chain.position)
  return `${body.chain.position}-${number.type === 'invoice' ? 'i' : 'c'}-${number.year}-${number.sequence}`
}

/** What a label says was in a file. */
export interface LabelledRecord {
  readonly position: number
  /** See `ChainState.sequences`. */
  readonly series?: { readonly key: string; readonly sequence: number }
}

export function readLabel(label: string): LabelledRecord | undefined {
  const match = /^(\d{1,12})(?:-([ic])-(\d{4})-(\d{1,6}))?$/.exec(label)
  if (!match) return undefined
  const [, position, type, year, sequence] = match
  if (type === undefined || year === undefined) return { position: Number(position) }
  const key = sequenceKey(type === 'i' ? 'invoice' : 'credit-note', year)
  return { position: Number(position), series: { key, sequence: Number(sequence) } }
}
