import * as A from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeBookChange, type BookChange } from '../../src/docs/book-change.js'
import { readStored } from '../../src/docs/book-run.js'
import { lastPositionIn, positionsIn, storedAt } from '../../src/docs/daybook.js'
import type { FlatDoc } from '../../src/docs/flat.js'

const LIMITS = { changeBytes: 1_000_000, bytes: 1_000_000 }
const ACTOR = 'ab'.repeat(16)

const batches = fc.array(
  fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { minLength: 1, maxLength: 6 }),
  { minLength: 1, maxLength: 6 },
)

/** Changes that follow one another, with records from position 5 on. */
function lineOf(values: readonly (readonly Uint8Array[])[], more: Partial<BookChange> = {}) {
  let startOp = 1
  let deps: string[] = []
  return values.map((list, index) => {
    const records = list.map((stored, at) => ({ position: startOp + 4 + at, stored }))
    const change = { actor: ACTOR, seq: index + 1, startOp, time: 0, message: '', deps, records, ...more }
    const encoded = encodeBookChange(change)
    startOp += list.length
    deps = [encoded.hash]
    return encoded
  })
}

describe('the records of a day book, read from its changes', () => {
  test('are those its document has, at every head it had, in whatever order the changes lie', () => {
    fc.assert(
      fc.property(batches, fc.infiniteStream(fc.nat()), (values, order) => {
        const line = lineOf(values)
        const [doc] = A.applyChanges(
          A.init<FlatDoc>(),
          line.map(({ bytes }) => bytes),
        )
        const shuffled = line
          .map(({ bytes }) => [order.next().value as number, bytes] as const)
          .toSorted(([a], [b]) => a - b)
          .map(([, bytes]) => bytes)
        const read = readStored(shuffled, LIMITS)
        expect(read?.stored.map((stored) => [...stored])).toEqual(
          positionsIn(doc).map((position) => [...(storedAt(doc, position) as Uint8Array)]),
        )
        for (const { hash } of line) expect(read?.lastAt.get(hash)).toBe(lastPositionIn(A.view(doc, [hash])))
        expect(read?.lastAt.size).toBe(line.length)
      }),
    )
  })

  test('are left to Automerge where a change lacks, two follow one, a position is doubled, or it is too much', () => {
    const bytes = (...all: ReturnType<typeof lineOf>): Uint8Array[] => all.map((one) => one.bytes)
    const value = new Uint8Array(300)
    const [first, second, third] = lineOf([[value], [value], [value]]) as [never, never, never]
    expect(readStored(bytes(first, second, third), LIMITS)?.stored).toHaveLength(3)
    expect(readStored(bytes(first, third), LIMITS)).toBeUndefined()
    expect(readStored(bytes(second, third), LIMITS)).toBeUndefined()
    const [, beside] = lineOf([[value], [new Uint8Array(301)]]) as [never, never]
    expect(readStored(bytes(first, second, beside), LIMITS)).toBeUndefined()
    const doubled = lineOf([[value], [value]], { records: [{ position: 5, stored: value }] })
    expect(readStored(bytes(...doubled), LIMITS)).toBeUndefined()
    expect(readStored(bytes(first, second, third), { ...LIMITS, bytes: 800 })).toBeUndefined()
    expect(readStored([new Uint8Array([1, 2, 3])], LIMITS)).toBeUndefined()
    expect(readStored([], LIMITS)).toBeUndefined()
  })
})
