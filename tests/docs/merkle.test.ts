import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  consistencySpans,
  EMPTY_ROOT,
  inclusionSpans,
  leafHash,
  nodeHash,
  nodesOf,
  rootOf,
  spanHash,
  verifyConsistency,
  verifyInclusion,
  type NodePlace,
  type Span,
} from '../../src/docs/merkle.js'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytes = (text: string): Uint8Array => Buffer.from(text, 'hex')

/** The tree as RFC 9162 §2.1.1 defines it, read off the definition. */
function mth(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves
  if (!only) return EMPTY_ROOT
  if (leaves.length === 1) return only
  let split = 1
  while (split * 2 < leaves.length) split *= 2
  return nodeHash(mth(leaves.slice(0, split)), mth(leaves.slice(split)))
}

const reader =
  (leaves: readonly Uint8Array[]) =>
  ({ level, index }: NodePlace): Promise<Uint8Array> =>
    Promise.resolve(mth(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)))

const pathOf = (spans: readonly Span[], leaves: readonly Uint8Array[]): Promise<Uint8Array[]> =>
  Promise.all(spans.map((span) => spanHash(span, reader(leaves))))

const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)))

/** The reference vectors of the certificate-transparency project. */
const CT_LEAVES = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((text) => leafHash(bytes(text)))
const CT_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const CT_INCLUSION: readonly (readonly [index: number, size: number, path: readonly string[]])[] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
]
const CT_CONSISTENCY: readonly (readonly [from: number, to: number, path: readonly string[]])[] = [
  [1, 1, []],
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [
    2,
    5,
    [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
]

describe('the reference vectors of certificate transparency', () => {
  test('roots of the trees of 0 to 8 leaves', async () => {
    for (const [size, root] of CT_ROOTS.entries())
      expect(hex(await rootOf(size, reader(CT_LEAVES)))).toBe(root)
  })

  test('inclusion proofs', async () => {
    for (const [index, size, path] of CT_INCLUSION) {
      const made = await pathOf(inclusionSpans(index, size), CT_LEAVES.slice(0, size))
      expect(made.map(hex)).toEqual(path)
      const leaf = CT_LEAVES[index] ?? EMPTY_ROOT
      expect(verifyInclusion(leaf, index, size, path.map(bytes), bytes(CT_ROOTS[size] ?? ''))).toBe(true)
    }
  })

  test('consistency proofs', async () => {
    for (const [from, to, path] of CT_CONSISTENCY) {
      const made = await pathOf(consistencySpans(from, to), CT_LEAVES.slice(0, to))
      expect(made.map(hex)).toEqual(path)
      const [older, newer] = [bytes(CT_ROOTS[from] ?? ''), bytes(CT_ROOTS[to] ?? '')]
      expect(verifyConsistency(from, to, path.map(bytes), older, newer)).toBe(true)
    }
  })
})

const SIZE = 70
const LEAVES = leavesOf(SIZE)

/** Every way to alter a proof by one hash: another one, one less, one more, two exchanged. */
function* altered(path: readonly Uint8Array[]): Generator<Uint8Array[]> {
  for (const [at, hash] of path.entries()) {
    const other = Uint8Array.from(hash)
    other[at % 32] = (other[at % 32] ?? 0) ^ 1
    yield path.with(at, other)
    yield path.toSpliced(at, 1)
    yield path.toSpliced(at, 0, other)
    const next = path[at + 1]
    if (next) yield path.with(at, next).with(at + 1, hash)
  }
  yield [...path, EMPTY_ROOT]
}

describe('H2: proofs of the log', () => {
  test('for every size and leaf the proof verifies, and with another leaf, place or hash it does not', async () => {
    for (let size = 1; size <= SIZE; size += 1) {
      const leaves = LEAVES.slice(0, size)
      const root = mth(leaves)
      for (let index = 0; index < size; index += 1) {
        const leaf = leaves[index] ?? EMPTY_ROOT
        const path = await pathOf(inclusionSpans(index, size), leaves)
        expect(verifyInclusion(leaf, index, size, path, root)).toBe(true)
        expect(verifyInclusion(leafHash(Buffer.from('x')), index, size, path, root)).toBe(false)
        expect(verifyInclusion(leaf, index, size, path, EMPTY_ROOT)).toBe(false)
        if (size > 1) expect(verifyInclusion(leaf, (index + 1) % size, size, path, root)).toBe(false)
        if (size % 7 === 0)
          for (const wrong of altered(path))
            expect(verifyInclusion(leaf, index, size, wrong, root)).toBe(false)
      }
    }
  }, 60_000)

  test('for every two sizes the proof verifies, and with another root, size or hash it does not', async () => {
    for (let to = 1; to <= SIZE; to += 1) {
      const newer = mth(LEAVES.slice(0, to))
      for (let from = 1; from <= to; from += 1) {
        const older = mth(LEAVES.slice(0, from))
        const path = await pathOf(consistencySpans(from, to), LEAVES.slice(0, to))
        expect(verifyConsistency(from, to, path, older, newer)).toBe(true)
        expect(verifyConsistency(from, to, path, EMPTY_ROOT, newer)).toBe(false)
        expect(verifyConsistency(from, to, path, older, EMPTY_ROOT)).toBe(false)
        if (to % 7 === 0)
          for (const wrong of altered(path))
            expect(verifyConsistency(from, to, wrong, older, newer)).toBe(false)
      }
    }
  }, 60_000)

  test('a tree in which one leaf was edited, left out or moved is consistent with none that held it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 40 }),
        fc.nat(),
        fc.constantFrom('edit', 'leave out', 'move'),
        async (from, more, at, how) => {
          const honest = leavesOf(from)
          const place = at % from
          const grown = leavesOf(from + more + 1)
          if (how === 'edit') grown[place] = leafHash(Buffer.from('edited'))
          if (how === 'leave out') grown.splice(place, 1)
          if (how === 'move') grown.push(...grown.splice(place, 1))
          const path = await pathOf(consistencySpans(from, grown.length), grown)
          expect(verifyConsistency(from, grown.length, path, mth(honest), mth(grown))).toBe(false)
        },
      ),
    )
  })

  test('from the empty tree nothing needs to be shown, and nothing else is taken', () => {
    expect(verifyConsistency(0, 5, [], EMPTY_ROOT, mth(LEAVES.slice(0, 5)))).toBe(true)
    expect(verifyConsistency(0, 5, [EMPTY_ROOT], EMPTY_ROOT, mth(LEAVES.slice(0, 5)))).toBe(false)
    expect(verifyConsistency(5, 4, [], EMPTY_ROOT, EMPTY_ROOT)).toBe(false)
  })

  test('R1: sizes and hashes that are none are refused without an error', () => {
    const root = mth(LEAVES)
    for (const size of [-1, 0.5, Number.NaN, 2 ** 53]) {
      expect(verifyInclusion(root, size, SIZE, [], root)).toBe(false)
      expect(verifyInclusion(root, 0, size, [], root)).toBe(false)
      expect(verifyConsistency(size, SIZE, [], root, root)).toBe(false)
      expect(verifyConsistency(1, size, [], root, root)).toBe(false)
    }
    expect(verifyInclusion(root, 0, 2, [Uint8Array.of(1)], root)).toBe(false)
  })

  test('a proof of a tree of a million leaves reads some dozens of nodes', () => {
    const nodes = inclusionSpans(765_432, 1_000_001).flatMap(nodesOf)
    expect(nodes.length).toBeLessThan(40)
    expect(consistencySpans(765_432, 1_000_001).flatMap(nodesOf).length).toBeLessThan(60)
  })
})
