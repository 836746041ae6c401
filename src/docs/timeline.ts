import { apartFrom, type Apart } from './concurrency.js'
import type { Place } from './document-history.js'
import { segmentsOf } from './flat.js'
import type { TimelineLine, Witnessed } from './generated/types.js'
import { describeDocument } from './naming.js'
import { claimedAt, compareKeys, type SortKey } from './order.js'
import { beginsAt, placesFor, type Book, type Shelf } from './shelf.js'
import { placesIn, type Subject } from './subject.js'
import type { Witness } from './witness.js'

export type { TimelineLine } from './generated/types.js'

/** Claimed so long before it was witnessed, a change came late: its arrival is told of. Milliseconds. */
const LATE_MS = 5 * 60_000

/** Which lines to show. Times in milliseconds since 1970, as the lines claim them; both ends included. */
export interface Filter {
  readonly person?: string | undefined
  /** Code. */
  readonly terminal?: string | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
}

export interface Page {
  readonly lines: readonly TimelineLine[]
  /** Where the next page goes on; undefined on the last one. */
  readonly next: SortKey | undefined
}

interface Row {
  readonly key: SortKey
  readonly book: Book
  readonly place?: Place
  readonly merged?: Merged
}

interface Merged {
  readonly witness: Witness
  readonly changes: Set<number>
  values: number
  oldest: number
  newest: number
}

/**
 * One page of the history of a subject, over all documents that hold anything of it. A document is opened only when the
 * page can reach it.
 * @param after the `next` of the page before
 */
export async function timeline(
  shelf: Shelf,
  subject: Subject,
  filter: Filter,
  after: SortKey | undefined,
  limit: number,
): Promise<Page> {
  let rows: Row[] = []
  for (const [id, name] of placesFor(shelf, subject)) {
    const begins = beginsAt(name)
    const last = rows[limit]
    if ((last && last.key.clock < begins) || (filter.to !== undefined && filter.to < begins)) break
    if (after && shelf.isOver(id, after.clock)) continue
    const book = await shelf.open(id, name)
    if (!book) continue
    rows.push(...rowsOf(shelf, book, subject, filter, after, limit + 1))
    rows = rows.sort((a, b) => compareKeys(a.key, b.key)).slice(0, limit + 1)
  }
  const shown = rows.slice(0, limit)
  return { lines: linesOf(shelf, subject, shown), next: rows.length > limit ? shown.at(-1)?.key : undefined }
}

/** The first rows of a book after a key, at most so many. */
function rowsOf(
  shelf: Shelf,
  book: Book,
  subject: Subject,
  filter: Filter,
  after: SortKey | undefined,
  most: number,
): Row[] {
  const { history, order, name } = book
  const all = order.places
  const wanted = placesIn(subject, name, history)
  const isShown = (place: Place): boolean => passes(book, place, filter)
  const rows: Row[] = []
  if (wanted === 'all') {
    for (let at = after ? order.upTo(after) : 0; at < all.length && rows.length < most; at += 1) {
      const place = all[at]
      if (place && isShown(place)) rows.push({ key: order.keyOf(place), book, place })
    }
  } else {
    for (const place of wanted) {
      const key = order.keyOf(place)
      if ((!after || compareKeys(key, after) > 0) && isShown(place)) rows.push({ key, book, place })
    }
  }
  // Who a merge is of, nobody did: of a person's own doings it is none.
  if (filter.person === undefined) {
    for (const row of mergesIn(shelf, book, wanted === 'all' ? all : wanted, filter))
      if (!after || compareKeys(row.key, after) > 0) rows.push(row)
  }
  return rows
}

function passes({ history }: Book, place: Place, { person, terminal, from, to }: Filter): boolean {
  const { note } = history.at(place.change)
  if (terminal !== undefined && note.terminal !== terminal) return false
  if (person !== undefined && (history.editAt(place).sealed?.by ?? note.by) !== person) return false
  if (from === undefined && to === undefined) return true
  const at = claimedAt(history, place)
  return (from === undefined || at >= from) && (to === undefined || at <= to)
}

