import * as A from '@automerge/automerge'
import type { DocumentId } from '@automerge/automerge-repo'
import type { DurableRepo } from './durable-repo.js'
import { NotSaved, StoredGraph } from './stored-graph.js'

/** What a holder of a document at certain heads lacks of it. */
export interface Lacking {
  readonly heads: readonly string[]
  /** It is everything, and not only what comes after these heads. */
  readonly whole: boolean
  /** Chunks as Automerge saves them. */
  readonly chunks: readonly Uint8Array[]
}

interface Told {
  readonly revision: number
  readonly heads: readonly string[]
}

interface Kept {
  readonly revision: number
  readonly graph: StoredGraph
  readonly bytes: number
}

/**
 * Heads and changes of documents as they lie on the disk, without making documents of them. Where the stored bytes do
 * not tell, Automerge is asked.
 */
export class StoredDocuments {
  readonly #durable: DurableRepo
  readonly #changeBytes: number
  readonly #told = new Map<DocumentId, Told>()
  readonly #keepBytes: number
  /** The last that were asked for, the oldest first. */
  readonly #kept = new Map<DocumentId, Kept>()
  #keptBytes = 0

  /**
   * @param changeBytes how many bytes one change may unfold to
   * @param keepBytes bytes of documents to keep read, where many ask for the same ones
   */
  constructor(durable: DurableRepo, changeBytes: number, keepBytes = 0) {
    this.#durable = durable
    this.#changeBytes = changeBytes
    this.#keepBytes = keepBytes
  }

  /**
   * The document's heads, sorted; undefined where nothing of it is here.
   * @throws StorageReadError
   */
  async heads(id: DocumentId): Promise<readonly string[] | undefined> {
    const { storage } = this.#durable
    if (this.#durable.isLoaded(id)) return this.#inMemory(id)
    const revision = storage.revision(id)
    const told = this.#told.get(id)
    if (told?.revision === revision) return told.heads
    const graph = await this.#graph(id)
    if (graph === 'nothing') return undefined
    const heads = graph?.heads
    if (!heads) return this.#inMemory(id)
    this.#told.set(id, { revision, heads })
    return heads
  }

  /**
   * Whether the document here has all changes up to these heads.
   * @param more bytes that Automerge saved, taken to be here as well; nothing else than what is stored is asked then
   * @throws StorageReadError
   */
  async contains(id: DocumentId, heads: readonly string[], more?: Uint8Array): Promise<boolean> {
    if (more || !this.#durable.isLoaded(id)) {
      const graph = await this.#graph(id, more)
      if (graph === 'nothing') return false
      if (graph?.since(heads)) return true
    }
    if (more) return false
    const doc = (await this.#durable.open<unknown>(id))?.doc()
    return doc !== undefined && A.hasHeads(doc, [...heads])
  }

  /**
   * Whether bytes that Automerge saved are, by themselves, a document at these heads. False says only that it is not told.
   * @throws NotSaved
   */
  verify(saved: Uint8Array, heads: readonly string[]): boolean {
    return new StoredGraph([saved], this.#changeBytes).heads?.join() === [...heads].sort().join()
  }

  /**
   * What whoever has these heads lacks; undefined where nothing of the document is here.
   * @param have none where it has nothing
   * @throws StorageReadError, StorageWriteError
   */
  async lacking(id: DocumentId, have: readonly string[]): Promise<Lacking | undefined> {
    await this.#durable.flush(id)
    const graph = await this.#graph(id)
    if (graph === 'nothing') return undefined
    const heads = graph?.heads
    if (graph && heads) {
      if (have.length === 0) return { heads, whole: true, chunks: graph.whole }
      const chunks = graph.since(have)
      if (chunks) return { heads, whole: false, chunks }
    }
    const doc = (await this.#durable.open<unknown>(id))?.doc()
    if (!doc) return undefined
    const now = A.getHeads(doc).toSorted()
    return have.length > 0 && A.hasHeads(doc, [...have])
      ? { heads: now, whole: false, chunks: [A.saveSince(doc, [...have])] }
      : { heads: now, whole: true, chunks: [A.save(doc)] }
  }

  async #inMemory(id: DocumentId): Promise<readonly string[] | undefined> {
    const doc = (await this.#durable.open<unknown>(id))?.doc()
    const heads = doc ? A.getHeads(doc).toSorted() : []
    return heads.length > 0 ? heads : undefined
  }

  /** Undefined where the bytes do not tell: of a damaged document, and of one that another Automerge wrote. */
  async #graph(id: DocumentId, more?: Uint8Array): Promise<StoredGraph | 'nothing' | undefined> {
    const { storage } = this.#durable
    const revision = storage.revision(id)
    const kept = this.#kept.get(id)
    if (!more && kept?.revision === revision && !storage.damaged(id)) return kept.graph
    const chunks = await storage.loadRange([id])
    const blobs = chunks
      .filter(({ key }) => key[1] === 'snapshot' || key[1] === 'incremental')
      .map(({ data }) => data)
      .filter((data) => data !== undefined)
    if (more) blobs.push(more)
    if (storage.damaged(id)) return undefined
    if (blobs.length === 0) return 'nothing'
    try {
      const graph = new StoredGraph(blobs, this.#changeBytes)
      if (!more)
        this.#keep(id, { revision, graph, bytes: blobs.reduce((sum, { length }) => sum + length, 0) })
      return graph
    } catch (error) {
      if (error instanceof NotSaved) return undefined
      throw error
    }
  }

  #keep(id: DocumentId, kept: Kept): void {
    this.#drop(id)
    if (kept.bytes > this.#keepBytes) return
    this.#kept.set(id, kept)
    this.#keptBytes += kept.bytes
    for (const oldest of this.#kept.keys()) {
      if (this.#keptBytes <= this.#keepBytes) break
      this.#drop(oldest)
    }
  }

  #drop(id: DocumentId): void {
    this.#keptBytes -= this.#kept.get(id)?.bytes ?? 0
    this.#kept.delete(id)
  }
}
