import type { Place } from './document-history.js'
import { segmentsOf } from './flat.js'
import type { KnownEntry, KnownInvoice, KnownValue } from './generated/types.js'
import { describeDocument } from './naming.js'
import { claimedAt } from './order.js'
import { beginsAt, placesFor, type Book, type Shelf } from './shelf.js'
import { placesIn, type Subject } from './subject.js'
import type { Witness } from './witness.js'

/** Whose knowledge is looked at: the relay's, or a terminal's. */
export type View =
  { readonly of: 'relay' } | { readonly of: 'terminal'; readonly id: string; readonly code: string }

export interface AsOfPage<T> {
  readonly found: readonly T[]
  /** Where the next page goes on; undefined on the last one. */
  readonly next: string | undefined
  /** Changes of which nothing says when the relay got them, and that are left out for it. */
  readonly unknown: number
}

/** Tells of each place of a book whether it was known, and counts what cannot be told. */
class Knowledge {
  readonly #book: Book
  readonly #view: View
  readonly #until: number
  readonly #marks: Uint8Array
  readonly unknown: number

  constructor(book: Book, view: View, until: number) {
    this.#book = book
    this.#view = view
    this.#until = until
    const { history, witnesses } = book
    const roots: number[] = []
    const untold: number[] = []
    if (view.of === 'terminal') {
      roots.push(...history.indicesOf(witnesses.headsSeenBy(view.id, until)))
      for (let index = 0; index < history.length; index += 1)
        if (this.#isOwn(index) && history.at(index).at <= until) roots.push(index)
    } else {
      for (let index = 0; index < history.length; index += 1) {
        const witness: Witness | undefined = witnesses.of(history, index)
        if (!witness) untold.push(index)
        else if (witness.at <= until) roots.push(index)
      }
    }
    this.#marks = history.closure(roots)
    this.unknown = untold.filter((index) => this.#marks[index] !== 1).length
  }

  #isOwn(index: number): boolean {
    return this.#view.of === 'terminal' && this.#book.history.at(index).note.terminal === this.#view.code
  }

  /** A terminal knows what it sealed from that moment on, although many records may come into the document together. */
  readonly isKnown = (place: Place): boolean => {
    if (this.#marks[place.change] === 1) return true
    const { history } = this.#book
    const isSealed = history.editAt(place).sealed !== undefined
    return isSealed && this.#isOwn(place.change) && claimedAt(history, place) <= this.#until
  }
}

/**
 * What stood of a subject at a moment, key by key, as somebody knew it.
 * @param until milliseconds since 1970, included
 * @param cursor the `next` of the page before
 */
export function entriesAsOf(
  shelf: Shelf,
  subject: Subject,
  view: View,
  until: number,
  cursor: string | undefined,
  limit: number,
): Promise<AsOfPage<KnownEntry>> {
  return paged(shelf, subject, view, until, cursor, limit, function* (book, knowledge, after) {
    const wanted = placesIn(subject, book.name, book.history)
    const keys =
      wanted === 'all'
        ? [...book.history.keys()]
        : [...new Set(wanted.map((place) => book.history.editAt(place).key))]
    for (const key of keys.sort()) {
      if (after !== undefined && key <= after) continue
      const places = book.history.valuesOf(key, knowledge.isKnown)
      if (places.length > 0) yield [key, entryOf(book, key, places)] as const
    }
  })
}

/** The invoices and credit notes of a subject that somebody knew at a moment; as {@link entriesAsOf}. */
export function invoicesAsOf(
  shelf: Shelf,
  subject: Subject,
  view: View,
  until: number,
  cursor: string | undefined,
  limit: number,
): Promise<AsOfPage<KnownInvoice>> {
  return paged(shelf, subject, view, until, cursor, limit, function* (book, knowledge, after) {
    if (book.name.kind !== 'daybook') return
    const wanted = placesIn(subject, book.name, book.history)
    const places = wanted === 'all' ? book.order.places : wanted
    const sales = places.filter((place) => book.history.editAt(place).sealed?.number !== undefined)
    const byKey = (place: Place): string => book.history.editAt(place).key
    for (const place of sales.toSorted((a, b) => (byKey(a) < byKey(b) ? -1 : 1))) {
      const key = byKey(place)
      if (after !== undefined && key <= after) continue
      if (knowledge.isKnown(place)) yield [key, invoiceOf(book, place)] as const
    }
  })
}

async function paged<T>(
  shelf: Shelf,
  subject: Subject,
  view: View,
  until: number,
  cursor: string | undefined,
  limit: number,
  entriesOf: (book: Book, knowledge: Knowledge, after: string | undefined) => Iterable<readonly [string, T]>,
): Promise<AsOfPage<T>> {
  const found: T[] = []
  let unknown = 0
  let next: string | undefined
  const [document, afterKey] = cursor === undefined ? [] : splitCursor(cursor)
  const documents = placesFor(shelf, subject)
  const start = document === undefined ? 0 : documents.findIndex(([id]) => id === document)
  for (const [id, name] of documents.slice(Math.max(0, start))) {
    if (beginsAt(name) > until) break
    const book = await shelf.open(id, name)
    if (!book) continue
    const knowledge = new Knowledge(book, view, until)
    unknown += knowledge.unknown
    for (const [key, entry] of entriesOf(book, knowledge, id === document ? afterKey : undefined)) {
      if (found.length === limit) return { found, next, unknown }
      found.push(entry)
      next = `${id}/${key}`
    }
  }
  return { found, next: undefined, unknown }
}

/** A document's id has no slash. */
function splitCursor(cursor: string): [document: string, key: string] {
  const slash = cursor.indexOf('/')
  return [cursor.slice(0, slash), cursor.slice(slash + 1)]
}

function entryOf(book: Book, key: string, places: readonly Place[]): KnownEntry {
  return {
    shop: book.name.shop,
    document: book.id,
    name: describeDocument(book.name),
    what: segmentsOf(key).join(' '),
    values: places.map((place) => valueOf(book, place)),
  }
}

function valueOf(book: Book, place: Place): KnownValue {
  const { history } = book
  const { hash, note } = history.at(place.change)
  const { value, sealed } = history.editAt(place)
  return {
    value: value ?? null,
    change: hash,
    at: new Date(claimedAt(history, place)).toISOString(),
    terminal: note.terminal,
    by: sealed?.by ?? note.by,
    ...witnessed(book, place),
  }
}

function invoiceOf(book: Book, place: Place): KnownInvoice {
  const { sealed } = book.history.editAt(place)
  if (sealed?.number === undefined) throw new TypeError('Only a sale has a number')
  return {
    shop: book.name.shop,
    document: book.id,
    number: sealed.number,
    type: sealed.type,
    at: sealed.at,
    terminal: book.history.at(place.change).note.terminal,
    by: sealed.by,
    payable: sealed.payable ?? 0,
    currency: sealed.currency ?? '',
    ...witnessed(book, place),
  }
}

function witnessed({ history, witnesses }: Book, { change }: Place): { witnessed?: string } {
  const witness = witnesses.of(history, change)
  return witness ? { witnessed: new Date(witness.at).toISOString() } : {}
}
