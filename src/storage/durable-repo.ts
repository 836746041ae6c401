import { setTimeout as delay } from 'node:timers/promises'
import * as A from '@automerge/automerge'
import { Repo, type DocHandle, type DocumentId, type PeerId } from '@automerge/automerge-repo'
import type { DurableStorageAdapter } from './durable-adapter.js'
import { surviveAbandonedWaits } from './abandoned-waits.js'
import { beginAnewWithReturningPeers } from './peer-returns.js'
import { StorageReadError, StorageWriteError } from './errors.js'
import { Queues } from './queues.js'

/** Who may see a document, asked by automerge-repo before it answers or offers. */
export interface Sharing {
  /** Whether to offer a document unasked. */
  announce(peer: PeerId, document?: DocumentId): boolean
  /** Whether a peer may read and write a document it asked for. */
  access(peer: PeerId, document: DocumentId): boolean
}

export interface DurableRepoOptions {
  readonly storage: DurableStorageAdapter
  readonly peerId: string
  readonly sharing: Sharing
  /** Told when a save in the background failed; it is tried again after `retryAfter` ms. */
  readonly onSaveFailed: (document: DocumentId, error: Error) => void
  /** Told when a save in the background works again after one that failed. */
  readonly onSaveRecovered?: () => void
  /** Told when a document that a peer sent for could not be read; it is tried again after `retryAfter` ms. */
  readonly onLoadFailed?: (document: DocumentId, error: Error) => void
  /** Told when a sync was given up because its document has left memory. */
  readonly onAbandoned?: (document: string, error: Error) => void
  /** Milliseconds. */
  readonly retryAfter?: number
}

/** Long enough for a person to free some space, short enough that nobody waits for it. */
const RETRY_AFTER_MS = 2_000

/** A document that cannot be had: not on this disk, and no peer has it. */
export class DocumentMissing extends Error {
  readonly document: string
  constructor(document: string, cause: unknown) {
    super(`Document ${document} is not on this disk and has not arrived from the relay`, { cause })
    this.name = 'DocumentMissing'
    this.document = document
  }
}

/**
 * automerge-repo over a {@link DurableStorageAdapter}, with what it lacks for our promises:
 * - a save in the background that fails is reported and tried again, where automerge-repo would end the process
 *   with an unhandled rejection;
 * - nor does a document that could not be read once stay unread until the next start;
 * - {@link flush} resolves only when the document's present heads are on the disk;
 * - {@link forget} takes a document from memory and disk so that it can come back later.
 */
export class DurableRepo {
  readonly repo: Repo
  readonly storage: DurableStorageAdapter
  readonly #queues = new Queues()
  readonly #retries = new Map<DocumentId, NodeJS.Timeout>()
  /** Forgotten documents, whose old heads automerge-repo still believes to be on the disk. */
  readonly #forgotten = new Set<DocumentId>()
  /** Read by {@link open}; automerge-repo takes it as soon as it is asked. */
  readonly #loaded = new Map<DocumentId, A.Doc<unknown> | null>()
  readonly #load: (id: DocumentId) => Promise<A.Doc<unknown> | null>
  readonly #save: (id: DocumentId, doc: A.Doc<unknown>) => Promise<void>
  readonly #onSaveFailed: DurableRepoOptions['onSaveFailed']
  readonly #onSaveRecovered: () => void
  readonly #onLoadFailed: (document: DocumentId, error: Error) => void
  readonly #failing = new Set<DocumentId>()
  /** Being read by {@link open}, and how often. */
  readonly #opening = new Map<DocumentId, number>()
  /** Told of documents that have left memory: what is known of them beside it may not hold any more. */
  onReleased: (document: DocumentId) => void = () => undefined
  readonly #retryAfter: number
  #closed = false

