import type * as A from '@automerge/automerge'
import { jsonAt, keyOf, keysUnder, put, segmentsOf, type FlatDoc } from './flat.js'
import type { BookSummary, DocumentName } from './generated/types.js'
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

/** The name of the document that a day book is summarised in. */
export function salesOf({ shop, day }: Extract<DocumentName, { kind: 'daybook' }>): DocumentName {
  return { kind: 'sales', shop, month: day.slice(0, 7) }
}

export function readSummary(doc: A.Doc<FlatDoc>, dayBook: string): BookSummary | undefined {
  const value = jsonAt(doc, keyOf('book', dayBook))
  if (value === undefined) return undefined
  validate<BookSummary>('sales.schema.json#/$defs/BookSummary', value, 'summary of a day book')
  return value
}

/**
 * The key of a line's summary: the day book's id, and for a line that a copy of the terminal wrote beside it the hash
 * of its first record.
 */
export function lineKey(dayBook: string, fork: string | undefined): string {
  return fork === undefined ? dayBook : `${dayBook}~${fork}`
}

/** The summaries of all lines of a day book, that of the line counted first at the head. */
export function lineSummaries(doc: A.Doc<FlatDoc>, dayBook: string): BookSummary[] {
  return Object.keys(doc)
    .filter((key) => key === keyOf('book', dayBook) || key.startsWith(`${keyOf('book', dayBook)}~`))
    .sort()
    .map((key) => readSummary(doc, segmentsOf(key)[1] ?? ''))
    .filter((summary) => summary !== undefined)
}

/** All summaries of a month, by {@link lineKey}. */
export function summariesIn(doc: A.Doc<FlatDoc>): Map<string, BookSummary> {
  const found = new Map<string, BookSummary>()
  for (const key of keysUnder(doc, 'book')) {
    const id = segmentsOf(key)[1] ?? ''
    const summary = readSummary(doc, id)
    if (summary) found.set(id, summary)
  }
  return found
}
