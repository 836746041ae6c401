import type { DocumentHistory } from './document-history.js'

/** What was written apart from a change: neither side had seen the other. */
export interface Apart {
  readonly count: number
  /** The first of them, in the order of the history. */
  readonly changes: readonly string[]
}

const NONE: Apart = { count: 0, changes: [] }
/** Changes that are named; of more only the number is told. */
const NAMED = 20

/**
 * For each of some changes, those among others that are not ordered with it. Two passes over the graph tell it of a whole
 * page at once: a bit for each change of the page is carried from the changes it depends on, and to those.
 * @param page indices of changes
 * @param among indices of the changes that count
 */
export function apartFrom(
  history: DocumentHistory,
  page: readonly number[],
  among: Iterable<number>,
): Map<number, Apart> {
  const words = Math.ceil(page.length / 32)
  const before = new Uint32Array(history.length * words)
  const after = new Uint32Array(history.length * words)
  const own = (bits: Uint32Array): void =>
    page.forEach((index, bit) => {
      bits[index * words + (bit >> 5)]! |= 1 << (bit & 31)
    })
  const pour = (bits: Uint32Array, from: number, to: number): void => {
    for (let word = 0; word < words; word += 1) bits[to * words + word]! |= bits[from * words + word]!
  }
  own(before)
  own(after)
  for (let index = 0; index < history.length; index += 1)
    for (const dep of history.depsOf(index)) pour(before, dep, index)
  for (let index = history.length - 1; index >= 0; index -= 1)
    for (const dep of history.depsOf(index)) pour(after, index, dep)
  const found = new Map<number, { count: number; changes: string[] }>()
  for (const other of among) {
    for (let word = 0; word < words; word += 1) {
      const ordered = before[other * words + word]! | after[other * words + word]!
      for (let left = ~ordered; left !== 0; left &= left - 1) {
        const bit = 31 - Math.clz32(left & -left)
        const index = page[word * 32 + bit]
        if (index === undefined) continue
        const apart = found.get(index) ?? { count: 0, changes: [] }
        found.set(index, apart)
        apart.count += 1
        if (apart.changes.length < NAMED) apart.changes.push(history.at(other).hash)
      }
    }
  }
  return new Map(page.map((index) => [index, found.get(index) ?? NONE]))
}
