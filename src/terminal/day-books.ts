import * as A from '@automerge/automerge'
import type { DocHandle } from '@automerge/automerge-repo'
import { positionsIn } from '../docs/daybook.js'
import type { FlatDoc } from '../docs/flat.js'
import type { BookEntry } from '../docs/generated/types.js'
import { documentId, type DocumentId, type DocumentName } from '../docs/naming.js'
import type { BookRecord } from '../docs/book-change.js'
import { readRecord, type SealedRecord } from '../docs/record.js'
import { doubledIn, everyRecordIn } from '../docs/lines.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import type { Ledger } from './ledger.js'
import { recover } from './recovery.js'
import { contentOfDocument, readStoredBook, type BookContent } from './stored-book.js'
import { addTallies, NO_TALLY, tallyOf, type Tally } from './tally.js'

export type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

/** A day book of this terminal that is on its disk. */
export interface Book {
  readonly id: DocumentId
  readonly name: DayBookName
  /** Set once it will not be written again. */
  readonly entry?: BookEntry
}

/** The day book that is being written. */
export interface OpenBook {
  readonly id: DocumentId
  readonly name: DayBookName
  /** Of the document, without the records that wait. */
  readonly heads: readonly string[]
  /** Records that are sealed and not in the document yet. */
  readonly waiting: readonly BookRecord[]
  /** How many records it has, those that wait included. */
  readonly records: number
}

/** Who writes day books, as far as those who read them have to know. */
export interface Writer {
  readonly open: () => OpenBook | undefined
  /** @throws StorageWriteError */
  readonly settle: () => Promise<void>
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
  /** Set by who writes them. */
  writing: Writer = { open: () => undefined, settle: () => Promise.resolve() }
  /** Of books in memory, what each record adds, so that a status need not read the records again. */
  readonly #tallies = new Map<DocumentId, { readonly position: number; readonly tally: Tally }[]>()
  /** How far the last receipt of a book reaches, by the receipted heads. */
  readonly #covered = new Map<DocumentId, { readonly heads: string; readonly position: number }>()
  /** The highest position in the book that is written, by its head. */
  readonly #reached = new Map<string, number>()

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

