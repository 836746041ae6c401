import * as A from '@automerge/automerge'
import type { DocHandle } from '@automerge/automerge-repo'
import { noteText, type ChangeNote } from '../docs/change-note.js'
import { positionsIn, recordKey, storedAt } from '../docs/daybook.js'
import type { FlatDoc } from '../docs/flat.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import type { SealedRecord } from '../docs/record.js'
import { BOOK_BYTES, BOOK_RECORDS } from '../protocol/limits.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import { StorageWriteError } from '../storage/errors.js'
import type { IndexLog } from '../storage/index-log.js'
import type { Book, DayBookName, DayBooks } from './day-books.js'
import type { TerminalIdentity } from './identity.js'
import { recordLabel } from './record-label.js'

export interface BookWriterOptions {
  readonly identity: () => TerminalIdentity
  readonly durable: DurableRepo
  readonly names: IndexLog<DocumentName>
  readonly books: DayBooks
}

interface OpenBook {
  readonly id: DocumentId
  readonly name: DayBookName
  /**
   * The document as it will be after the next record. A change is made here and written to the disk before the
   * repo's document has it, so that nothing is shown or sent that is not durable.
   */
  ahead: A.Doc<FlatDoc>
  /** Records in it, and bytes of them. */
  records: number
  bytes: number
}

interface Attempt {
  readonly id: DocumentId
  readonly change: Uint8Array
  readonly label: string
}

/** Writes records into the day book that is open, and opens the next one. One record at a time. */
export class BookWriter {
  readonly #options: BookWriterOptions
  #open: OpenBook | undefined
  /** A write that failed in such a way that it may still be seen after a restart. */
  #doubtful: Attempt | undefined

  constructor(options: BookWriterOptions) {
    this.#options = options
  }

  /** The day book that is being written. */
  get current(): DocumentId | undefined {
    return this.#open?.id
  }

  /** Goes on with a book of an earlier run. */
  resume(book: Book, handle: DocHandle<FlatDoc>): void {
    const doc = handle.doc()
    const sizes = positionsIn(doc).map((position) => storedAt(doc, position)?.length ?? 0)
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    this.#open = { id: book.id, name: book.name, ahead: A.clone(doc), records: sizes.length, bytes }
  }

  /** Ends the open book: the next record begins a new part, or the next day. */
  async freeze(): Promise<void> {
    const open = this.#open
    if (!open) return
    await this.#options.books.freeze(open.id)
    this.#open = undefined
  }

  /**
   * @returns the id of the day book the record is in, on the disk
   * @throws StorageWriteError; the record is then nowhere
   */
  async write(record: SealedRecord, stored: Uint8Array, note: ChangeNote, at: Date): Promise<DocumentId> {
    await this.#clearDoubt()
    const { body } = record
    const open = await this.#bookFor(body.chain.epoch, body.day)
    const options = { message: noteText(note), time: Math.floor(at.getTime() / 1000) }
    const ahead = A.change(open.ahead, options, (draft) => {
      draft[recordKey(body.chain.position)] = stored
    })
    const change = A.getLastLocalChange(ahead)
    if (!change) throw new Error('Automerge made no change')
    const attempt: Attempt = { id: open.id, change, label: recordLabel(body) }
    try {
      await this.#options.durable.storage.saveChange(attempt.id, attempt.change, attempt.label)
    } catch (error) {
      // What was made ahead of the disk is thrown away with the record.
      const handle = await this.#options.books.open(open.id).catch(() => undefined)
      open.ahead = handle ? A.clone(handle.doc()) : A.init<FlatDoc>()
      if (!(error instanceof StorageWriteError) || error.indeterminate) this.#doubtful = attempt
      throw error
    }
    open.ahead = ahead
    open.records += 1
    open.bytes += stored.length
    this.#show(open.id, change)
    this.#options.books.sealed(open.id, record)
    return open.id
  }

  /** The same change enters the repo's document, which others see and which syncs. */
  #show(id: DocumentId, change: Uint8Array): void {
    const handle = this.#options.durable.repo.handles[id]
    if (handle?.isReady()) handle.update((doc) => A.applyChanges(doc, [change])[0])
    else this.#options.durable.repo.import(change, { docId: id })
  }

  async #clearDoubt(): Promise<void> {
    if (!this.#doubtful) return
    const { id, change, label } = this.#doubtful
    await this.#options.durable.storage.discardChange(id, change, label)
    this.#doubtful = undefined
  }

  async #bookFor(epoch: string, day: string): Promise<OpenBook> {
    const open = this.#open
    const isFull = open !== undefined && (open.records >= BOOK_RECORDS || open.bytes >= BOOK_BYTES)
    if (open?.name.day === day && open.name.epoch === epoch && !isFull) return open
    if (open) await this.#options.books.freeze(open.id)
    const { shop, terminal, code } = this.#options.identity()
    const part = this.#options.books.nextPart(epoch, day)
    const name: DayBookName = { kind: 'daybook', shop, terminal, code, epoch, day, part }
    const id = this.#options.books.id(name)
    await this.#options.names.set(id, name)
    this.#open = { id, name, ahead: A.init<FlatDoc>(), records: 0, bytes: 0 }
    return this.#open
  }
}
