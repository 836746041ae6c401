import { join } from 'node:path'
import { HASH_BYTES, nodeHash, rootOf, type NodePlace } from '../../docs/merkle.js'
import type { Disk } from '../../storage/disk.js'
import { ValueFile } from './value-file.js'
import { setYoungest } from '../youngest.js'

/** A hash that should be there and is not: of a file that is gone, or cut short. */
export class HashMissing extends Error {
  constructor({ level, index }: NodePlace) {
    super(`hash ${index} of level ${level} is missing`)
    this.name = 'HashMissing'
  }
}

/** Hashes kept in memory, of a hundred bytes or so each: proofs for terminals that come back together share most of theirs. */
const KEPT = 4_096
/** More leaves than a level can have. */
const LEVEL = 2 ** 44

/**
 * The complete subtrees of the log: `level-00` has the hashes of the leaves, `level-01` those of pairs, and so on, so
 * that a proof reads some dozens of hashes however long the log is. All of it can be made again from the leaves.
 */
export class TreeFiles {
  readonly #directory: string
  readonly #disk: Disk
  readonly #levels = new Map<number, Promise<ValueFile>>()
  /** The hashes that were read or put last. */
  readonly #kept = new Map<number, Uint8Array>()

  constructor(directory: string, disk: Disk) {
    this.#directory = directory
    this.#disk = disk
  }

  #level(level: number): Promise<ValueFile> {
    const path = join(this.#directory, `level-${String(level).padStart(2, '0')}`)
    let file = this.#levels.get(level)
    if (file) return file
    file = ValueFile.open(this.#disk, path, HASH_BYTES)
    this.#levels.set(level, file)
    // On a disk that was full it is opened the next time.
    file.catch(() => this.#levels.delete(level))
    return file
  }

  /** Leaves it has hashes of. */
  async count(): Promise<number> {
    return (await this.#level(0)).count()
  }

  /** Hashes of leaves, some of them at a time. */
  async *leaves(count: number): AsyncGenerator<Uint8Array> {
    yield* (await this.#level(0)).parts(count)
  }

  /** @throws HashMissing, StorageReadError */
  node = async (place: NodePlace): Promise<Uint8Array> => {
    const kept = this.#kept.get(keyOf(place))
    if (kept) return kept
    const hash = await (await this.#level(place.level)).read(place.index)
    if (hash.length !== HASH_BYTES) throw new HashMissing(place)
    this.#keep(place, hash)
    return hash
  }

  #keep(place: NodePlace, hash: Uint8Array): void {
    setYoungest(this.#kept, keyOf(place), hash, KEPT)
  }

  root(size: number): Promise<Uint8Array> {
    return rootOf(size, this.node)
  }

  /**
   * Puts the hashes of leaves after the first `size`, and all subtrees that they complete.
   * @throws StorageWriteError, StorageReadError; the same may be put again
   */
  async put(size: number, leaves: readonly Uint8Array[]): Promise<void> {
    let hashes: readonly Uint8Array[] = leaves
    let start = size
    for (let level = 0; hashes.length > 0; level += 1) {
      await (await this.#level(level)).write(start, Buffer.concat(hashes))
      for (const [at, hash] of hashes.entries()) this.#keep({ level, index: start + at }, hash)
      const isOdd = start % 2 === 1
      const row = isOdd ? [await this.node({ level, index: start - 1 }), ...hashes] : hashes
      start = Math.floor(start / 2)
      hashes = pairs(row)
    }
  }

  /** Makes the hashes of the leaves durable: those of the levels above can be made from them. */
  async sync(): Promise<void> {
    await (await this.#level(0)).sync()
  }

  async close(): Promise<void> {
    const files = await Promise.all(this.#levels.values())
    const closed = await Promise.allSettled(files.map((file) => file.close()))
    for (const one of closed) if (one.status === 'rejected') throw one.reason
  }
}

function keyOf({ level, index }: NodePlace): number {
  return level * LEVEL + index
}

function pairs(row: readonly Uint8Array[]): Uint8Array[] {
  const hashes: Uint8Array[] = []
  for (let at = 0; at + 1 < row.length; at += 2) {
    const [left, right] = row.slice(at, at + 2)
    if (left && right) hashes.push(nodeHash(left, right))
  }
  return hashes
}
