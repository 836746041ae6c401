import * as A from '@automerge/automerge'
import type { DocHandle } from '@automerge/automerge-repo'
import { lastPositionIn, positionsIn, recordsIn } from '../docs/daybook.js'
import type { FlatDoc } from '../docs/flat.js'
import type { BookEntry } from '../docs/generated/types.js'
import { documentId, type DocumentId, type DocumentName } from '../docs/naming.js'
import type { SealedRecord } from '../docs/record.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import type { Ledger } from './ledger.js'
import { recover } from './recovery.js'
import { addTallies, NO_TALLY, tallyOf, type Tally } from './tally.js'

export type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

/** A day book of this terminal that is on its disk. */
export interface Book {
  readonly id: DocumentId
  readonly name: DayBookName
  /** Set once it will not be written again. */
  readonly entry?: BookEntry
}

export interface DayBooksOptions {
  readonly organisation: string
  readonly terminal: string
  readonly durable: DurableRepo
  /** The names of all documents this terminal knows. */
  readonly names: IndexLog<DocumentName>
  /** Entries of books that are not written any more. */
  readonly entries: IndexLog<BookEntry>
  readonly ledger: Ledger
}

/** This terminal's own day books: which there are, what they hold, and how much of them the relay has receipted. */
export class DayBooks {
  readonly #options: DayBooksOptions
  /** Of books in memory, what each record adds, so that a status need not read the records again. */
  readonly #tallies = new Map<DocumentId, { readonly position: number; readonly tally: Tally }[]>()
  /** How far the last receipt of a book reaches, by the receipted heads. */
  readonly #covered = new Map<DocumentId, { readonly heads: string; readonly position: number }>()

  constructor(options: DayBooksOptions) {
    this.#options = options
  }

