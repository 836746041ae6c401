import * as A from '@automerge/automerge'
import { decodeBookChange, MalformedChange, type BookRecord } from '../docs/book-change.js'
import { positionsIn, storedAt } from '../docs/daybook.js'
import type { FlatDoc } from '../docs/flat.js'
import { BOOK_BYTES } from '../protocol/limits.js'
import { splitChanges } from '../storage/change-chunks.js'
import type { DurableStorageAdapter } from '../storage/durable-adapter.js'

/** A day book as far as its changes go, without what was sealed since the last of them. */
export interface BookContent {
  /** Sorted. */
  readonly heads: readonly string[]
  /** The operation the next change begins with. */
  readonly nextOp: number
  /** One for each position, ascending. */
  readonly records: readonly BookRecord[]
  /** The highest position these heads hold; undefined when they are not here. */
  positionAt(heads: readonly string[]): number | undefined
}

interface StoredChange {
  readonly hash: string
  readonly deps: readonly string[]
  readonly endOp: number
  readonly records: readonly BookRecord[]
}

/** The largest change a book can hold: all of its records at once. */
const CHANGE_BYTES = 4 * BOOK_BYTES

/**
 * Reads a day book from its stored changes, without Automerge.
 * @returns undefined where only Automerge can tell what it holds: it has a snapshot, changes of another shape, two
 * records at one position, or a change that follows one that is not here
 * @throws StorageReadError, StorageWriteError
 */
export async function readStoredBook(
  storage: DurableStorageAdapter,
  id: string,
): Promise<BookContent | undefined> {
  const changes = new Map<string, StoredChange>()
  for (const { key, data } of await storage.loadRange([id])) {
    if (key[1] !== 'incremental' || !data) return undefined
    for (const { bytes } of splitChanges(data) ?? [{ bytes: data }]) {
      const change = decoded(bytes)
      if (!change) return undefined
      const { hash, deps, startOp, records } = change
      changes.set(hash, { hash, deps, records, endOp: startOp + records.length })
    }
  }
  return changes.size === 0 ? undefined : contentOf(changes)
}

function decoded(bytes: Uint8Array): ReturnType<typeof decodeBookChange> {
  try {
    return decodeBookChange(bytes, CHANGE_BYTES)
  } catch (error) {
    if (error instanceof MalformedChange) return undefined
    throw error
  }
}

function contentOf(changes: ReadonlyMap<string, StoredChange>): BookContent | undefined {
  const followed = new Set<string>()
  const records = new Map<number, BookRecord>()
  let nextOp = 1
  for (const { deps, endOp, records: added } of changes.values()) {
    for (const hash of deps) {
      if (!changes.has(hash)) return undefined
      followed.add(hash)
    }
    nextOp = Math.max(nextOp, endOp)
    for (const record of added) {
      if (records.has(record.position)) return undefined
      records.set(record.position, record)
    }
  }
  return {
    heads: [...changes.keys()].filter((hash) => !followed.has(hash)).toSorted(),
    nextOp,
    records: [...records.values()].toSorted((a, b) => a.position - b.position),
    positionAt: (heads) => {
      let last = 0
      for (const { records: held } of reached(changes, heads) ?? [])
        last = Math.max(last, held.at(-1)?.position ?? 0)
      return last === 0 ? undefined : last
    },
  }
}

/** The changes that these heads stand for; undefined when one is not here. */
function reached(
  changes: ReadonlyMap<string, StoredChange>,
  heads: readonly string[],
): Set<StoredChange> | undefined {
  const found = new Set<StoredChange>()
  const queue = [...heads]
  for (let hash = queue.pop(); hash !== undefined; hash = queue.pop()) {
    const change = changes.get(hash)
    if (!change) return undefined
    if (found.has(change)) continue
    found.add(change)
    queue.push(...change.deps)
  }
  return found
}

/** The same of a document that is in memory. */
export function contentOfDocument(doc: A.Doc<FlatDoc>): BookContent {
  let nextOp = 1
  for (const bytes of A.getAllChanges(doc)) {
    const { startOp, ops } = A.decodeChange(bytes)
    nextOp = Math.max(nextOp, startOp + ops.length)
  }
  const records = positionsIn(doc).flatMap((position) => {
    const stored = storedAt(doc, position)
    return stored ? [{ position, stored }] : []
  })
  return {
    heads: A.getHeads(doc).toSorted(),
    nextOp,
    records,
    positionAt: (heads) =>
      A.hasHeads(doc, [...heads]) ? positionsIn(A.view(doc, [...heads])).at(-1) : undefined,
  }
}
