import { join } from 'node:path'
import * as A from '@automerge/automerge'
import type { DocumentId } from '@automerge/automerge-repo'
import { DOCUMENT, readChunk } from './change-chunks.js'
import { DerivedFile } from './derived-file.js'
import type { Disk } from './disk.js'
import type { DurableRepo } from './durable-repo.js'
import { Queues } from './queues.js'
import type { StoredDocuments } from './stored-documents.js'

/** What is made of a document's changes, one by one, each after those it depends on. */
export interface Derived {
  /** Sorted; of what it has taken. */
  readonly heads: readonly string[]
  /** Changes it has taken. */
  readonly length: number
  /** About how many bytes of memory it takes. */
  readonly bytes: number
  /** Takes again what {@link take} gave to keep. @throws where it does not fit */
  restore(kept: unknown): void
  /** @returns what is to be kept of the change; undefined where it has it already. @throws where it does not fit */
  take(change: A.DecodedChange): unknown
}

export interface DerivedDocumentsOptions<T extends Derived> {
  /** Absolute path of the folder for what is kept. It may be deleted at any time. */
  readonly directory: string
  readonly disk: Disk
  readonly durable: DurableRepo
  readonly stored: StoredDocuments
  readonly make: () => T
  /** Bytes of memory for what was asked for last. */
  readonly keepBytes: number
  /** Told where the disk did not keep it: it is made again the next time. */
  readonly onFailure: (document: string, error: Error) => void
}

interface Kept<T> {
  readonly value: T
  /** Of the document's files, when it was compared with them last. */
  revision: number
}

/**
 * Something that is made of documents' changes, and goes on with those that come. It is kept in a checked file beside the
 * documents, so that neither a document has to be made for it nor an old change read twice.
 */
export class DerivedDocuments<T extends Derived> {
  readonly #options: DerivedDocumentsOptions<T>
  readonly #queues = new Queues()
  /** The one used last stands last. */
  readonly #kept = new Map<DocumentId, Kept<T>>()

  constructor(options: DerivedDocumentsOptions<T>) {
    this.#options = options
  }

  /**
   * As the document is now; undefined where nothing of it is here.
   * @throws StorageReadError, StorageWriteError
   */
  get(id: DocumentId): Promise<T | undefined> {
    return this.#queues.run(id, async () => {
      const kept = this.#kept.get(id) ?? { value: await this.#restored(id), revision: -1 }
      const now = await this.#follow(id, kept)
      if (!now) return undefined
      this.#keep(id, now)
      return now.value.length > 0 ? now.value : undefined
    })
  }

  #file(id: DocumentId): DerivedFile {
    return new DerivedFile(join(this.#options.directory, `${id}.log`), this.#options.disk)
  }

  async #restored(id: DocumentId): Promise<T> {
    const value = this.#options.make()
    const file = this.#file(id)
    try {
      if (await file.read((entry) => value.restore(entry))) return value
    } catch (error) {
      this.#options.onFailure(id, error as Error)
    }
    return this.#anew(id)
  }

  async #anew(id: DocumentId): Promise<T> {
    await this.#file(id).remove()
    return this.#options.make()
  }

  async #follow(id: DocumentId, kept: Kept<T>): Promise<Kept<T> | undefined> {
    const { durable } = this.#options
    if (!durable.isLoaded(id) && durable.storage.revision(id) === kept.revision) return kept
    const revision = durable.storage.revision(id)
    const heads = await this.#takeNew(id, kept.value)
    if (!heads) return undefined
    if (heads.join() === kept.value.heads.join()) return { value: kept.value, revision }
    // It has what the document has not: the relay's directory is an older one, or another.
    const value = await this.#anew(id)
    return (await this.#takeNew(id, value)) ? { value, revision } : undefined
  }

  /** @returns the document's heads, sorted */
  async #takeNew(id: DocumentId, value: T): Promise<readonly string[] | undefined> {
    const { durable, stored, onFailure } = this.#options
    const entries: unknown[] = []
    const take = (changes: Iterable<Uint8Array>): void => {
      for (const change of arranged([...changes].map((bytes) => A.decodeChange(bytes)))) {
        const entry = value.take(change)
        if (entry !== undefined) entries.push(entry)
      }
    }
    let heads: readonly string[]
    if (durable.isLoaded(id)) {
      const doc = (await durable.open<unknown>(id))?.doc()
      if (!doc) return undefined
      heads = A.getHeads(doc).toSorted()
      const have = value.heads
      if (heads.join() === have.join()) return heads
      take(A.getChangesSince(doc, A.hasHeads(doc, [...have]) ? [...have] : []))
    } else {
      const lacking = await stored.lacking(id, value.heads)
      if (!lacking) return undefined
      heads = lacking.heads
      take(changesIn(lacking.chunks))
      // Where the stored bytes do not tell, it was loaded only for this.
      await durable.release(id)
    }
    try {
      await this.#file(id).append(entries)
    } catch (error) {
      onFailure(id, error as Error)
      await this.#file(id).remove()
    }
    return heads
  }

  #keep(id: DocumentId, kept: Kept<T>): void {
    this.#kept.delete(id)
    this.#kept.set(id, kept)
    let bytes = [...this.#kept.values()].reduce((sum, { value }) => sum + value.bytes, 0)
    for (const [oldest, { value }] of this.#kept) {
      if (bytes <= this.#options.keepBytes || oldest === id) break
      this.#kept.delete(oldest)
      bytes -= value.bytes
    }
  }
}

/** The changes in what Automerge saved: those outside of a snapshot as they stand, those inside by loading it. */
function* changesIn(blobs: readonly Uint8Array[]): Generator<Uint8Array> {
  const chunks = blobs.flatMap((blob) => [...chunksIn(blob)])
  for (const snapshot of chunks.filter(({ type }) => type === DOCUMENT)) {
    const doc = A.load<unknown>(snapshot.bytes)
    yield* A.getAllChanges(doc)
    A.free(doc)
  }
  for (const { type, bytes } of chunks) if (type !== DOCUMENT) yield bytes
}

/** Each after those it depends on; what is not among them is there already. */
function arranged(changes: readonly A.DecodedChange[]): A.DecodedChange[] {
  const waiting = new Map(changes.map((change) => [change.hash, change.deps.length]))
  const after = new Map<string, A.DecodedChange[]>()
  for (const change of changes) {
    for (const dep of change.deps) {
      if (!waiting.has(dep)) waiting.set(change.hash, (waiting.get(change.hash) ?? 0) - 1)
      else after.set(dep, [...(after.get(dep) ?? []), change])
    }
  }
  const ready = changes.filter(({ hash }) => waiting.get(hash) === 0)
  for (let at = 0; at < ready.length; at += 1) {
    for (const next of after.get(ready[at]?.hash ?? '') ?? []) {
      const left = (waiting.get(next.hash) ?? 0) - 1
      waiting.set(next.hash, left)
      if (left === 0) ready.push(next)
    }
  }
  return ready
}

function* chunksIn(blob: Uint8Array): Generator<{ type: number; bytes: Uint8Array }> {
  for (let at = 0; at < blob.length;) {
    const chunk = readChunk(blob.subarray(at))
    if (!chunk) return
    yield { type: chunk.type, bytes: blob.subarray(at, at + chunk.length) }
    at += chunk.length
  }
}