  id(name: DocumentName): DocumentId {
    return documentId(this.#options.organisation, name)
  }

  /** The part to use for a new day book of this day. */
  nextPart(epoch: string, day: string): number {
    let last = 0
    for (const name of this.#names())
      if (name.epoch === epoch && name.day === day) last = Math.max(last, name.part)
    return last + 1
  }

  *#names(): Generator<DayBookName> {
    for (const [, name] of this.#options.names.entries()) {
      if (name.kind === 'daybook' && name.terminal === this.#options.terminal) yield name
    }
  }

  /** The books on this disk, in the order they were begun. */
  async onDisk(): Promise<Book[]> {
    const found: Book[] = []
    for (const name of this.#names()) {
      const id = this.id(name)
      const loaded = this.#options.durable.repo.handles[id]?.isReady()
      if (!loaded && !(await this.#options.durable.storage.has(id))) continue
      const entry = this.#options.entries.get(id)
      found.push(entry ? { id, name, entry } : { id, name })
    }
    return found.sort((a, b) => orderOf(a.name).localeCompare(orderOf(b.name)))
  }

  /** Whether a book will not be written again. */
  isFrozen(id: DocumentId): boolean {
    return this.#options.entries.has(id)
  }

  open(id: DocumentId): Promise<DocHandle<FlatDoc> | undefined> {
    return this.#options.durable.open<FlatDoc>(id)
  }

  /** Notes that a record was added to a book. */
  sealed(id: DocumentId, record: SealedRecord): void {
    this.#tallies.get(id)?.push({ position: record.body.chain.position, tally: tallyOf(record) })
  }

  /** Notes that a book will not be written again. */
  async freeze(id: DocumentId): Promise<void> {
    const handle = await this.open(id)
    if (!handle || this.#options.entries.has(id)) return
    await this.#options.durable.flush(id)
    const tallies = await this.#talliesOf(id)
    const first = tallies[0]?.position
    const last = tallies.at(-1)?.position
    if (first === undefined || last === undefined) return
    const sum = tallies.map(({ tally }) => tally).reduce(addTallies, NO_TALLY)
    const heads = A.getHeads(handle.doc()).toSorted()
    const damaged = this.#options.durable.storage.damaged(id) ? { damaged: true as const } : {}
    await this.#options.entries.set(id, { first, last, heads, ...sum, ...damaged })
  }

  /** Notes anew what a frozen book holds, after lost changes came back. */
  async refreeze(id: DocumentId): Promise<void> {
    if (!this.#options.entries.has(id)) return
    await this.drop([id])
    await this.freeze(id)
  }

  /**
   * Intact records that no document shows, because a change they follow is damaged (D2), until healing moves them or
   * the relay returns what is missing.
   */
  async hidden(book: Book): Promise<SealedRecord[]> {
    const { storage } = this.#options.durable
    const doc = storage.damaged(book.id) ? (await this.open(book.id))?.doc() : undefined
    if (!doc) return []
    const { hidden } = await recover(storage, book.id, doc)
    const elsewhere = hidden.size === 0 ? new Set<number>() : await this.#positionsBeside(book)
    return [...hidden]
      .filter(([position]) => !elsewhere.has(position))
      .sort(([a], [b]) => a - b)
      .map(([, record]) => record)
  }

  /** Positions that the other parts of the same day show. */
  async #positionsBeside({ name }: Book): Promise<Set<number>> {
    const found = new Set<number>()
    for (const { id, name: other } of await this.onDisk()) {
      if (other.epoch !== name.epoch || other.day !== name.day || other.part === name.part) continue
      const doc = (await this.open(id))?.doc()
      for (const position of doc ? positionsIn(doc) : []) found.add(position)
    }
    return found
  }

  /** A book's heads now. */
  async heads(book: Book): Promise<readonly string[]> {
    if (book.entry) return book.entry.heads
    const handle = await this.open(book.id)
    return handle ? A.getHeads(handle.doc()).toSorted() : []
  }

  /** The highest chain position of a book that a verified receipt covers; 0 for none. */
  async coveredUpTo(book: Book): Promise<number> {
    const { ledger } = this.#options
    const receipted = ledger.heads(book.id)
    if (!receipted) return 0
    if (book.entry && ledger.covers(book.id, book.entry.heads)) return book.entry.last
    const heads = receipted.join()
    const cached = this.#covered.get(book.id)
    if (cached?.heads === heads) return cached.position
    const doc = (await this.open(book.id))?.doc()
    if (!doc || !A.hasHeads(doc, [...receipted])) return 0
    const position = lastPositionIn(A.view(doc, [...receipted]))
    this.#covered.set(book.id, { heads, position })
    return position
  }

  /** What a book's sales come to. */
  async tally(book: Book): Promise<Tally> {
    if (book.entry) return book.entry
    return (await this.#talliesOf(book.id)).map(({ tally }) => tally).reduce(addTallies, NO_TALLY)
  }

  /** What of a book no receipt covers. */
  async unreceipted(book: Book): Promise<Tally> {
    const covered = await this.coveredUpTo(book)
    if (book.entry && covered === 0) return book.entry
    if (book.entry && covered >= book.entry.last) return NO_TALLY
    return (await this.#talliesOf(book.id))
      .filter(({ position }) => position > covered)
      .map(({ tally }) => tally)
      .reduce(addTallies, NO_TALLY)
  }

  async #talliesOf(id: DocumentId) {
    const doc = (await this.open(id))?.doc()
    if (!doc) return []
    let tallies = this.#tallies.get(id)
    // Records may also have come from the relay, when a damaged book was healed.
    if (!tallies || tallies.length !== positionsIn(doc).length) {
      tallies = [...recordsIn(doc)].map((record) => ({
        position: record.body.chain.position,
        tally: tallyOf(record),
      }))
      this.#tallies.set(id, tallies)
    }
    return tallies
  }

  /** Forgets books that were deleted. */
  async drop(ids: readonly DocumentId[]): Promise<void> {
    for (const id of ids) {
      this.#tallies.delete(id)
      this.#covered.delete(id)
    }
    await this.#options.entries.delete(ids)
  }
}

function orderOf({ epoch, day, part }: DayBookName): string {
  return `${String(epoch.length)}${epoch} ${day} ${String(part).padStart(5, '0')}`
}
