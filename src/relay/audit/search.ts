import type { AuditSearch } from '../../docs/generated/types.js'
import type { DocumentId } from '../../docs/naming.js'
import { parseNumber } from '../../docs/series.js'
import { Refused } from '../../protocol/problem.js'
import type { DayBookName, SealedBooks } from '../sealed-books.js'
import type { BookFacts, Fact } from './book-facts.js'

/** What to look for; what is left out is not looked at. Amounts in minor units, both ends included. */
export interface RecordQuery {
  /** Id of a shop. */
  readonly shop?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly number?: string | undefined
  readonly least?: number | undefined
  readonly most?: number | undefined
  readonly sku?: string | undefined
  /** A person, whatever the case of the letters. */
  readonly by?: string | undefined
  /** Code of a terminal. */
  readonly terminal?: string | undefined
  /** A type of record, or the name of an event. */
  readonly what?: string | undefined
  readonly cursor?: string | undefined
  readonly limit: number
}

/**
 * Looks for sealed records, the newest business day first, within a day by terminal, and there the last one first. Only
 * as many day books are read as a page takes.
 * @throws Refused `invalid-cursor`
 */
export async function searchRecords(
  books: SealedBooks,
  facts: BookFacts,
  query: RecordQuery,
): Promise<AuditSearch> {
  const found: Fact[] = []
  let before = cursorOf(query.cursor)
  for (const [id, name] of booksFor(books, query)) {
    if (before && id !== before.document) continue
    const matching = (await facts.of(id, name)).filter((fact) => matches(fact, query)).reverse()
    const end = before?.index ?? 0
    before = undefined
    for (const [index, fact] of matching.entries()) {
      if (index < end) continue
      if (found.length === query.limit) return pageOf(found, `${id}:${index}`)
      found.push(fact)
    }
  }
  if (before) throw badCursor()
  return pageOf(found)
}

function pageOf(found: readonly Fact[], cursor?: string): AuditSearch {
  return { records: found.map(({ shown }) => shown), ...(cursor === undefined ? {} : { cursor }) }
}

function booksFor(books: SealedBooks, query: RecordQuery): [DocumentId, DayBookName][] {
  const series = query.number === undefined ? undefined : parseNumber(query.number)
  const wanted = ({ shop, day, code, epoch }: DayBookName): boolean =>
    (query.shop === undefined || shop === query.shop) &&
    (query.from === undefined || day >= query.from) &&
    (query.to === undefined || day <= query.to) &&
    (query.terminal === undefined || code === query.terminal) &&
    (series === undefined || (code === series.code && epoch === series.epoch))
  // Stable: of one day the terminals in their order, the last part of a book first.
  return books
    .list(wanted)
    .reverse()
    .sort(([, a], [, b]) => b.day.localeCompare(a.day))
}

function matches({ shown, skus }: Fact, query: RecordQuery): boolean {
  const { number, least, most, sku, by, what } = query
  if (number !== undefined && shown.number !== number) return false
  if (least !== undefined && (shown.payable ?? Number.NEGATIVE_INFINITY) < least) return false
  if (most !== undefined && (shown.payable ?? Number.POSITIVE_INFINITY) > most) return false
  if (sku !== undefined && !skus.includes(sku) && shown.detail?.['sku'] !== sku) return false
  if (by !== undefined && shown.by.toLowerCase() !== by.toLowerCase()) return false
  return what === undefined || shown.type === what || shown.event === what
}

function cursorOf(
  cursor: string | undefined,
): { readonly document: string; readonly index: number } | undefined {
  if (cursor === undefined) return undefined
  const match = /^([1-9A-HJ-NP-Za-km-z]{20,40}):(\d{1,9})$/.exec(cursor)
  if (!match) throw badCursor()
  return { document: match[1] ?? '', index: Number(match[2]) }
}

function badCursor(): Refused {
  return new Refused('invalid', 'invalid-cursor', 'The cursor is none of this search. Begin it anew.')
}
