import * as A from '@automerge/automerge'
import { headOfChange, MalformedChange, splitChunks, type ChangeHead } from '../docs/book-change.js'
import type { FlatDoc } from '../docs/flat.js'
import type { DocumentId } from '../docs/naming.js'
import { CHANGE_BYTES, MESSAGE_CHUNKS } from '../protocol/limits.js'
import type { DurableRepo } from '../storage/durable-repo.js'

/** The changes of day books as they lie on this disk, for sending: no document is made of them. */
export class BookChanges {
  readonly #durable: DurableRepo
  /** By document and file name: what the changes in it are. Of books that are sent again and again as they grow. */
  readonly #heads = new Map<DocumentId, Map<string, readonly ChangeHead[]>>()

  constructor(durable: DurableRepo) {
    this.#durable = durable
  }

  /**
   * All changes of a book, one after the other; undefined where Automerge has compacted them, or some are damaged.
   * @throws StorageReadError
   */
  async all(id: DocumentId): Promise<Uint8Array[] | undefined> {
    const { storage } = this.#durable
    const files = await storage.loadRange([id])
    const changes: Uint8Array[] = []
    for (const { data } of files) {
      const chunks = data && splitChunks(data, MESSAGE_CHUNKS)
      if (!chunks) return undefined
      changes.push(...chunks)
    }
    return storage.damaged(id) || changes.length === 0 ? undefined : changes
  }

  /**
   * The changes of a book that do not lie at or before these heads.
   * @throws StorageReadError
   */
  async since(id: DocumentId, heads: readonly string[] | undefined): Promise<Uint8Array[]> {
    const found = heads && heads.length > 0 ? await this.#after(id, heads) : await this.all(id)
    return found ?? this.#byAutomerge(id, heads ?? [])
  }

  /** What is known of a book's changes is not needed any more. */
  forget(id: DocumentId): void {
    this.#heads.delete(id)
  }

  async #after(id: DocumentId, heads: readonly string[]): Promise<Uint8Array[] | undefined> {
    const { storage } = this.#durable
    const known = this.#heads.get(id) ?? new Map<string, readonly ChangeHead[]>()
    this.#heads.set(id, known)
    const files = new Map<string, Uint8Array[]>()
    const deps = new Map<string, readonly string[]>()
    const names = (await storage.keys([id])).map(([, kind, name]) =>
      kind === 'incremental' ? name : undefined,
    )
    for (const name of names) {
      if (name === undefined) return undefined
      let inside = known.get(name)
      if (!inside) {
        const chunks = await this.#read(id, name)
        inside = chunks && headsOf(chunks)
        if (!chunks || !inside) return undefined
        files.set(name, chunks)
        known.set(name, inside)
      }
      for (const { hash, deps: before } of inside) deps.set(hash, before)
    }
    if (storage.damaged(id)) return undefined
    const held = ancestors(heads, deps)
    if (!held) return undefined
    const changes: Uint8Array[] = []
    for (const [name, inside] of known) {
      if (inside.every(({ hash }) => held.has(hash))) continue
      const chunks = files.get(name) ?? (await this.#read(id, name)) ?? []
      changes.push(...chunks.filter((_, index) => !held.has(inside[index]?.hash ?? '')))
    }
    return changes
  }

  async #read(id: DocumentId, name: string): Promise<Uint8Array[] | undefined> {
    const data = await this.#durable.storage.load([id, 'incremental', name])
    return data && splitChunks(data, MESSAGE_CHUNKS)
  }

  async #byAutomerge(id: DocumentId, heads: readonly string[]): Promise<Uint8Array[]> {
    const doc = (await this.#durable.open<FlatDoc>(id))?.doc()
    if (!doc) return []
    return A.getChangesSince(doc, A.hasHeads(doc, [...heads]) ? [...heads] : [])
  }
}

function headsOf(chunks: readonly Uint8Array[]): ChangeHead[] | undefined {
  try {
    return chunks.map((chunk) => headOfChange(chunk, CHANGE_BYTES))
  } catch (error) {
    if (error instanceof MalformedChange) return undefined
    throw error
  }
}

/** These changes and all before them; undefined where one of them is not here. */
function ancestors(
  heads: readonly string[],
  deps: ReadonlyMap<string, readonly string[]>,
): Set<string> | undefined {
  const found = new Set<string>()
  const queue = [...heads]
  for (let hash = queue.pop(); hash !== undefined; hash = queue.pop()) {
    if (found.has(hash)) continue
    const before = deps.get(hash)
    if (!before) return undefined
    found.add(hash)
    queue.push(...before)
  }
  return found
}
