import { type ChangeChunk, headsOfSnapshot, splitChanges } from './change-chunks.js'

interface Entry {
  readonly change: ChangeChunk
  /** File names the change is stored under: one, unless it was given with several labels. */
  readonly names: Set<string>
  /** Names under which automerge-repo believes to have saved it. */
  readonly aliases: Set<string>
}

/** By `ChangeChunk.id`. */
type Entries = Map<string, Entry>

/**
 * Which changes of which documents lie in files of their own, put there before automerge-repo heard of them, and
 * under which names automerge-repo knows them. It holds hashes and names only, and only of this run: after a restart
 * automerge-repo learns the names from the folder.
 */
export class StoredChanges {
  readonly #documents = new Map<string, Entries>()

  add(documentId: string, name: string, change: ChangeChunk): void {
    const entries: Entries = this.#documents.get(documentId) ?? new Map<string, Entry>()
    this.#documents.set(documentId, entries)
    const entry = entries.get(change.id) ?? { change, names: new Set(), aliases: new Set() }
    entries.set(change.id, entry)
    entry.names.add(name)
  }

  /**
   * Remembers `alias` as another name for those changes of an incremental blob that have files.
   * @returns whether that is all of them, so that the blob need not be written
   */
  alias(documentId: string, alias: string, blob: Uint8Array): boolean {
    const entries = this.#documents.get(documentId)
    const changes = entries && splitChanges(blob)
    if (!changes) return false
    const known = changes.map((change) => entries.get(change.id))
    for (const entry of known) entry?.aliases.add(alias)
    return known.every((entry) => entry !== undefined)
  }

  /** The files that stand for this name. */
  filesOf(documentId: string, alias: string): string[] {
    const entries = this.#documents.get(documentId)?.values() ?? []
    return [...entries].filter((entry) => entry.aliases.has(alias)).flatMap((entry) => [...entry.names])
  }

  /**
   * The files whose changes a snapshot holds: its heads, and what these are known to depend on. A change behind one
   * that has no file of its own is not found here; automerge-repo learns of it at the next start.
   */
  filesIn(documentId: string, snapshot: Uint8Array): string[] {
    const entries = this.#documents.get(documentId)
    const heads = entries && headsOfSnapshot(snapshot)
    if (!heads) return []
    const byHash = new Map([...entries.values()].map((entry) => [entry.change.hash, entry]))
    const held = new Set<Entry>()
    for (const waiting = [...heads]; waiting.length > 0;) {
      const entry = byHash.get(waiting.pop())
      if (!entry || held.has(entry)) continue
      held.add(entry)
      waiting.push(...entry.change.deps)
    }
    return [...held].flatMap((entry) => [...entry.names])
  }

  /** The file is no longer there. */
  forgetFile(documentId: string, name: string): void {
    const entries = this.#documents.get(documentId)
    for (const [id, entry] of entries ?? []) {
      if (entry.names.delete(name) && entry.names.size === 0) entries?.delete(id)
    }
    if (entries?.size === 0) this.#documents.delete(documentId)
  }

  forget(documentId: string): void {
    this.#documents.delete(documentId)
  }
}
