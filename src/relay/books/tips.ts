import * as A from '@automerge/automerge'
import { NO_TIP, type BookTip } from '../../docs/book-run.js'
import { positionsIn, storedAt } from '../../docs/daybook.js'
import type { FlatDoc } from '../../docs/flat.js'
import { doubledIn } from '../../docs/lines.js'
import type { DocumentId } from '../../docs/naming.js'
import { readRecord } from '../../docs/record.js'
import type { DurableRepo } from '../../storage/durable-repo.js'
import type { BookReaders } from '../gate/book-readers.js'
import { storedChanges } from './stored-records.js'

/** Hashes of changes kept in memory, of all books together: some 100 bytes each. What is let go is read again. */
const HASHES_KEPT = 200_000

/** Where each day book stands that came in lately, told without its document being in memory. */
export class BookTips {
  readonly #durable: DurableRepo
  readonly #readers: BookReaders
  /** The one used last stands last. */
  readonly #tips = new Map<DocumentId, BookTip>()
  #hashes = 0

  constructor(durable: DurableRepo, readers: BookReaders) {
    this.#durable = durable
    this.#readers = readers
    durable.onReleased = (id) => this.forget(id)
  }

  set(id: DocumentId, tip: BookTip): void {
    this.forget(id)
    this.#tips.set(id, tip)
    this.#hashes += tip.hashes.length
    for (const oldest of this.#tips.keys()) {
      if (this.#hashes <= HASHES_KEPT || oldest === id) break
      this.forget(oldest)
    }
  }

  /** What is known of a book may not hold any more. */
  forget(id: DocumentId): void {
    this.#hashes -= this.#tips.get(id)?.hashes.length ?? 0
    this.#tips.delete(id)
  }

  /**
   * @returns undefined for a book that is not one plain line of changes, or is damaged
   * @throws StorageReadError, ReaderFailed
   */
  async get(id: DocumentId): Promise<BookTip | undefined> {
    const { storage } = this.#durable
    if (storage.damaged(id)) return undefined
    const known = this.#tips.get(id)
    if (known && !this.#durable.isLoaded(id)) return known
    const tip = this.#durable.isLoaded(id) ? await this.#fromMemory(id, known) : await this.#fromDisk(id)
    if (tip && !storage.damaged(id)) this.set(id, tip)
    return tip
  }

  async #fromMemory(id: DocumentId, known: BookTip | undefined): Promise<BookTip | undefined> {
    const doc = (await this.#durable.open<FlatDoc>(id))?.doc()
    if (!doc) return NO_TIP
    const [head, ...more] = A.getHeads(doc)
    return known && known.head === head && more.length === 0 ? known : tipOf(doc)
  }

  async #fromDisk(id: DocumentId): Promise<BookTip | undefined> {
    const changes = await storedChanges(this.#durable.storage, id)
    if (changes.length === 0) return NO_TIP
    const tip = await this.#readers.read({ is: 'tip', changes })
    if (tip) return tip
    // Automerge has compacted it, or it was written in another way.
    const doc = (await this.#durable.open<FlatDoc>(id))?.doc()
    const found = doc && tipOf(doc)
    await this.#durable.release(id)
    return found
  }
}

function tipOf(doc: A.Doc<FlatDoc>): BookTip | undefined {
  const [head, ...more] = A.getHeads(doc)
  if (head === undefined) return NO_TIP
  const positions = positionsIn(doc)
  const first = positions[0] ?? 0
  const last = positions.at(-1) ?? 0
  const isPlain = more.length === 0 && last - first + 1 === positions.length && doubledIn(doc).length === 0
  if (!isPlain || first === 0) return undefined
  const changes = A.getChangesMetaSince(doc, [])
  const seqs = new Map<string, number>()
  for (const { actor, seq } of changes) seqs.set(actor, Math.max(seq, seqs.get(actor) ?? 0))
  return {
    head,
    hashes: changes.map(({ hash }) => hash),
    seqs: [...seqs],
    lastOp: changes.reduce((most, { maxOp }) => Math.max(most, maxOp), 0),
    first,
    last,
    lastHash: readRecord(storedAt(doc, last)).hash,
  }
}