  constructor(options: DurableRepoOptions) {
    this.storage = options.storage
    this.#onSaveFailed = options.onSaveFailed
    this.#onSaveRecovered = options.onSaveRecovered ?? (() => undefined)
    this.#onLoadFailed = options.onLoadFailed ?? (() => undefined)
    this.#retryAfter = options.retryAfter ?? RETRY_AFTER_MS
    const { sharing } = options
    this.repo = new Repo({
      storage: options.storage,
      peerId: options.peerId as PeerId,
      // Sync states kept on disk could outlive a restore of either side; each connection starts from the heads.
      isEphemeral: true,
      shareConfig: {
        announce: async (peer, document) => sharing.announce(peer, document),
        access: async (peer, document) => sharing.access(peer, document),
      },
    })
    surviveAbandonedWaits(this.repo, options.onAbandoned ?? (() => undefined))
    beginAnewWithReturningPeers(this.repo)
    const subsystem = this.repo.storageSubsystem
    if (!subsystem) throw new Error('The repo was made without storage')
    const save = subsystem.saveDoc.bind(subsystem)
    this.#save = (id, doc) => this.#queues.run(id, () => this.#saveWhole(id, doc, save))
    subsystem.saveDoc = (id) => this.#saveInBackground(id)
    this.#load = subsystem.loadDoc.bind(subsystem)
    subsystem.loadDoc = <T>(id: DocumentId) => this.#loadPatiently(id) as Promise<A.Doc<T> | null>
  }

  /** The document's handle if it is in memory or on this disk; the network is not asked. */
  async open<T>(id: DocumentId): Promise<DocHandle<T> | undefined> {
    const cached = this.repo.handles[id]
    if (cached?.isReady()) return cached as DocHandle<T>
    this.#opening.set(id, (this.#opening.get(id) ?? 0) + 1)
    try {
      return await this.#read<T>(id)
    } finally {
      const left = (this.#opening.get(id) ?? 1) - 1
      if (left > 0) this.#opening.set(id, left)
      else this.#opening.delete(id)
    }
  }

  /** Whether a document is in memory, or on its way there. */
  isLoaded(id: DocumentId): boolean {
    return this.repo.handles[id] !== undefined || this.#opening.has(id)
  }

  /**
   * Stores changes that this document does not have yet, durably. The document is not read for it; one that is in
   * memory gets them as well.
   * @param isNew whether nothing of it was ever stored here
   * @throws StorageWriteError
   */
  async store(id: DocumentId, changes: readonly Uint8Array[], isNew: boolean): Promise<void> {
    await this.storage.saveChanges(id, changes, isNew)
    if (!this.isLoaded(id)) return
    const handle = await this.open(id)
    handle?.update((doc) => A.loadIncremental(doc, Buffer.concat(changes)))
  }

  /**
   * As {@link store}, for bytes that Automerge saved: all of a document of which nothing is here, or changes that
   * follow what is here.
   * @throws StorageWriteError
   */
  async storeSaved(id: DocumentId, kind: 'snapshot' | 'incremental', saved: Uint8Array): Promise<void> {
    await this.storage.saveSaved(id, kind, saved)
    if (this.isLoaded(id)) await this.update(id, saved)
  }

  /**
   * Merges bytes that Automerge saved into a document that is here, and saves the result.
   * @returns the document; undefined where there is none
   * @throws StorageWriteError
   */
  async update(id: DocumentId, saved: Uint8Array): Promise<A.Doc<unknown> | undefined> {
    const handle = await this.open<unknown>(id)
    handle?.update((doc) => A.loadIncremental(doc, saved))
    await this.flush(id)
    return handle?.doc()
  }

  async #read<T>(id: DocumentId): Promise<DocHandle<T> | undefined> {
    if (!(await this.storage.has(id))) return undefined
    // Read here first: automerge-repo would keep to itself that it failed.
    this.#loaded.set(id, await this.#load(id))
    const { handle } = this.repo.findWithProgress<T>(id)
    this.#loaded.delete(id)
    await handle.whenReady(['ready', 'unavailable'])
    if (handle.isReady()) return handle
    // It was asked for before it was here, or nothing of it can be read: automerge-repo does not look again.
    const doc = (await this.#load(id)) as A.Doc<T> | null
    if (!doc || A.getHeads(doc).length === 0) return undefined
    handle.update(() => doc)
    return handle
  }

  /**
   * The document's handle, asking connected peers for it if it is not here.
   * @throws DocumentMissing when the signal ends the wait
   */
  async request<T>(id: DocumentId, signal: AbortSignal): Promise<DocHandle<T>> {
    const here = await this.open<T>(id)
    if (here) return here
    const { handle } = this.repo.findWithProgress<T>(id)
    try {
      await handle.whenReady(['ready'], { signal })
    } catch (error) {
      throw new DocumentMissing(id, error)
    }
    return handle
  }

  /**
   * Makes a document with this first change if there is none, and saves it.
   * @param message the change's message
   * @param time seconds since 1970
   */
  async create<T>(id: DocumentId, options: A.ChangeOptions<T>, first: A.ChangeFn<T>): Promise<DocHandle<T>> {
    const existing = await this.open<T>(id)
    if (existing) return existing
    const handle = this.repo.import<T>(A.save(A.change(A.init<T>(), options, first)), { docId: id })
    await this.flush(id)
    return handle
  }

  /** Merges a saved document into this one, and saves the result. */
  async merge(id: DocumentId, saved: Uint8Array): Promise<DocHandle<unknown>> {
    // It must be loaded first: an import would otherwise begin from nothing and hide what is on the disk.
    await this.open(id)
    const handle = this.repo.import<unknown>(saved, { docId: id })
    await this.flush(id)
    return handle
  }

  /**
   * Resolves when the document's present heads are on the disk.
   * @throws StorageWriteError when they cannot be brought there
   */
  async flush(id: DocumentId): Promise<void> {
    const handle = this.repo.handles[id]
    if (handle?.isReady()) await this.#save(id, handle.doc())
    await this.storage.settled(id)
  }

  /** Drops a document from memory; it stays on the disk. */
  async release(id: DocumentId): Promise<void> {
    const handle = this.repo.handles[id]
    if (!handle?.isReady()) return
    await this.flush(id)
    await this.repo.removeFromCache(id)
    this.onReleased(id)
  }

  /** Deletes a document from memory and disk. The caller has made sure that this is safe (P1). */
  async forget(id: DocumentId): Promise<void> {
    await this.release(id)
    this.#forgotten.add(id)
    await this.storage.removeRange([id])
  }

  /** Flushes everything and stops saving. Network adapters are the caller's to disconnect. */
  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#retries.values()) clearTimeout(timer)
    this.#retries.clear()
    for (const id of Object.keys(this.repo.handles)) await this.flush(id as DocumentId)
  }