  /**
   * The books on this disk, in the order they were begun.
   * @param wanted which of them; for others the disk is not touched, so that a long history costs a start nothing
   */
  async onDisk(wanted: (book: Book) => boolean = () => true): Promise<Book[]> {
    const found: Book[] = []
    for (const name of this.#names()) {
      const id = this.id(name)
      const entry = this.#options.entries.get(id)
      const book = entry ? { id, name, entry } : { id, name }
      if (!wanted(book)) continue
      const isLoaded = this.#options.durable.repo.handles[id]?.isReady()
      const isHere = isLoaded || this.waitingIn(id) > 0
      if (!isHere && !(await this.#options.durable.storage.has(id))) continue
      found.push(book)
    }
    return found.sort((a, b) => orderOf(a.name).localeCompare(orderOf(b.name)))
  }

  /** Whether a book will not be written again. */
  isFrozen(id: DocumentId): boolean {
    return this.#options.entries.has(id)
  }

  /** The last that was begun. */
  last(): DocumentId | undefined {
    const [name] = [...this.#names()].sort((a, b) => orderOf(b).localeCompare(orderOf(a)))
    return name && this.id(name)
  }

  /** How many records of a book are sealed and not in its document yet. */
  waitingIn(id: DocumentId): number {
    return this.#waiting(id).length
  }

  /** The document, with all that was sealed. */
  async open(id: DocumentId): Promise<DocHandle<FlatDoc> | undefined> {
    if (this.waitingIn(id) > 0) await this.writing.settle()
    return this.#options.durable.open<FlatDoc>(id)
  }

  /** What a book's document holds, without the records that wait; undefined when there is nothing. */
  async settledContent(id: DocumentId): Promise<BookContent | undefined> {
    const { durable } = this.#options
    const isLoaded = durable.repo.handles[id]?.isReady() === true
    const stored = isLoaded ? undefined : await readStoredBook(durable.storage, id)
    if (stored) return stored
    const doc = (await durable.open<FlatDoc>(id))?.doc()
    const content = doc && contentOfDocument(doc)
    if (!isLoaded) await durable.release(id)
    return content
  }

  /**
   * All records of a book, also those of another copy of this terminal at the same positions, and which positions
   * these are.
   */
  async everyRecord(book: Book): Promise<{ records: SealedRecord[]; doubled: ReadonlySet<number> }> {
    const { newestFirst, doubled } = await this.backwards(book)
    return { records: [...newestFirst].reverse(), doubled }
  }

  /** As {@link everyRecord}, newest first; only what is taken is read, as reading costs more than all else of a record. */
  async backwards(
    book: Book,
  ): Promise<{ newestFirst: Iterable<SealedRecord>; doubled: ReadonlySet<number> }> {
    const { durable } = this.#options
    const isLoaded = durable.repo.handles[book.id]?.isReady() === true
    const waiting = this.#waiting(book.id)
    const stored = isLoaded ? undefined : await readStoredBook(durable.storage, book.id)
    if (stored) {
      return { newestFirst: readBackwards(joined(stored.records, waiting)), doubled: new Set() }
    }
    const doc = (await this.open(book.id))?.doc()
    if (!doc) return { newestFirst: [], doubled: new Set() }
    const records = [...everyRecordIn(doc), ...(await this.hidden(book))]
    const doubled = new Set(doubledIn(doc))
    if (!isLoaded) await durable.release(book.id)
    return {
      newestFirst: records.sort((a, b) => a.body.chain.position - b.body.chain.position).reverse(),
      doubled,
    }
  }

  /** The records of a book, one for each position, ascending. */
  async records(id: DocumentId): Promise<BookRecord[]> {
    // Looked at first: what is settled meanwhile is then seen twice, and not missed.
    const waiting = this.#waiting(id)
    return joined((await this.settledContent(id))?.records ?? [], waiting)
  }

  #waiting(id: DocumentId): readonly BookRecord[] {
    const open = this.writing.open()
    return open?.id === id ? open.waiting : []
  }

  /** Notes that a book was begun: nothing is in it, so nothing need be read to know what it comes to. */
  begun(id: DocumentId): void {
    this.#tallies.set(id, [])
  }

  /** Notes that a record was added to a book. */
  sealed(id: DocumentId, record: SealedRecord): void {
    this.#tallies.get(id)?.push({ position: record.body.chain.position, tally: tallyOf(record) })
  }

  /** Notes which records the document of a book holds now. */
  settled(head: string, position: number): void {
    this.#reached.set(head, position)
  }

  /** Notes that a book will not be written again. */
  async freeze(id: DocumentId): Promise<void> {
    if (this.#options.entries.has(id)) return
    if (this.waitingIn(id) > 0) await this.writing.settle()
    await this.#options.durable.flush(id)
    const tallies = await this.#talliesOf(id)
    const first = tallies[0]?.position
    const last = tallies.at(-1)?.position
    if (first === undefined || last === undefined) return
    const sum = tallies.map(({ tally }) => tally).reduce(addTallies, NO_TALLY)
    const heads = [...(await this.#headsOf(id))]
    const damaged = this.#options.durable.storage.damaged(id) ? { damaged: true as const } : {}
    await this.#options.entries.set(id, { first, last, heads, ...sum, ...damaged })
    this.#reached.clear()
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
    const elsewhere =
      hidden.size === 0 ? new Set<number>() : await this.positionsOfDay(book.name, book.name.part)
    return [...hidden]
      .filter(([position]) => !elsewhere.has(position))
      .sort(([a], [b]) => a - b)
      .map(([, record]) => record)
  }

  /** The positions that documents of one epoch and day hold; of all parts but one, where that is named. */
  async positionsOfDay({ epoch, day }: DayBookName, but?: number): Promise<Set<number>> {
    const found = new Set<number>()
    const isOfDay = ({ name }: Book): boolean => name.epoch === epoch && name.day === day && name.part !== but
    for (const { id } of await this.onDisk(isOfDay)) {
      for (const { position } of (await this.settledContent(id))?.records ?? []) found.add(position)
    }
    return found
  }

  /** The heads of a book's document, sorted; what was sealed and waits is not in them. */
  async heads(book: Book): Promise<readonly string[]> {
    return book.entry?.heads ?? this.#headsOf(book.id)
  }

  async #headsOf(id: DocumentId): Promise<readonly string[]> {
    const handle = this.#options.durable.repo.handles[id]
    // Another copy of this terminal may have written into it, too.
    if (handle?.isReady()) return A.getHeads(handle.doc() as A.Doc<FlatDoc>).toSorted()
    const open = this.writing.open()
    if (open?.id === id) return open.heads
    return (await this.settledContent(id))?.heads ?? []
  }

  /** The highest chain position of a book that a verified receipt covers; 0 for none. */
  async coveredUpTo(book: Book): Promise<number> {
    const { ledger } = this.#options
    const receipted = ledger.heads(book.id)
    if (!receipted) return 0
    if (book.entry && ledger.covers(book.id, book.entry.heads)) return book.entry.last
    const heads = receipted.join()
    const reached = this.#reached.get(heads)
    if (reached !== undefined) return reached
    const cached = this.#covered.get(book.id)
    if (cached?.heads === heads) return cached.position
    const position = (await this.settledContent(book.id))?.positionAt(receipted)
    if (position === undefined) return 0
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
    let tallies = this.#tallies.get(id)
    // Records may also have come from the relay, when a damaged book was healed.
    const handle = this.#options.durable.repo.handles[id]
    const open = this.writing.open()
    const here = handle?.isReady()
      ? positionsIn(handle.doc() as A.Doc<FlatDoc>).length + this.waitingIn(id)
      : open?.id === id
        ? open.records
        : undefined
    if (!tallies || (here !== undefined && tallies.length !== here)) {
      tallies = (await this.records(id)).map(({ position, stored }) => ({
        position,
        tally: tallyOf(readRecord(stored)),
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

function* readBackwards(records: readonly BookRecord[]): Generator<SealedRecord> {
  for (let at = records.length - 1; at >= 0; at -= 1) yield readRecord(records[at]?.stored)
}

function joined(settled: readonly BookRecord[], waiting: readonly BookRecord[]): BookRecord[] {
  const last = settled.at(-1)?.position ?? 0
  return [...settled, ...waiting.filter(({ position }) => position > last)]
}

function orderOf({ epoch, day, part }: DayBookName): string {
  return `${String(epoch.length)}${epoch} ${day} ${String(part).padStart(5, '0')}`
}
