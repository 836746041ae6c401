import * as A from '@automerge/automerge'
import { encodeBookChangeAside, type BookRecord, type EncodedChange } from '../docs/book-change.js'
import { noteText } from '../docs/change-note.js'
import type { FlatDoc } from '../docs/flat.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import type { SealedRecord } from '../docs/record.js'
import { BOOK_BYTES, BOOK_RECORDS } from '../protocol/limits.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import { StorageWriteError } from '../storage/errors.js'
import type { IndexLog } from '../storage/index-log.js'
import { Queues } from '../storage/queues.js'
import type { Outside } from './context.js'
import type { DayBookName, DayBooks, OpenBook } from './day-books.js'
import type { TerminalIdentity } from './identity.js'
import { rangeLabel } from './record-label.js'
import type { SealJournal } from './seal-journal.js'
import type { BookContent } from './stored-book.js'

export interface BookWriterOptions {
  readonly outside: Outside
  readonly identity: () => TerminalIdentity
  readonly durable: DurableRepo
  readonly names: IndexLog<DocumentName>
  readonly journal: SealJournal
  readonly books: DayBooks
  /** Told how it went to put records into their day book in the background. */
  readonly onSettled: (failure: Error | undefined) => void
}

/** After so many records, or bytes of them, they enter their day book. */
const SETTLE_RECORDS = 250
const SETTLE_BYTES = 1024 * 1024
/** While sales go on, the journal is emptied after so many times: a start reads no more than that twice. */
const SETTLED_IN_JOURNAL = 4

const ACTOR_BYTES = 16

/** The day book that is being written. */
class Writing implements OpenBook {
  readonly id: DocumentId
  readonly name: DayBookName
  /** Of this run: a copied directory must not go on as an actor that the other copy goes on as, too. */
  readonly actor: string
  seq = 0
  heads: readonly string[]
  nextOp: number
  /** Position of the last record in the document; undefined for an empty one. */
  last: number | undefined
  /** Records and bytes of them, those that wait included. */
  records: number
  bytes: number
  waiting: BookRecord[] = []
  /** A change that may be on the disk already: it is made only once. */
  attempt: (EncodedChange & { readonly count: number }) | undefined

  constructor(id: DocumentId, name: DayBookName, actor: string, content?: BookContent) {
    this.id = id
    this.name = name
    this.actor = actor
    this.heads = content?.heads ?? []
    this.nextOp = content?.nextOp ?? 1
    this.last = content?.records.at(-1)?.position
    this.records = content?.records.length ?? 0
    this.bytes = content?.records.reduce((sum, { stored }) => sum + stored.length, 0) ?? 0
  }

  add(records: readonly BookRecord[]): void {
    this.waiting.push(...records)
    this.records += records.length
    this.bytes += records.reduce((sum, { stored }) => sum + stored.length, 0)
  }
}

/**
 * Writes records into the day book that is open, and opens the next one. A record is first written to the journal, which
 * makes it durable; later many of them are *settled*: they enter the Automerge document in one change, before anything
 * of it is sent or closed.
 */
export class BookWriter {
  readonly #options: BookWriterOptions
  readonly #queue = new Queues()
  #open: Writing | undefined
  /** Records enter their day book beside what is sealed meanwhile. */
  #aside: Promise<void> | undefined
  /** How often they did since the journal was emptied. */
  #inJournal = 0
  /** An append failed in such a way that its record may still be seen after a restart. */
  #doubtful = false

