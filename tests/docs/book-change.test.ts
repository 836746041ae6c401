import * as A from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeBookChange,
  encodeBookChange,
  MalformedChange,
  type BookChange,
} from '../../src/docs/book-change.js'
import { recordKey } from '../../src/docs/daybook.js'
import type { FlatDoc } from '../../src/docs/flat.js'

const MOST = 1_000_000

const values = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 40 }) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 100, maxLength: 3_000 }) },
    { weight: 1, arbitrary: fc.constant(new Uint8Array(7)) },
  ),
  { minLength: 1, maxLength: 40 },
)
const messages = fc.string({ unit: 'binary', maxLength: 20 })
const times = fc.integer({ min: -70_000, max: 4_000_000_000 })

function records(stored: readonly Uint8Array[], first: number) {
  return stored.map((bytes, index) => ({ position: first + index, stored: bytes }))
}

/** The bytes Automerge makes for the same changes, one after the other, and its document. */
function byAutomerge(actor: string, batches: readonly BookChange[]) {
  let doc = A.init<FlatDoc>({ actor })
  const changes = batches.map(({ records: list, message, time }) => {
    doc = A.change(doc, { time, ...(message === '' ? {} : { message }) }, (draft) => {
      for (const { position, stored } of list) draft[recordKey(position)] = stored
    })
    return A.getLastLocalChange(doc) as Uint8Array
  })
  return { doc, changes }
}

function chained(batches: readonly { stored: readonly Uint8Array[]; message: string; time: number }[]) {
  const actor = 'ab'.repeat(16)
  let startOp = 1
  let deps: string[] = []
  let position = 1
  return batches.map(({ stored, message, time }, index) => {
    const list = records(stored, position)
    const change: BookChange = { actor, seq: index + 1, startOp, time, message, deps, records: list }
    const encoded = encodeBookChange(change)
    startOp += list.length
    position += list.length
    deps = [encoded.hash]
    return { change, ...encoded }
  })
}

const history = fc.array(fc.record({ stored: values, message: messages, time: times }), {
  minLength: 1,
  maxLength: 4,
})

describe('a day book change without Automerge', () => {
  test('has the hash and means the document that Automerge gives the same change', () => {
    fc.assert(
      fc.property(history, (batches) => {
        const made = chained(batches)
        const { doc, changes } = byAutomerge(
          'ab'.repeat(16),
          made.map(({ change }) => change),
        )
        expect(made.map(({ hash }) => hash)).toEqual(changes.map((bytes) => A.decodeChange(bytes).hash))
        const [applied] = A.applyChanges(
          A.init<FlatDoc>(),
          made.map(({ bytes }) => bytes),
        )
        expect(applied).toEqual(doc)
        // Automerge makes the bytes of a change anew from a saved document, and checks the heads.
        expect(A.getHeads(A.load(A.save(applied)))).toEqual([made.at(-1)?.hash])
      }),
      { numRuns: 150 },
    )
  })

  test('is read back as it was written, also when Automerge wrote it', () => {
    fc.assert(
      fc.property(history, (batches) => {
        const made = chained(batches)
        const { changes } = byAutomerge(
          'ab'.repeat(16),
          made.map(({ change }) => change),
        )
        made.forEach(({ change, bytes, hash }, index) => {
          expect(decodeBookChange(bytes, MOST)).toEqual({ ...change, hash })
          expect(decodeBookChange(changes[index] as Uint8Array, MOST)).toEqual({ ...change, hash })
        })
      }),
      { numRuns: 100 },
    )
  })

  test('R1 bytes that were cut or flipped are refused', () => {
    const [made] = chained([{ stored: [new Uint8Array(500), Uint8Array.of(1)], message: 'm', time: 1 }])
    const bytes = made?.bytes as Uint8Array
    const decoded = (of: Uint8Array): unknown => {
      try {
        return decodeBookChange(of, MOST)
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedChange)
        return undefined
      }
    }
    for (let at = 0; at < bytes.length; at += 1) {
      expect(() => decodeBookChange(bytes.subarray(0, at), MOST)).toThrow(MalformedChange)
      const flipped = Uint8Array.from(bytes)
      flipped[at] = (flipped[at] ?? 0) ^ 0x10
      // A few bits of deflated data say nothing, such as those that fill its last byte.
      expect(decoded(flipped) ?? decoded(bytes)).toEqual(decoded(bytes))
    }
    expect(() => decodeBookChange(Uint8Array.from([...bytes, 0]), MOST)).toThrow('bytes follow it')
  })

  test('R1 a change that unfolds to more than it may is refused before it has', () => {
    const [made] = chained([{ stored: [new Uint8Array(900_000)], message: '', time: 0 }])
    expect(made?.bytes.length).toBeLessThan(2_000)
    expect(() => decodeBookChange(made?.bytes as Uint8Array, 100_000)).toThrow(
      'unfolds to more than 100000 bytes',
    )
  })

  test('a change of any other shape is left to Automerge', () => {
    const of = (change: A.ChangeFn<FlatDoc>, from: A.Doc<FlatDoc> = A.init<FlatDoc>()) =>
      decodeBookChange(A.getLastLocalChange(A.change(A.clone(from), change)) as Uint8Array, MOST)
    const held = A.change(A.init<FlatDoc>(), (draft) => {
      draft[recordKey(1)] = Uint8Array.of(1)
    })
    const record = recordKey(1)
    expect(of((draft) => void (draft['x'] = Uint8Array.of(1)))).toBeUndefined()
    expect(of((draft) => void (draft[record] = 7))).toBeUndefined()
    expect(of((draft) => void (draft[record] = Uint8Array.of(2)), held)).toBeUndefined()
    expect(of((draft) => void delete draft[record], held)).toBeUndefined()
    expect(of((draft) => void (draft[record] = Uint8Array.of(2)))).toBeDefined()
  })
})
