import { setTimeout as delay } from 'node:timers/promises'
import type { FlatDoc } from '../../docs/flat.js'
import { everyRecordIn } from '../../docs/lines.js'
import type { DocumentId, DocumentName } from '../../docs/naming.js'
import { verifyRecord } from '../../docs/record.js'
import type { DurableRepo } from '../../storage/durable-repo.js'
import type { BookReaders } from '../gate/book-readers.js'
import type { Incidents } from '../incidents.js'
import type { Log } from '../relay-parts.js'
import type { Shops } from '../shops.js'

type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

export interface SignatureCheckOptions {
  readonly durable: DurableRepo
  readonly readers: BookReaders
  readonly shops: Shops
  readonly incidents: Incidents
  /** Serial of the last receipt that was given. */
  readonly serial: () => number
  /** Told that the records of everything were verified that receipts up to this one speak of. */
  readonly onVerified: (serial: number) => Promise<void>
  readonly log: Log
}

/** It begins when nothing came in for so long, and is interrupted by what does. Milliseconds. */
const QUIET_MS = 2_000
/** Stored bytes verified at once: some 200 records, 13 ms of a worker. */
const AT_ONCE_BYTES = 64 * 1024
/** Between two of these: a fifth of one core is what it takes. Milliseconds. */
const PAUSE_MS = 50

interface Unverified {
  readonly name: DayBookName
  /** Chain positions. */
  readonly from: number
  readonly to: number
}

/**
 * Verifies the signature of each record that was taken on the word of a later one. That one proves, by the hashes, that
 * the terminal sealed them all; a wrong signature among them does nobody else any harm, and is reported.
 */
export class SignatureCheck {
  readonly #options: SignatureCheckOptions
  readonly #waiting = new Map<DocumentId, Unverified>()
  #quietFrom = 0
  #running: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined
  /** Whether somebody waits for it. */
  #hurry = false
  #closed = false

  constructor(options: SignatureCheckOptions) {
    this.#options = options
  }

  /** Day books that wait. */
  get waiting(): number {
    return this.#waiting.size
  }

  add(id: DocumentId, name: DayBookName, from: number, to: number): void {
    const known = this.#waiting.get(id)
    const first = Math.min(from, known?.from ?? from)
    this.#waiting.set(id, { name, from: first, to: Math.max(to, known?.to ?? to) })
    this.busy()
  }

  /** Something comes in: that goes before. */
  busy(): void {
    this.#quietFrom = performance.now() + QUIET_MS
    if (this.#waiting.size > 0) this.#wait()
  }

  #wait(): void {
    if (this.#running || this.#timer || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (performance.now() < this.#quietFrom) this.#wait()
      else void this.#begin()
    }, QUIET_MS)
    this.#timer.unref()
  }

  /** Verifies all that waits, at once. */
  async settled(): Promise<void> {
    this.#hurry = true
    await this.#begin()
    this.#hurry = false
  }

  #begin(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#waiting.size > 0) this.#wait()
    })
    return this.#running
  }

  async #run(): Promise<void> {
    const { serial, onVerified, log } = this.#options
    const upTo = serial()
    const books = [...this.#waiting]
    for (const [id, book] of books) {
      if (this.#closed) return
      if (this.#waiting.get(id) === book) this.#waiting.delete(id)
      try {
        await this.#verify(id, book)
      } catch (error) {
        if (this.#closed) return
        this.add(id, book.name, book.from, book.to)
        log.error({ document: id, error: (error as Error).message }, 'signatures could not be verified')
        return
      }
    }
    if (books.length > 0) await onVerified(upTo)
  }

  async #verify(id: DocumentId, book: Unverified): Promise<void> {
    const { durable, readers, shops } = this.#options
    const publicKey = shops.keyOf(book.name.terminal, book.name.epoch)
    if (publicKey === undefined) return
    const chunks = await durable.storage.loadRange([id])
    for (const changes of inParts(chunks.flatMap(({ data }) => data ?? []))) {
      if (this.#closed) return
      const { from, to } = book
      const bad = await readers.readLater({ is: 'signatures', changes, publicKey, from, to })
      if (!bad) return this.#verifyDocument(id, book, publicKey)
      for (const { position, stored } of bad) await this.#report(id, book.name, position, stored)
      await this.#pause()
    }
  }

  /** Of a book whose document was loaded and compacted since. */
  async #verifyDocument(id: DocumentId, { name, from, to }: Unverified, publicKey: string): Promise<void> {
    const { durable } = this.#options
    const wasLoaded = durable.isLoaded(id)
    const doc = (await durable.open<FlatDoc>(id))?.doc()
    const records = doc ? everyRecordIn(doc) : []
    if (!wasLoaded) await durable.release(id)
    for (const [index, record] of records.entries()) {
      const { position } = record.body.chain
      if (position < from || position > to) continue
      if (!verifyRecord(record, publicKey)) await this.#report(id, name, position, record.bytes)
      if (index % 50 === 49) await this.#pause()
      if (this.#closed) return
    }
  }

  async #pause(): Promise<void> {
    await delay(this.#hurry ? 0 : PAUSE_MS, undefined, { ref: this.#hurry })
  }

  async #report(id: DocumentId, name: DayBookName, position: number, bytes: Uint8Array): Promise<void> {
    const reason = `record ${position} of ${name.code}${name.epoch} is proven by the records after it, and its own signature is wrong`
    const { terminal } = name
    await this.#options.incidents.note({
      kind: 'bad-signature',
      code: 'record-signature',
      reason,
      terminal,
      document: id,
      bytes,
    })
  }

  /** Ends it; what is left is found again by its receipts. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#running?.catch(() => undefined)
  }
}

function* inParts(chunks: readonly Uint8Array[]): Generator<Uint8Array> {
  let part: Uint8Array[] = []
  let bytes = 0
  for (const chunk of chunks) {
    part.push(chunk)
    bytes += chunk.length
    if (bytes < AT_ONCE_BYTES) continue
    yield Buffer.concat(part)
    part = []
    bytes = 0
  }
  if (part.length > 0) yield Buffer.concat(part)
}
