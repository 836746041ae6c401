import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { RecordLine } from '../../src/docs/bundle/record-line.js'
import { canonicalJson, digest } from '../../src/docs/canonical.js'
import { Findings } from '../../src/docs/verify/findings.js'
import { LogCheck, type LogArithmetic, type LogEvidence } from '../../src/docs/verify/log.js'
import { linesOf, RELAY, sealedDays } from './sealed-days.js'

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()
const leafOf = (leaf: object): Buffer => sha256(Uint8Array.of(0), Buffer.from(canonicalJson(leaf)))
const nodeOf = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Uint8Array.of(1), left, right)
const splitOf = (size: number): number => 2 ** Math.ceil(Math.log2(size) - 1)

/** RFC 9162 §2.1.1 and §2.1.3.1, word by word. */
function rootOf(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 1) return leaves[0] as Buffer
  const split = splitOf(leaves.length)
  return nodeOf(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)))
}

function pathOf(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return []
  const split = splitOf(leaves.length)
  return index < split
    ? [...pathOf(index, leaves.slice(0, split)), rootOf(leaves.slice(split))]
    : [...pathOf(index - split, leaves.slice(split)), rootOf(leaves.slice(0, split))]
}

function rootFrom(
  leaf: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Uint8Array | undefined {
  if (size === 1) return path.length === 0 ? leaf : undefined
  const other = path.at(-1)
  const split = splitOf(size)
  const isLeft = index < split
  const own = rootFrom(leaf, isLeft ? index : index - split, isLeft ? split : size - split, path.slice(0, -1))
  if (!own || !other) return undefined
  return isLeft ? nodeOf(own, other) : nodeOf(other, own)
}

/** A checkpoint here is its size and root; who signed it is for the log's own tests. */
const arithmetic: LogArithmetic = {
  readCheckpoint: (note) => {
    const [size = '', root = ''] = note.split(' ')
    if (root === '') throw new Error('This is no checkpoint')
    return { size: Number(size), root: Buffer.from(root, 'base64') }
  },
  verifyInclusion: (leaf, index, size, path, root) =>
    rootFrom(leaf, index, size, path) !== undefined &&
    Buffer.from(root).equals(rootFrom(leaf, index, size, path) as Buffer),
  // Here a proof of consistency is the newer tree's leaves.
  verifyConsistency: (from, to, path, fromRoot, toRoot) =>
    path.length === to &&
    rootOf(path as Buffer[]).equals(toRoot) &&
    rootOf((path as Buffer[]).slice(0, from)).equals(fromRoot),
}

const days = sealedDays()
const closes = linesOf(days).filter(({ text }) => text.includes('"type":"day-close"'))
const closeLeaf = ({ terminal, code, epoch, position, text }: RecordLine): Buffer =>
  leafOf({ v: 1, type: 'day-close', terminal, code, epoch, position, hash: digest(text) })
const leaves = [
  ...days.receipts.map((receipt) => leafOf({ v: 1, type: 'custody-receipt', receipt })),
  ...closes.map(closeLeaf),
]
const note = (of: readonly Buffer[]): string => `${of.length} ${rootOf(of).toString('base64')}`
const proof = (index: number): string =>
  JSON.stringify({
    leaf: leaves[index]?.toString('base64'),
    index,
    path: pathOf(index, leaves).map((hash) => hash.toString('base64')),
  })
const allProofs = leaves.map((_, index) => proof(index))

async function check(
  evidence: Partial<Omit<LogEvidence, 'proofs'>>,
  proofs: readonly string[] = allProofs,
  coveredUpTo = Number.MAX_SAFE_INTEGER,
) {
  const findings = new Findings()
  const log = new LogCheck(
    {
      checkpoint: note(leaves),
      consistency: undefined,
      older: undefined,
      proofs: async function* () {
        yield* proofs
      },
      ...evidence,
    },
    arithmetic,
  )
  for (const receipt of days.receipts) log.receipt(receipt)
  for (const line of closes) log.dayClose(line, digest(line.text))
  const notes = await log.end(RELAY, days.relay.publicKey, () => coveredUpTo, findings)
  return { found: findings.list().map(({ code, sentence }) => `${code}: ${sentence}`), notes }
}

describe('H2: proofs from the log of the relay', () => {
  test('H2: each receipt and each day close has to be proven to be in it', async () => {
    expect(await check({})).toEqual({ found: [], notes: [expect.stringContaining('--checkpoint')] })
    const { found } = await check({}, allProofs.slice(1))
    expect(found).toEqual(['log-inclusion: Receipt 1 is not proven to be in the relay’s log of 4 entries.'])
    const other = await check({}, [...allProofs.slice(0, 3), proof(3).replace('"index":3', '"index":2')])
    expect(other.found).toEqual([
      expect.stringContaining('line 4'),
      expect.stringContaining('The day close at record 15'),
    ])
    expect((await check({}, [...allProofs, 'nonsense'])).found).toEqual([expect.stringContaining('line 5')])
  })

  test('H2: a day close that no receipt covers is owed no proof, and the verdict says so', async () => {
    const { found, notes } = await check({}, allProofs.slice(0, 3), 14)
    expect(found).toEqual([])
    expect(notes[0]).toContain('1 day closes that no receipt covers yet')
  })

  test('H2: split view by the relay: a checkpoint seen earlier has to be continued', async () => {
    const consistency = JSON.stringify({ from: 2, path: leaves.map((leaf) => leaf.toString('base64')) })
    expect((await check({ older: note(leaves.slice(0, 2)), consistency })).found).toEqual([])
    expect((await check({ older: note(leaves.slice(1, 3)), consistency })).found).toEqual([
      expect.stringContaining('shows another history'),
    ])
    expect((await check({ older: note([...leaves, ...leaves]), consistency })).found).toEqual([
      expect.stringContaining('it was cut'),
    ])
    expect((await check({ checkpoint: 'nonsense' })).found).toEqual(['log-checkpoint: This is no checkpoint'])
  })
})
