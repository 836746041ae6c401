import * as A from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Malformed } from '../../../src/docs/byte-reader.js'
import { chunksOf, TooMuch } from '../../../src/relay/gate/chunks.js'
import { MESSAGE_LIMITS } from '../../../src/relay/gate/gate.js'
import { partsOf } from '../../../src/relay/gate/sync-message.js'
import { compressed, inflatingChange } from '../hostile/bytes.js'
import { inflatingDocument, MILLION_ITEMS } from './bombs.js'

type Doc = Record<string, unknown>

/** A document of changes of every kind that Automerge writes. */
function varied(size: number): A.Doc<Doc> {
  let doc = A.init<Doc>()
  for (let step = 0; step < size; step += 1) {
    doc = A.change(doc, { message: `step ${step}`, time: step * 1_000 }, (draft) => {
      draft[`bytes ${step}`] = new Uint8Array(step * 7).fill(step)
      draft[`text ${step % 5}`] = 'x'.repeat(step)
      draft[`list ${step}`] = Array.from({ length: step % 9 }, (_, index) => index % 3 === 0)
      draft[`number ${step}`] = step % 2 ? -step * 2 ** 33 : step / 3
      if (step > 0) delete draft[`number ${step - 1}`]
    })
    if (step % 4 === 0)
      doc = A.merge(
        doc,
        A.change(A.clone(doc), (draft) => void (draft['apart'] = step)),
      )
  }
  return doc
}

const operationsOf = (doc: A.Doc<Doc>): number =>
  A.getAllChanges(doc).reduce((sum, change) => sum + A.decodeChange(change).ops.length, 0)

describe('chunks', () => {
  const doc = varied(40)

  test('A3 of what Automerge writes are found with the hashes Automerge gives them', () => {
    const changes = A.getAllChanges(doc)
    const hashes = changes.map((change) => A.decodeChange(change).hash)
    const hashesOf = (blobs: Uint8Array[]) =>
      chunksOf(blobs, MESSAGE_LIMITS).map((chunk) => chunk.type === 'change' && chunk.hash)
    expect(hashesOf([Buffer.concat(changes)])).toEqual(hashes)
    // As they go over the wire where that makes them smaller.
    const packed = changes.map((change) => compressed(change.subarray((change[9] ?? 0) < 0x80 ? 10 : 11)))
    expect(packed.map((change) => A.decodeChange(change).hash)).toEqual(hashes)
    expect(hashesOf(packed)).toEqual(hashes)
  })

  test('A3 as many rows as there are operations are allowed, and one fewer is too few', () => {
    const operations = operationsOf(doc)
    const changes = [Buffer.concat(A.getAllChanges(doc))]
    expect(() => chunksOf(changes, { ...MESSAGE_LIMITS, rows: operations })).not.toThrow()
    expect(() => chunksOf(changes, { ...MESSAGE_LIMITS, rows: operations - 1 })).toThrow(TooMuch)
  })

  test('A3 a saved document counts the rows of its changes and operations', () => {
    const saved = A.save(doc)
    const { numChanges, numOps } = A.stats(doc)
    expect(() => chunksOf([saved], { ...MESSAGE_LIMITS, rows: numChanges + operationsOf(doc) })).not.toThrow()
    expect(() => chunksOf([saved], { ...MESSAGE_LIMITS, rows: Math.min(numChanges, numOps) })).toThrow(
      TooMuch,
    )
  })

  test.each([
    ['300 KB of a change that unfold to 300 MB', inflatingChange, 400_000],
    ['300 KB of a document that unfold to 300 MB', inflatingDocument, 400_000],
    ['174 bytes of a document that stand for a million items', () => MILLION_ITEMS, 178],
  ])('A3 %s are refused', (_what, make, most) => {
    const bomb = make()
    expect(bomb.length).toBeLessThanOrEqual(most)
    const before = process.memoryUsage().arrayBuffers
    expect(() => chunksOf([bomb], MESSAGE_LIMITS)).toThrow(TooMuch)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * MESSAGE_LIMITS.inflatedBytes)
  })

  test('Automerge itself loads the million items', () => {
    const bomb = A.load<{ l: unknown[] }>(MILLION_ITEMS)
    expect(A.stats(bomb).numOps).toBe(1_000_001)
  })

  test('A3 more chunks than the limit are refused', () => {
    const changes = [Buffer.concat(A.getAllChanges(doc))]
    const count = A.getAllChanges(doc).length
    expect(() => chunksOf(changes, { ...MESSAGE_LIMITS, chunks: count })).not.toThrow()
    expect(() => chunksOf(changes, { ...MESSAGE_LIMITS, chunks: count - 1 })).toThrow(TooMuch)
  })

  test('R1 no damage to a document passes its checksum', () => {
    const saved = A.save(doc)
    fc.assert(
      fc.property(fc.nat(saved.length - 1), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const damaged = new Uint8Array(saved)
        damaged[at] = (damaged[at] ?? 0) ^ mask
        expect(() => chunksOf([damaged], MESSAGE_LIMITS)).toThrow(Malformed)
      }),
      { numRuns: 300 },
    )
  })

  test('R1 whatever the bytes are, the answer is chunks, Malformed or TooMuch', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        try {
          chunksOf([noise], MESSAGE_LIMITS)
        } catch (error) {
          expect(error instanceof Malformed || error instanceof TooMuch).toBe(true)
        }
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('sync messages', () => {
  test('A3 of a whole exchange are taken apart and put together without their changes', () => {
    let [mine, theirs] = [varied(20), A.init<Doc>()]
    let [ours, others] = [A.initSyncState(), A.initSyncState()]
    let brought = 0
    for (let quiet = 0; quiet < 2;) {
      quiet = 0
      const [next, message] = A.generateSyncMessage(mine, ours)
      ours = next
      if (message) {
        const { changes, withoutChanges } = partsOf(message)
        brought += changes.length
        const decoded = A.decodeSyncMessage(message)
        expect(changes.map((one) => [...one])).toEqual(decoded.changes.map((one) => [...one]))
        expect(A.decodeSyncMessage(withoutChanges)).toEqual({ ...decoded, changes: [] })
        ;[theirs, others] = A.receiveSyncMessage(theirs, others, message)
      } else quiet += 1
      const [after, answer] = A.generateSyncMessage(theirs, others)
      others = after
      if (answer) {
        expect(partsOf(answer).changes).toEqual([])
        ;[mine, ours] = A.receiveSyncMessage(mine, ours, answer)
      } else quiet += 1
    }
    expect(brought).toBeGreaterThan(0)
    expect(A.getHeads(theirs)).toEqual(A.getHeads(mine))
  })

  test('R1 whatever the bytes are, the answer is a message Automerge can read, or Malformed', () => {
    const [, hello] = A.generateSyncMessage(varied(3), A.initSyncState()) as [A.SyncState, Uint8Array]
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { maxLength: 5 }), (edits) => {
        const damaged = new Uint8Array(hello)
        for (const [at, byte] of edits) damaged[at] = byte
        try {
          const { withoutChanges } = partsOf(damaged)
          expect(() => A.decodeSyncMessage(withoutChanges)).not.toThrow()
        } catch (error) {
          if (!(error instanceof Malformed)) throw error
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