  /** What automerge-repo reads for a peer: where that fails, its handle would wait for ever. */
  async #loadPatiently(id: DocumentId): Promise<A.Doc<unknown> | null> {
    for (;;) {
      const loaded = this.#loaded.get(id)
      if (loaded !== undefined) return loaded
      try {
        return await this.#load(id)
      } catch (error) {
        const passes = error instanceof StorageReadError || error instanceof StorageWriteError
        if (!passes || this.#closed) throw error
        this.#onLoadFailed(id, error)
        await delay(this.#retryAfter, undefined, { ref: false })
      }
    }
  }

  async #saveWhole(
    id: DocumentId,
    doc: A.Doc<unknown>,
    save: (id: DocumentId, doc: A.Doc<unknown>) => Promise<void>,
  ): Promise<void> {
    if (this.#forgotten.has(id) && A.getHeads(doc).length > 0) {
      await this.storage.save([id, 'snapshot', A.getHeads(doc).join('').slice(0, 64)], A.save(doc))
      this.#forgotten.delete(id)
    }
    await save(id, doc)
  }

  /**
   * Saves come late: a document may have been forgotten since its last change, and must not come back. So what is
   * saved is what is in memory now, not what the change left.
   */
  async #saveInBackground(id: DocumentId): Promise<void> {
    const handle = this.repo.handles[id]
    if (!handle?.isReady()) return
    try {
      await this.#save(id, handle.doc())
      if (this.#failing.delete(id) && this.#failing.size === 0) this.#onSaveRecovered()
    } catch (error) {
      this.#failing.add(id)
      this.#onSaveFailed(id, error as Error)
      this.#retryLater(id)
    }
  }

  #retryLater(id: DocumentId): void {
    if (this.#closed || this.#retries.has(id)) return
    const timer = setTimeout(() => {
      this.#retries.delete(id)
      void this.#saveInBackground(id)
    }, this.#retryAfter)
    timer.unref()
    this.#retries.set(id, timer)
  }
}
