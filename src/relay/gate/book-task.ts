import { decodeBookChange, MalformedChange, splitChunks } from '../../docs/book-change.js'
import { readRun, readTip, type BookTip, type RunContext, type RunFound } from '../../docs/book-run.js'
import { MalformedRecord, signedBytes, verifyRecord } from '../../docs/record.js'
import { CHANGE_BYTES, MESSAGE_CHUNKS, MESSAGE_INFLATED_BYTES } from '../../protocol/limits.js'

/** What one request may bring of a day book, or the relay keep of one, unfolded. */
export const BOOK_LIMITS = { changeBytes: CHANGE_BYTES, bytes: MESSAGE_INFLATED_BYTES } as const

/** `changes` are Automerge changes, one after the other. */
export type BookTask =
  /** What comes in. */
  | {
      readonly is: 'run'
      readonly changes: Uint8Array
      readonly context: Omit<RunContext, keyof typeof BOOK_LIMITS>
    }
  /** What is stored of a book. */
  | { readonly is: 'tip'; readonly changes: Uint8Array }
  /** The records of stored changes, some of them, each by its own signature. */
  | {
      readonly is: 'signatures'
      readonly changes: Uint8Array
      readonly publicKey: string
      /** Chain positions. */
      readonly from: number
      readonly to: number
    }

export interface BookAnswers {
  readonly run: RunFound
  /** Undefined where the book is no plain one. */
  readonly tip: BookTip | undefined
  /** Records whose own signature is wrong; undefined where the changes are no plain ones. */
  readonly signatures: readonly { readonly position: number; readonly stored: Uint8Array }[] | undefined
}

/** Where this runs is the worker's business: it has no memory between two tasks. */
export function answer<T extends BookTask>(task: T): BookAnswers[T['is']]
export function answer(task: BookTask): BookAnswers[BookTask['is']] {
  const chunks = splitChunks(task.changes, MESSAGE_CHUNKS)
  switch (task.is) {
    case 'run':
      return chunks ? readRun(chunks, { ...task.context, ...BOOK_LIMITS }) : { is: 'unusual' }
    case 'tip':
      return chunks && readTip(chunks, BOOK_LIMITS)
    case 'signatures':
      return chunks && badSignatures(chunks, task)
  }
}

function badSignatures(
  chunks: readonly Uint8Array[],
  { publicKey, from, to }: Extract<BookTask, { is: 'signatures' }>,
): BookAnswers['signatures'] {
  const bad: { position: number; stored: Uint8Array }[] = []
  try {
    for (const bytes of chunks) {
      const change = decodeBookChange(bytes, CHANGE_BYTES)
      if (!change) return undefined
      for (const { position, stored } of change.records) {
        if (position < from || position > to) continue
        // It was read when it came in.
        if (!verifyRecord(signedBytes(stored), publicKey)) bad.push({ position, stored: stored.slice() })
      }
    }
  } catch (error) {
    if (error instanceof MalformedChange || error instanceof MalformedRecord) return undefined
    throw error
  }
  return bad
}
