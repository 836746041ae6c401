import { createHash } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import {
  CHANGE,
  COMPRESSED_CHANGE,
  DOCUMENT,
  readChunk,
  readHashes,
  headsOfDocument,
  lebOf,
} from './change-chunks.js'

/** Bytes that Automerge did not save, or that were altered since. */
export class NotSaved extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'NotSaved'
  }
}

const TYPE_AT = 8
const CHECKSUM = { at: 4, bytes: 4 } as const

interface Change {
  readonly bytes: Uint8Array
  readonly hash: string
  readonly deps: readonly string[]
}

interface Snapshot {
  readonly bytes: Uint8Array
  readonly heads: readonly string[]
}

/**
 * The changes of one document as saved bytes hold them, told from the heads of their chunks: no document is made.
 * What lies inside a snapshot is not seen, so that some questions find no answer here.
 */
export class StoredGraph {
  readonly #changes = new Map<string, Change>()
  readonly #snapshots: Snapshot[] = []
  /** Changes that lie in no snapshot, in an order in which each comes after those it depends on; undefined: not told. */
  readonly #outside: readonly Change[] | undefined

  /**
   * @param blobs what `A.save`, `A.saveSince` or a change's own bytes are, in any order
   * @param most how many bytes one change may unfold to
   * @throws NotSaved
   */
  constructor(blobs: readonly Uint8Array[], most: number) {
    for (const blob of blobs) this.#read(blob, most)
    this.#outside = this.#arrange()
  }

  /** Sorted; undefined where they cannot be told. */
  get heads(): readonly string[] | undefined {
    if (!this.#outside) return undefined
    const heads = new Set(this.#snapshots[0]?.heads)
    for (const { hash, deps } of this.#outside) {
      for (const dep of deps) heads.delete(dep)
      heads.add(hash)
    }
    return [...heads].sort()
  }

  /** All chunks; together they are the document. */
  get whole(): readonly Uint8Array[] {
    return [
      ...this.#snapshots.map(({ bytes }) => bytes),
      ...[...this.#changes.values()].map(({ bytes }) => bytes),
    ]
  }

  /**
   * The changes that lie neither at nor before these heads; undefined where that cannot be told, as with heads that are
   * unknown here or lie inside a snapshot.
   */
  since(heads: readonly string[]): readonly Uint8Array[] | undefined {
    if (!this.#outside || heads.length === 0) return undefined
    const roots = new Set(this.#snapshots[0]?.heads)
    const held = new Set<string>()
    for (const queue = [...heads]; queue.length > 0;) {
      const hash = queue.pop() ?? ''
      if (held.has(hash)) continue
      held.add(hash)
      if (roots.has(hash)) continue
      const change = this.#changes.get(hash)
      if (!change) return undefined
      queue.push(...change.deps)
    }
    // All of the snapshot lies before its heads: whoever has only some of these lacks what is not seen here.
    for (const root of roots) if (!held.has(root)) return undefined
    return this.#outside.filter(({ hash }) => !held.has(hash)).map(({ bytes }) => bytes)
  }

  #read(blob: Uint8Array, most: number): void {
    for (let at = 0; at < blob.length;) {
      const chunk = readChunk(blob.subarray(at))
      if (!chunk) throw new NotSaved('it is cut, or does not begin as Automerge’s')
      const bytes = blob.subarray(at, at + chunk.length)
      at += chunk.length
      if (chunk.type === DOCUMENT) this.#readSnapshot(bytes, chunk.body)
      else this.#readChange(bytes, chunk, most)
    }
  }

  #readSnapshot(bytes: Uint8Array, body: Uint8Array): void {
    verify(bytes, sha256(bytes.subarray(TYPE_AT)))
    const heads = headsOfDocument(body)
    if (!heads) throw new NotSaved('a snapshot names no heads')
    this.#snapshots.push({ bytes, heads })
  }

  #readChange(bytes: Uint8Array, { type, body }: { type: number; body: Uint8Array }, most: number): void {
    if (type !== CHANGE && type !== COMPRESSED_CHANGE)
      throw new NotSaved(`a chunk is of the unknown type ${type}`)
    const plain = type === CHANGE ? body : inflate(body, most)
    const hash = sha256(Buffer.of(CHANGE), lebOf(plain.length), plain)
    verify(bytes, hash)
    const deps = readHashes(plain)
    if (!deps) throw new NotSaved('a change does not name what it depends on')
    this.#changes.set(hash.toString('hex'), { bytes, hash: hash.toString('hex'), deps })
  }

  /**
   * A change that depends on a head of the snapshot, or on one that does, lies outside of it: what lies inside depends
   * on no head. Of any other it cannot be told.
   */
  #arrange(): readonly Change[] | undefined {
    const [first, ...others] = this.#snapshots
    if (others.some(({ heads }) => [...heads].sort().join() !== [...(first?.heads ?? [])].sort().join()))
      return undefined
    const roots = new Set(first?.heads)
    const known = new Set(roots)
    const outside: Change[] = []
    let waiting = [...this.#changes.values()].filter(({ hash }) => !known.has(hash))
    while (waiting.length > 0) {
      const left = waiting.filter((change) => {
        const follows = change.deps.length > 0 || !first
        if (!follows || !change.deps.every((dep) => known.has(dep))) return true
        known.add(change.hash)
        outside.push(change)
        return false
      })
      if (left.length === waiting.length) return undefined
      waiting = left
    }
    return outside
  }
}

/** Most changes unfold to some hundred bytes: with zlib's 16 KB for each, thousands of them are mostly allocation. */
function chunkSizeFor({ length }: Uint8Array): number {
  return Math.min(16 * 1024, Math.max(256, 4 * length))
}

function inflate(body: Uint8Array, most: number): Uint8Array {
  try {
    return inflateRawSync(body, { maxOutputLength: most, chunkSize: chunkSizeFor(body) })
  } catch {
    throw new NotSaved(`a change cannot be inflated, or to more than ${most} bytes`)
  }
}

function verify(bytes: Uint8Array, hash: Buffer): void {
  const stated = bytes.subarray(CHECKSUM.at, CHECKSUM.at + CHECKSUM.bytes)
  if (!hash.subarray(0, CHECKSUM.bytes).equals(stated)) throw new NotSaved('a checksum is wrong')
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
