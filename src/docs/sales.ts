import type * as A from '@automerge/automerge'
import { jsonAt, keyOf, keysUnder, put, segmentsOf, type FlatDoc } from './flat.js'
import type { BookSummary } from './generated/types.js'
import { validate } from './validate.js'

export type { BookSummary } from './generated/types.js'

/**
 * The relay's summary of the day books it holds, by month: what another terminal, or an operator, may know of a
 * terminal's sales without reading its invoices.
 */
export function writeSummary(
  draft: FlatDoc,
  before: A.Doc<FlatDoc>,
  dayBook: string,
  summary: BookSummary,
): void {
  put(draft, before, keyOf('book', dayBook), JSON.stringify(summary))
}

export function readSummary(doc: A.Doc<FlatDoc>, dayBook: string): BookSummary | undefined {
  const value = jsonAt(doc, keyOf('book', dayBook))
  if (value === undefined) return undefined
  validate<BookSummary>('sales.schema.json#/$defs/BookSummary', value, 'summary of a day book')
  return value
}

/** All summaries of a month, by day book id. */
export function summariesIn(doc: A.Doc<FlatDoc>): Map<string, BookSummary> {
  const found = new Map<string, BookSummary>()
  for (const key of keysUnder(doc, 'book')) {
    const id = segmentsOf(key)[1] ?? ''
    const summary = readSummary(doc, id)
    if (summary) found.set(id, summary)
  }
  return found
}
