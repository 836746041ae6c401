import { createHash } from 'node:crypto'

/**
 * The Merkle tree of RFC 9162 §2.1 over SHA-256, as arithmetic on hashes of 32 bytes. Of a tree only its complete
 * subtrees are kept anywhere: node `index` of `level` covers the leaves from `index · 2^level` on, `2^level` of them.
 */

/** Root of the tree without leaves. */
export const EMPTY_ROOT: Uint8Array = sha256()

/** Bytes of a hash. */
export const HASH_BYTES = 32

/** The leaves from `start` up to, and without, `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** A complete subtree. */
export interface NodePlace {
  readonly level: number
  readonly index: number
}

/** Reads the hash of a complete subtree. */
export type ReadNode = (place: NodePlace) => Promise<Uint8Array>

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

const LEAF = Uint8Array.of(0)
const NODE = Uint8Array.of(1)

export function leafHash(bytes: Uint8Array): Uint8Array {
  return sha256(LEAF, bytes)
}

export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return sha256(NODE, left, right)
}

export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

/** The largest power of two that is smaller than `size`, which is 2 or more. */
function splitOf(size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

/** The complete subtrees that a span of a tree is made of, from left to right, the largest first. */
export function nodesOf({ start, end }: Span): NodePlace[] {
  const nodes: NodePlace[] = []
  for (let at = start; at < end;) {
    let level = 0
    while (2 ** (level + 1) <= end - at) level += 1
    nodes.push({ level, index: at / 2 ** level })
    at += 2 ** level
  }
  return nodes
}

/** The hash of a span that a tree of RFC 9162 divides into, read in at most as many steps as the tree is high. */
export async function spanHash(span: Span, read: ReadNode): Promise<Uint8Array> {
  const hashes = await Promise.all(nodesOf(span).map(read))
  return (
    hashes.reduceRight<Uint8Array | undefined>(
      (right, left) => (right ? nodeHash(left, right) : left),
      undefined,
    ) ?? EMPTY_ROOT
  )
}

/** Root of the first `size` leaves. */
export function rootOf(size: number, read: ReadNode): Promise<Uint8Array> {
  return spanHash({ start: 0, end: size }, read)
}

/**
 * PATH(index, D[size]) of §2.1.3.1: the spans whose hashes show that a leaf is in a tree, from the leaf up.
 * @param index from 0, below `size`
 */
export function inclusionSpans(index: number, size: number): Span[] {
  const path: Span[] = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + splitOf(end - start)
    if (index < middle) {
      path.push({ start: middle, end })
      end = middle
    } else {
      path.push({ start, end: middle })
      start = middle
    }
  }
  return path.reverse()
}

/**
 * PROOF(from, D[to]) of §2.1.4.1: the spans whose hashes show that a tree only grew.
 * @param from at most `to`; from 0 and from `to` nothing needs to be shown
 */
export function consistencySpans(from: number, to: number): Span[] {
  if (from === 0 || from === to) return []
  const path: Span[] = []
  let start = 0
  let end = to
  while (end !== from) {
    const middle = start + splitOf(end - start)
    if (from <= middle) {
      path.push({ start: middle, end })
      end = middle
    } else {
      path.push({ start, end: middle })
      start = middle
    }
  }
  // The old tree's own root is known to whoever asks, where it is a whole subtree of the new one.
  if (start > 0) path.push({ start, end })
  return path.reverse()
}

/** §2.1.3.2: whether a leaf is number `index` of the `size` leaves under this root. False for whatever is malformed. */
export function verifyInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  if (!isSize(index) || !isSize(size) || index >= size || !areHashes(path)) return false
  let [first, last] = [index, size - 1]
  let hash = leaf
  for (const other of path) {
    if (last === 0) return false
    if (isOdd(first) || first === last) {
      hash = nodeHash(other, hash)
      while (!isOdd(first) && first !== 0) [first, last] = [half(first), half(last)]
    } else {
      hash = nodeHash(hash, other)
    }
    ;[first, last] = [half(first), half(last)]
  }
  return last === 0 && sameHash(hash, root)
}

/**
 * §2.1.4.2: whether the tree of `to` leaves begins with the tree of `from` leaves. Every tree begins with the empty one.
 * False for whatever is malformed.
 */
export function verifyConsistency(
  from: number,
  to: number,
  path: readonly Uint8Array[],
  fromRoot: Uint8Array,
  toRoot: Uint8Array,
): boolean {
  if (!isSize(from) || !isSize(to) || from > to || !areHashes(path)) return false
  if (from === to) return path.length === 0 && sameHash(fromRoot, toRoot)
  if (from === 0) return path.length === 0 && sameHash(fromRoot, EMPTY_ROOT)
  const [begin, ...rest] = isPowerOfTwo(from) ? [fromRoot, ...path] : path
  if (!begin) return false
  let [first, last] = [from - 1, to - 1]
  while (isOdd(first)) [first, last] = [half(first), half(last)]
  let [older, newer] = [begin, begin]
  for (const other of rest) {
    if (last === 0) return false
    if (isOdd(first) || first === last) {
      older = nodeHash(other, older)
      newer = nodeHash(other, newer)
      while (!isOdd(first) && first !== 0) [first, last] = [half(first), half(last)]
    } else {
      newer = nodeHash(newer, other)
    }
    ;[first, last] = [half(first), half(last)]
  }
  return last === 0 && sameHash(older, fromRoot) && sameHash(newer, toRoot)
}

function areHashes(path: readonly Uint8Array[]): boolean {
  return path.every(({ length }) => length === HASH_BYTES)
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

// Not with bit operators, which know 32 bits.
function isOdd(value: number): boolean {
  return value % 2 === 1
}

function half(value: number): number {
  return Math.floor(value / 2)
}

function isPowerOfTwo(size: number): boolean {
  return splitOf(size + 1) === size
}
