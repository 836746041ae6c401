import * as A from '@automerge/automerge'
import { decodeBookChange, MalformedChange, splitChunks } from '../book-change.js'
import { digest } from '../canonical.js'
import { positionOf } from '../record-key.js'
import { MalformedRecord, signedBytes } from '../record.js'

/** What one change put into a day book. */
interface ChangeRead {
  readonly deps: readonly string[]
  readonly records: readonly BookEntry[]
}

export interface BookEntry {
  readonly position: number
  readonly stored: Uint8Array
  /** Of the signed bytes; of all of them where they are no record. */
  readonly hash: string
}

/** A day book as its changes tell it. */
export interface BookRead {
  /** By position, of one position those with the lower hash first. */
  readonly entries: readonly BookEntry[]
  /**
   * The entries that these heads hold and that were not given out before, by position.
   * @returns undefined where one of the heads, or a change before it, is not here
   */
  fresh(heads: readonly string[]): readonly BookEntry[] | undefined
}

export class DamagedDocument extends Error {
  constructor(reason: string) {
    super(`It cannot be read as an Automerge document: ${reason}`)
    this.name = 'DamagedDocument'
  }
}

/** A day book has at most 10,000 records or 8 MiB of them, and what a copy wrote beside them. */
const MOST_CHUNKS = 100_000
const MOST_BYTES = 256 * 1024 * 1024

/**
 * Reads saved changes of a day book, the plain ones without Automerge.
 * @throws DamagedDocument
 */
export function readBook(saved: Uint8Array): BookRead {
  // Nothing of it was settled yet.
  if (saved.length === 0) return bookOf(new Map())
  try {
    return bookOf(readPlain(saved) ?? readWithAutomerge(saved))
  } catch (error) {
    throw new DamagedDocument((error as Error).message)
  }
}

function readPlain(saved: Uint8Array): Map<string, ChangeRead> | undefined {
  const changes = new Map<string, ChangeRead>()
  for (const chunk of splitChunks(saved, MOST_CHUNKS) ?? []) {
    let change: ReturnType<typeof decodeBookChange>
    try {
      change = decodeBookChange(chunk, MOST_BYTES)
    } catch (error) {
      if (!(error instanceof MalformedChange)) throw error
      return undefined
    }
    if (!change) return undefined
    const { hash, deps, records } = change
    changes.set(hash, { deps, records: records.map(({ position, stored }) => entry(position, stored)) })
  }
  return changes.size > 0 ? changes : undefined
}

function readWithAutomerge(saved: Uint8Array): Map<string, ChangeRead> {
  const changes = new Map<string, ChangeRead>()
  for (const bytes of A.getAllChanges(A.loadIncremental(A.init(), saved))) {
    const { hash, deps, ops } = A.decodeChange(bytes)
    const records = ops.flatMap(({ key, value }) => {
      const position = positionOf(String(key))
      return position === undefined || !isBytes(value) ? [] : [entry(position, Uint8Array.from(value))]
    })
    changes.set(hash, { deps, records })
  }
  return changes
}

/** Automerge tells bytes in a decoded change as an array of numbers. */
function isBytes(value: unknown): value is readonly number[] | Uint8Array {
  return value instanceof Uint8Array || Array.isArray(value)
}

function entry(position: number, stored: Uint8Array): BookEntry {
  try {
    return { position, stored, hash: digest(signedBytes(stored).bytes) }
  } catch (error) {
    if (!(error instanceof MalformedRecord)) throw error
    return { position, stored, hash: digest(stored) }
  }
}

function bookOf(changes: ReadonlyMap<string, ChangeRead>): BookRead {
  const given = new Set<string>()
  return {
    entries: [...changes.values()].flatMap(({ records }) => records).sort(byPlace),
    fresh: (heads) => {
      const found: BookEntry[] = []
      const queue = [...heads]
      for (let hash = queue.pop(); hash !== undefined; hash = queue.pop()) {
        if (given.has(hash)) continue
        const change = changes.get(hash)
        if (!change) return undefined
        given.add(hash)
        found.push(...change.records)
        queue.push(...change.deps)
      }
      return found.sort(byPlace)
    },
  }
}

function byPlace(a: BookEntry, b: BookEntry): number {
  return a.position - b.position || (a.hash < b.hash ? -1 : 1)
}