/** What of these places came late, by what it came with. */
function mergesIn(shelf: Shelf, book: Book, places: readonly Place[], filter: Filter): Row[] {
  const merges = new Map<string, Merged>()
  for (const place of places) {
    const witness = book.witnesses.of(book.history, place.change)
    const at = claimedAt(book.history, place)
    if (!witness || witness.at - at < LATE_MS) continue
    const together = `${witness.by} ${witness.serial}`
    const merged = merges.get(together)
    if (!merged) {
      merges.set(together, { witness, changes: new Set([place.change]), values: 1, oldest: at, newest: at })
      continue
    }
    merged.changes.add(place.change)
    merged.values += 1
    merged.oldest = Math.min(merged.oldest, at)
    merged.newest = Math.max(merged.newest, at)
  }
  const rows: Row[] = []
  for (const [together, merged] of merges) {
    const { at, from } = merged.witness
    if (filter.terminal !== undefined && (shelf.terminal(from)?.code ?? from) !== filter.terminal) continue
    if ((filter.from !== undefined && at < filter.from) || (filter.to !== undefined && at > filter.to))
      continue
    // After everything that claims the same time, whatever that depends on.
    const key = { clock: at, depth: Number.MAX_SAFE_INTEGER, document: book.id, change: together, edit: 0 }
    rows.push({ key, book, merged })
  }
  return rows
}

function linesOf(shelf: Shelf, subject: Subject, rows: readonly Row[]): TimelineLine[] {
  const apart = new Map<Book, Map<number, Apart>>()
  for (const book of new Set(rows.map((row) => row.book))) {
    const page = rows.flatMap((row) => (row.book === book && row.place ? [row.place.change] : []))
    const wanted = placesIn(subject, book.name, book.history)
    const among = new Set((wanted === 'all' ? book.order.places : wanted).map(({ change }) => change))
    const inOrder = [...among].sort((a, b) => a - b)
    apart.set(book, apartFrom(book.history, [...new Set(page)], inOrder))
  }
  return rows.map(({ book, place, merged }) =>
    place ? lineOf(shelf, book, place, apart.get(book)?.get(place.change)) : mergeLine(shelf, book, merged),
  )
}

function lineOf(shelf: Shelf, book: Book, place: Place, apart: Apart | undefined): TimelineLine {
  const { history, witnesses, name, id } = book
  const { hash, note } = history.at(place.change)
  const { key, sealed } = history.editAt(place)
  const { old, new: now } = history.oldAndNew(place)
  const witness = witnesses.of(history, place.change)
  const at = claimedAt(history, place)
  return {
    shop: name.shop,
    document: id,
    name: describeDocument(name),
    change: hash,
    at: sealed?.at ?? instant(at).replace('.000Z', 'Z'),
    terminal: note.terminal,
    by: sealed?.by ?? note.by,
    did: sealed?.did ?? note.did,
    what: segmentsOf(key).join(' '),
    old: [...old],
    new: now ?? null,
    ...(witness ? { witnessed: told(shelf, witness) } : {}),
    ...(witness && witness.at - at >= LATE_MS ? { late: true as const } : {}),
    ...(apart && apart.count > 0 ? { apart: { count: apart.count, changes: [...apart.changes] } } : {}),
  }
}

function mergeLine(shelf: Shelf, { id, name }: Book, merged: Merged | undefined): TimelineLine {
  if (!merged) throw new TypeError('A row is a value or a merge')
  const { witness, changes, values, oldest, newest } = merged
  const witnessed = told(shelf, witness)
  return {
    shop: name.shop,
    document: id,
    name: describeDocument(name),
    change: '',
    at: witnessed.at,
    terminal: witnessed.from,
    by: 'relay',
    did: 'arrive late',
    what: `${values} values of ${changes.size} changes`,
    old: [],
    new: null,
    witnessed,
    merge: { changes: changes.size, values, oldest: instant(oldest), newest: instant(newest) },
  }
}

function told(shelf: Shelf, { at, from, by }: Witness): Witnessed {
  return { at: instant(at), from: shelf.terminal(from)?.code ?? from, by }
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}
