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
  /** The folder (absolute path) for what is kept, which may be deleted at any time; undefined to keep it in memory only. */
  readonly folder: { readonly path: string; readonly disk: Disk } | undefined
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
  /** The names of the document's files that it has seen. */
  readonly files: Set<string>
  /** Of the document's files, when it was compared with them last. */
  revision: number
}

/** Kept beside what {@link Derived.take} gave: which files were seen. */
interface SeenFiles {
  readonly files: readonly string[]
  /** These are all there are: what was seen before is gone. */
  readonly all?: true
}

function isSeen(entry: unknown): entry is SeenFiles {
  return typeof entry === 'object' && entry !== null && 'files' in entry && Array.isArray(entry.files)
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
      const kept = this.#kept.get(id) ?? (await this.#restored(id))
      const now = await this.#follow(id, kept)
      this.#kept.delete(id)
      if (!now) return undefined
      this.#keep(id, now)
      return now.value.length > 0 ? now.value : undefined
    })
  }

  #file(id: DocumentId): DerivedFile | undefined {
    const { folder } = this.#options
    return folder && new DerivedFile(join(folder.path, `${id}.log`), folder.disk)
  }

  async #restored(id: DocumentId): Promise<Kept<T>> {
    const { make, onFailure } = this.#options
    const file = this.#file(id)
    const value = make()
    const files = new Set<string>()
    const restore = (entry: unknown): void => {
      if (!isSeen(entry)) return value.restore(entry)
      if (entry.all) files.clear()
      for (const name of entry.files) files.add(name)
    }
    try {
      if (!file || (await file.read(restore))) return { value, files, revision: -1 }
    } catch (error) {
      onFailure(id, error as Error)
    }
    return this.#anew(id)
  }

  async #anew(id: DocumentId): Promise<Kept<T>> {
    await this.#file(id)?.remove()
    return { value: this.#options.make(), files: new Set(), revision: -1 }
  }

  async #follow(id: DocumentId, kept: Kept<T>): Promise<Kept<T> | undefined> {
    const { durable, onFailure } = this.#options
    if (!durable.isLoaded(id) && durable.storage.revision(id) === kept.revision) return kept
    try {
      const heads = await this.#takeNew(id, kept)
      if (!heads) return undefined
      if (heads.join() === kept.value.heads.join()) return kept
    } catch (error) {
      if (kept.value.length === 0) throw error
      onFailure(id, error as Error)
    }
    // It has what the document has not, or does not fit to it: the directory is an older one, or another.
    const anew = await this.#anew(id)
    return (await this.#takeNew(id, anew)) ? anew : undefined
  }

  /** @returns the document's heads, sorted */
  async #takeNew(id: DocumentId, kept: Kept<T>): Promise<readonly string[] | undefined> {
    const { durable } = this.#options
    const { value } = kept
    if (durable.isLoaded(id)) {
      const doc = (await durable.open<unknown>(id))?.doc()
      if (!doc) return undefined
      const heads = A.getHeads(doc).toSorted()
      const have = value.heads
      if (heads.join() !== have.join())
        await this.#take(id, kept, A.getChangesSince(doc, A.hasHeads(doc, [...have]) ? [...have] : []), {
          files: [],
        })
      return heads
    }
    // Asked first: what comes meanwhile is new the next time.
    const revision = durable.storage.revision(id)
    const files = await this.#files(id)
    const heads = (await this.#takeFiles(id, kept, files)) ?? (await this.#takeLacking(id, kept, files))
    kept.revision = revision
    return heads
  }

  /** The names of the files that hold the document's changes. */
  async #files(id: DocumentId): Promise<readonly string[]> {
    const keys = await this.#options.durable.storage.keys([id])
    return keys
      .filter(([, kind]) => kind === 'snapshot' || kind === 'incremental')
      .map((key) => key.slice(1).join('/'))
  }

  /** What files there are beside those it has seen; undefined where some of these are gone, so that all is to be looked at. */
  async #takeFiles(
    id: DocumentId,
    kept: Kept<T>,
    files: readonly string[],
  ): Promise<readonly string[] | undefined> {
    const { storage } = this.#options.durable
    const fresh = files.filter((name) => !kept.files.has(name))
    if (kept.files.size === 0 || storage.damaged(id) || files.length - fresh.length !== kept.files.size)
      return undefined
    const blobs: Uint8Array[] = []
    for (const name of fresh) {
      const bytes = await storage.load([id, ...name.split('/')])
      if (!bytes) return undefined
      blobs.push(bytes)
    }
    await this.#take(id, kept, changesIn(blobs), { files: fresh })
    return kept.value.heads
  }

  async #takeLacking(
    id: DocumentId,
    kept: Kept<T>,
    files: readonly string[],
  ): Promise<readonly string[] | undefined> {
    const { durable, stored } = this.#options
    const lacking = await stored.lacking(id, kept.value.heads)
    if (!lacking) return undefined
    const isSame = files.length === kept.files.size && files.every((name) => kept.files.has(name))
    kept.files.clear()
    await this.#take(id, kept, changesIn(lacking.chunks), isSame ? { files: [] } : { files, all: true })
    for (const name of files) kept.files.add(name)
    // Where the stored bytes do not tell, it was loaded only for this.
    await durable.release(id)
    return lacking.heads
  }

  /** @param seen the files that these changes came from, where they were not seen before */
  async #take(id: DocumentId, kept: Kept<T>, changes: Iterable<Uint8Array>, seen: SeenFiles): Promise<void> {
    const entries: unknown[] = []
    for (const change of arranged([...changes].map((bytes) => A.decodeChange(bytes)))) {
      const entry = kept.value.take(change)
      if (entry !== undefined) entries.push(entry)
    }
    for (const name of seen.files) kept.files.add(name)
    if (seen.files.length > 0) entries.push(seen)
    try {
      await this.#file(id)?.append(entries)
    } catch (error) {
      this.#options.onFailure(id, error as Error)
      await this.#file(id)?.remove()
    }
  }

  #keep(id: DocumentId, kept: Kept<T>): void {
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
