import * as A from '@automerge/automerge'
import { describe, expect, test } from 'vitest'
import { deflateChanges } from '../../src/storage/change-chunks.js'
import { NotSaved, StoredGraph } from '../../src/storage/stored-graph.js'

const MOST = 1024 * 1024

type Doc = Record<string, string>

function grown(from: A.Doc<Doc>, keys: readonly string[]): A.Doc<Doc> {
  return keys.reduce(
    (doc, key) => A.change(doc, (draft) => void (draft[key] = key.repeat(400))),
    A.clone(from),
  )
}

const base = grown(A.init<Doc>(), ['a', 'b', 'c'])
const headsOf = (doc: A.Doc<Doc>): string[] => A.getHeads(doc).toSorted()
const loaded = (chunks: readonly Uint8Array[]): A.Doc<Doc> => A.load<Doc>(Buffer.concat(chunks))

describe('what saved bytes tell without Automerge', () => {
  test('heads of changes, of a snapshot, and of a snapshot with what follows it, in any order', () => {
    const more = grown(base, ['d', 'e'])
    const left = grown(more, ['f'])
    const both = A.merge(A.clone(left), grown(more, ['g']))
    for (const doc of [base, more, both]) {
      expect(new StoredGraph(A.getAllChanges(doc), MOST).heads).toEqual(headsOf(doc))
      expect(new StoredGraph([A.save(doc)], MOST).heads).toEqual(headsOf(doc))
      const after = A.getChangesSince(doc, headsOf(base))
      expect(new StoredGraph([...after.toReversed(), A.save(base)], MOST).heads).toEqual(headsOf(doc))
    }
  })

  test('what comes after heads is what Automerge says, and makes the same document', () => {
    const doc = grown(base, ['d', 'e', 'f'])
    const graph = new StoredGraph([A.save(base), ...A.getChangesSince(doc, headsOf(base))], MOST)
    const middle = headsOf(base)
    const since = graph.since(middle) ?? []
    expect(since).toHaveLength(3)
    expect(headsOf(A.loadIncremental(A.clone(base), Buffer.concat(since)))).toEqual(headsOf(doc))
    expect(graph.since(headsOf(doc))).toEqual([])
    expect(headsOf(loaded(graph.whole))).toEqual(headsOf(doc))
  })

  test('of heads that are unknown, or lie within a snapshot, nothing is told', () => {
    const graph = new StoredGraph([A.save(grown(base, ['d']))], MOST)
    expect(graph.since(['f'.repeat(64)])).toBeUndefined()
    expect(graph.since(headsOf(base))).toBeUndefined()
    expect(graph.since([])).toBeUndefined()
  })

  test('a change that a snapshot holds already, and one whose dependencies are not here, are not taken for heads', () => {
    const doc = grown(base, ['d'])
    const [first, , , last] = A.getAllChanges(doc)
    if (!first || !last) throw new Error('It has four changes')
    expect(new StoredGraph([A.save(doc), first], MOST).heads).toBeUndefined()
    expect(new StoredGraph([A.save(doc), last], MOST).heads).toEqual(headsOf(doc))
    expect(new StoredGraph([last], MOST).heads).toBeUndefined()
    expect(new StoredGraph([A.save(base), A.save(doc)], MOST).heads).toBeUndefined()
  })

  test('D2 R1 every flipped byte and every cut is found', () => {
    for (const saved of [A.save(base), Buffer.concat(A.getAllChanges(base))]) {
      for (let at = 0; at < saved.length; at += 1) {
        const flipped = Buffer.from(saved)
        flipped[at] = (flipped[at] ?? 0) ^ 0x04
        expect(() => new StoredGraph([flipped], MOST)).toThrow(NotSaved)
      }
      expect(() => new StoredGraph([saved.subarray(0, -1)], MOST)).toThrow('it is cut')
    }
  })

  test('R1 a change that unfolds to more than is allowed is not unfolded', () => {
    const doc = A.change(grown(base, []), (draft) => void (draft['x'] = 'x'.repeat(100_000)))
    const bomb = deflateChanges(A.saveSince(doc, headsOf(base)))
    expect(bomb.length).toBeLessThan(2_000)
    expect(() => new StoredGraph([bomb], 50_000)).toThrow('more than 50000 bytes')
    expect(new StoredGraph([A.save(base), bomb], 200_000).heads).toEqual(headsOf(doc))
  })

  test('changes that are deflated are the same to Automerge, and told alike', () => {
    const doc = grown(base, ['d', 'e'])
    const plain = A.saveSince(doc, headsOf(base))
    const deflated = deflateChanges(plain)
    expect(deflated.length).toBeLessThan(plain.length / 2)
    expect(headsOf(A.loadIncremental(A.clone(base), deflated))).toEqual(headsOf(doc))
    expect(new StoredGraph([A.save(base), deflated], MOST).heads).toEqual(headsOf(doc))
    expect(deflateChanges(deflated)).toEqual(deflated)
    expect(deflateChanges(A.save(doc))).toEqual(Buffer.from(A.save(doc)))
  })
})
