import type { DocumentName, RecordLine } from '../generated/types.js'
import { MalformedRecord, readRecord, signedBytes, type SealedRecord } from '../record.js'

export type { RecordLine } from '../generated/types.js'

export type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

/** What a record is called in an export, made of the bytes its day book stores. A record that is none is told as it is. */
export function recordLine(
  document: string,
  { terminal, code, epoch }: Pick<DayBookName, 'terminal' | 'code' | 'epoch'>,
  position: number,
  stored: Uint8Array,
): RecordLine {
  const decoder = new TextDecoder()
  try {
    const { bytes, signature } = signedBytes(stored)
    return { document, terminal, code, epoch, position, text: decoder.decode(bytes), signature }
  } catch (error) {
    if (!(error instanceof MalformedRecord)) throw error
    return { document, terminal, code, epoch, position, text: decoder.decode(stored), signature: '' }
  }
}

/** The bytes a day book stores of it. */
export function storedBytes({ text, signature }: Pick<RecordLine, 'text' | 'signature'>): Uint8Array {
  return new TextEncoder().encode(`${text}\n${signature}`)
}

/**
 * The record of a line; its signature is not checked here.
 * @throws MalformedRecord
 */
export function sealedFrom(line: Pick<RecordLine, 'text' | 'signature'>): SealedRecord {
  return readRecord(storedBytes(line))
}