  constructor(options: BookWriterOptions) {
    this.#options = options
    options.books.writing = { open: () => this.#open, settle: () => this.settle() }
  }

  /** The day book that is being written. */
  get current(): DocumentId | undefined {
    return this.#open?.id
  }

  /** Goes on with a book of an earlier run. */
  resume(id: DocumentId, name: DayBookName, content: BookContent | undefined): void {
    if (this.#open?.id !== id) this.#open = this.#begin(id, name, content)
  }

  /**
   * Takes over what an earlier run left in the journal. Where the journal is damaged, what is whole of it is settled
   * and the file goes to the quarantine of its book (D2).
   * @throws StorageReadError
   */
  async recover(): Promise<void> {
    const { journal, books, names } = this.#options
    for (const id of new Set(journal.found.map(({ book }) => book))) {
      const name = names.get(id)
      if (name?.kind !== 'daybook') continue
      const content = await books.settledContent(id)
      const settled = await books.positionsOfDay(name)
      const left = journal.found.filter(({ book, position }) => book === id && !settled.has(position))
      if (left.length === 0) continue
      const open = this.#begin(id, name, content)
      open.add(left.map(({ position, stored }) => ({ position, stored })))
      this.#open = open
    }
    if (journal.damage) await this.#queue.run('book', () => this.#putAwayDamage())
  }

  /** Where the file cannot be put away now, the next start does it. */
  async #putAwayDamage(): Promise<void> {
    const { journal, durable, books } = this.#options
    const id = this.#open?.id ?? journal.found.at(-1)?.book ?? books.last()
    if (id === undefined) return
    const known = journal.found.filter(({ book }) => book === id).map(({ position }) => position)
    // Lines in the middle held what is missing between their neighbours; of the others nobody knows.
    const label = journal.damage?.isOpenEnded ? undefined : rangeLabel(Math.min(...known), Math.max(...known))
    try {
      await this.#settle()
      await journal.replace((path) => durable.storage.takeDamaged(id, path, label))
    } catch (error) {
      if (!(error instanceof StorageWriteError)) throw error
      this.#options.onSettled(error)
    }
  }

  /** Ends the open book: the next record begins a new part, or the next day. */
  freeze(): Promise<void> {
    return this.#queue.run('book', () => this.#freeze())
  }

  async #freeze(): Promise<void> {
    await this.#settle()
    if (this.#open) await this.#options.books.freeze(this.#open.id)
    this.#open = undefined
  }

  /**
   * @returns the id of the day book the record is in; it is on the disk
   * @throws StorageWriteError; the record is then nowhere
   */
  write(record: SealedRecord, stored: Uint8Array): Promise<DocumentId> {
    return this.#queue.run('book', async () => {
      const { journal, books } = this.#options
      const { chain, day } = record.body
      if (this.#doubtful) await journal.undo()
      this.#doubtful = false
      const open = await this.#bookFor(chain.epoch, day)
      try {
        await journal.append(open.id, chain.position, stored)
      } catch (error) {
        this.#doubtful = error instanceof StorageWriteError && error.indeterminate
        throw error
      }
      open.add([{ position: chain.position, stored }])
      books.sealed(open.id, record)
      this.#settleWhenMany(open)
      return open.id
    })
  }

  /** It is sealed in any case: that it could not be settled is told, and tried again with the next record. */
  #settleWhenMany(open: Writing): void {
    const bytes = open.waiting.reduce((sum, { stored }) => sum + stored.length, 0)
    if (this.#aside || (open.waiting.length < SETTLE_RECORDS && bytes < SETTLE_BYTES)) return
    const { onSettled } = this.#options
    this.#settleAside(open).then(() => onSettled(undefined), onSettled)
  }

  /** Seals go on meanwhile: the next one would wait for the time of twenty. */
  async #settleAside(open: Writing): Promise<void> {
    this.#aside = this.#enter(open)
    try {
      await this.#aside
    } finally {
      this.#aside = undefined
    }
    this.#inJournal += 1
    if (open.waiting.length === 0 || this.#inJournal >= SETTLED_IN_JOURNAL) await this.settle()
  }

  /**
   * Puts the records that wait in the journal into their day book.
   * @throws StorageWriteError; they are safe in the journal
   */
  settle(): Promise<void> {
    return this.#queue.run('book', () => this.#settle())
  }

  async #settle(): Promise<void> {
    // Where that fails, it is tried again here.
    await this.#aside?.catch(() => undefined)
    for (let open = this.#open; open && open.waiting.length > 0;) {
      if (isAfterGap(open)) open = await this.#nextPart(open)
      else await this.#enter(open)
    }
    // Also when nothing waits: a record that is found again after its book was purged would be taken for a new one.
    await this.#options.journal.clear()
    this.#inJournal = 0
  }

  /** The records that wait, up to a gap, enter the document in one change; what is sealed meanwhile goes on waiting. */
  async #enter(open: Writing): Promise<void> {
    if (isAfterGap(open)) return
    const { durable, books } = this.#options
    const { bytes, hash, count } = (open.attempt ??= await this.#change(open))
    const records = open.waiting.slice(0, count)
    const last = records.at(-1)?.position ?? 0
    await durable.storage.saveChange(open.id, bytes, rangeLabel(records[0]?.position ?? 0, last))
    // Before they wait no more: whoever looks meanwhile sees them twice, and does not miss them.
    await this.#show(open.id, bytes)
    open.attempt = undefined
    open.waiting = open.waiting.slice(count)
    open.seq += 1
    open.nextOp += count
    open.heads = [hash]
    open.last = last
    books.settled(hash, last)
  }

  async #nextPart(from: Writing): Promise<Writing> {
    const next = await this.#newPart(from.name.epoch, from.name.day)
    next.add(from.waiting)
    from.waiting = []
    this.#open = next
    await this.#options.books.freeze(from.id)
    return next
  }

  async #change(open: Writing): Promise<NonNullable<Writing['attempt']>> {
    const { identity, outside } = this.#options
    const first = open.waiting[0]?.position ?? 0
    const gap = open.waiting.findIndex(({ position }, index) => position !== first + index)
    const records = gap === -1 ? [...open.waiting] : open.waiting.slice(0, gap)
    const { code, name } = identity()
    const made = await encodeBookChangeAside({
      actor: open.actor,
      seq: open.seq + 1,
      startOp: open.nextOp,
      time: Math.floor(outside.now().getTime() / 1000),
      message: noteText({ terminal: code, by: name, did: 'seal' }),
      deps: open.heads,
      records,
    })
    return { ...made, count: records.length }
  }

  /** The same change enters the document, where it is in memory. */
  async #show(id: DocumentId, change: Uint8Array): Promise<void> {
    const { durable } = this.#options
    if (durable.repo.handles[id] === undefined) return
    const handle = await durable.open<FlatDoc>(id)
    handle?.update((doc) => A.applyChanges(doc, [change])[0])
  }

  #begin(id: DocumentId, name: DayBookName, content: BookContent | undefined): Writing {
    const actor = Buffer.from(this.#options.outside.random(ACTOR_BYTES)).toString('hex')
    return new Writing(id, name, actor, content)
  }

  async #bookFor(epoch: string, day: string): Promise<Writing> {
    const open = this.#open
    const isFull = open !== undefined && (open.records >= BOOK_RECORDS || open.bytes >= BOOK_BYTES)
    if (open?.name.day === day && open.name.epoch === epoch && !isFull) return open
    await this.#freeze()
    return (this.#open = await this.#newPart(epoch, day))
  }

  async #newPart(epoch: string, day: string): Promise<Writing> {
    const { identity, books, names } = this.#options
    const { shop, terminal, code } = identity()
    const name: DayBookName = {
      kind: 'daybook',
      shop,
      terminal,
      code,
      epoch,
      day,
      part: books.nextPart(epoch, day),
    }
    const id = books.id(name)
    await names.set(id, name)
    books.begun(id)
    return this.#begin(id, name, undefined)
  }
}

/** Damage has left a gap. A day book has none, so that it can be checked by itself: the rest is another part. */
function isAfterGap({ last, waiting }: Writing): boolean {
  return last !== undefined && waiting[0]?.position !== last + 1
}
