import * as A from '@automerge/automerge'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entriesAsOf, type View } from '../../src/docs/as-of.js'
import { noteText } from '../../src/docs/change-note.js'
import { apartFrom } from '../../src/docs/concurrency.js'
import { DocumentHistory } from '../../src/docs/document-history.js'
import { plain, put, type FlatDoc, type Scalar } from '../../src/docs/flat.js'
import type { DocumentName } from '../../src/docs/naming.js'
import { compareKeys, Order } from '../../src/docs/order.js'
import type { Book, Shelf } from '../../src/docs/shelf.js'
import { timeline, type TimelineLine } from '../../src/docs/timeline.js'
import { Witnesses } from '../../src/docs/witness.js'

const KEYS = ['item/TEA/price', 'item/TEA/name', 'bill/b/status'] as const
const CODES = ['T01', 'T02', 'T03'] as const
const START = 1_700_000_000

/** What a writer does next: writes, takes away, or takes over what another has. */
const step = fc.record({
  who: fc.nat({ max: CODES.length - 1 }),
  does: fc.oneof(
    fc.record({ put: fc.constantFrom(...KEYS), value: fc.nat({ max: 3 }) }),
    fc.record({ remove: fc.constantFrom(...KEYS) }),
    fc.record({ merge: fc.nat({ max: CODES.length - 1 }) }),
  ),
  seconds: fc.nat({ max: 100 }),
})
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Three writers that began from one document, and how far each was at each step. */
function played(steps: readonly Step[]): A.Doc<FlatDoc> {
  const first = A.change(A.init<FlatDoc>(), { message: note('relay'), time: START }, (draft) => {
    draft['kind'] = new A.ImmutableString('catalogue')
  })
  const docs = CODES.map(() => A.clone(first))
  for (const { who, does, seconds } of steps) {
    const doc = docs[who] ?? first
    if ('merge' in does) {
      docs[who] = A.merge(doc, A.clone(docs[does.merge] ?? first))
      continue
    }
    const options = { message: note(CODES[who] ?? ''), time: START + seconds }
    docs[who] = A.change(doc, options, (draft) => {
      if ('remove' in does) delete draft[does.remove]
      else put(draft, doc, does.put, String(does.value))
    })
  }
  return docs.reduce((all, doc) => A.merge(all, A.clone(doc)), A.clone(first))
}

function note(terminal: string): string {
  return noteText({ terminal, by: `of ${terminal}`, did: 'test' })
}

function historyOf(doc: A.Doc<FlatDoc>): DocumentHistory {
  const history = new DocumentHistory()
  for (const change of A.getAllChanges(doc)) history.take(A.decodeChange(change))
  return history
}

/** A document with nothing but these changes and what they depend on: the conflicts of a view are those of today. */
function docAt(doc: A.Doc<FlatDoc>, heads: readonly string[]): A.Doc<FlatDoc> {
  const wanted = new Set(heads.flatMap((hash) => [hash, ...ancestors(doc, hash)]))
  const changes = A.getAllChanges(doc).filter((change) => wanted.has(A.decodeChange(change).hash ?? ''))
  return A.applyChanges(A.init<FlatDoc>(), changes)[0]
}

/** All values of a key, as Automerge has them at these heads. */
function valuesAt(doc: A.Doc<FlatDoc>, heads: readonly string[], key: string): Scalar[] {
  const view = docAt(doc, heads)
  if (!(key in view)) return []
  const all = Object.values(A.getConflicts(view, key) ?? { only: view[key] })
  return all.map(plain).filter((value) => value !== undefined)
}

/** The hashes a change depends on, however far back, found the slow way. */
function ancestors(doc: A.Doc<FlatDoc>, hash: string): Set<string> {
  const found = new Set<string>()
  const queue = [...(A.inspectChange(doc, hash)?.deps ?? [])]
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next)) continue
    found.add(next)
    queue.push(...(A.inspectChange(doc, next)?.deps ?? []))
  }
  return found
}

const CATALOGUE: DocumentName = { kind: 'catalogue', shop: 'shop_1111111111', shard: 0 }

function bookOf(doc: A.Doc<FlatDoc>, witnesses = new Witnesses(CATALOGUE)): Book {
  const history = historyOf(doc)
  return { id: 'd', name: CATALOGUE, history, order: new Order('d', history), witnesses }
}

function shelfOf(book: Book): Shelf {
  return {
    documents: () => [[book.id, book.name]],
    open: async () => book,
    isOver: () => false,
    shards: () => 1,
    terminal: (code) => ({ id: `term_${code}`, code }),
    shop: () => undefined,
  }
}

const steps = fc.array(step, { maxLength: 40 })

describe('the history of a document by itself', () => {
  test('H1 old and new values are those that Automerge had before and after each change', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const doc = played(list)
        const history = historyOf(doc)
        expect(history.length).toBe(A.getAllChanges(doc).length)
        expect(history.heads).toEqual(A.getHeads(doc).toSorted())
        for (let index = 0; index < history.length; index += 1) {
          const { hash, deps, edits } = history.at(index)
          edits.forEach((kept, edit) => {
            const told = history.oldAndNew({ change: index, edit })
            expect([...told.old].sort()).toEqual(valuesAt(doc, deps, kept.key).sort())
            const now = valuesAt(doc, [hash], kept.key)
            expect(now).toEqual(told.new === undefined ? [] : [told.new])
          })
        }
      }),
      { numRuns: 150 },
    )
  })

  test('H1 what is written apart from each change is found, as by a search of the whole graph', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (list, from) => {
        const doc = played(list)
        const history = historyOf(doc)
        const all = Array.from({ length: history.length }, (_, index) => index)
        const page = all.slice(from % history.length)
        const apart = apartFrom(history, page, all)
        const before = new Map(all.map((index) => [index, ancestors(doc, history.at(index).hash)]))
        for (const index of page) {
          const { hash } = history.at(index)
          const expected = all
            .filter((other) => other !== index)
            .filter(
              (other) => !before.get(index)?.has(history.at(other).hash) && !before.get(other)?.has(hash),
            )
            .map((other) => history.at(other).hash)
          expect(apart.get(index)?.count).toBe(expected.length)
          expect(apart.get(index)?.changes).toEqual(expected.slice(0, 20))
        }
      }),
      { numRuns: 100 },
    )
  })

  test('H1 the order is one of causes, and the same in whatever order changes came', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const doc = played(list)
        const history = historyOf(doc)
        const order = new Order('d', history)
        const keys = order.places.map((place) => order.keyOf(place))
        expect(keys).toEqual(keys.toSorted(compareKeys))
        const at = new Map(order.places.map(({ change }, position) => [change, position]))
        for (const { change } of order.places) {
          for (const dep of history.depsOf(change))
            expect(at.get(dep) ?? -1).toBeLessThan(at.get(change) ?? 0)
        }
        // Depth first from the heads: another order that Automerge might give them in.
        const other = new DocumentHistory()
        const give = (hash: string): void => {
          const change = A.inspectChange(doc, hash)
          if (!change || other.has(hash)) return
          for (const dep of change.deps.toReversed()) give(dep)
          other.take(change)
        }
        for (const head of A.getHeads(doc).toReversed()) give(head)
        const second = new Order('d', other)
        expect(second.places.map((place) => second.keyOf(place))).toEqual(keys)
      }),
      { numRuns: 100 },
    )
  })

  test('H1 pages hold every line once, whatever their size', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 7 }), async (list, limit) => {
        const book = bookOf(played(list))
        const shelf = shelfOf(book)
        const whole = await timeline(shelf, { kind: 'everything' }, {}, undefined, 1_000)
        const lines: TimelineLine[] = []
        let after: Parameters<typeof timeline>[3]
        do {
          const page = await timeline(shelf, { kind: 'everything' }, {}, after, limit)
          expect(page.lines.length).toBeLessThanOrEqual(limit)
          lines.push(...page.lines)
          after = page.next
        } while (after)
        expect(lines).toEqual(whole.lines)
        const item = await timeline(
          shelf,
          { kind: 'item', sku: 'TEA' },
          { terminal: 'T02' },
          undefined,
          1_000,
        )
        const same = ({ change, what }: TimelineLine): string => `${change} ${what}`
        expect(item.lines.map(same)).toEqual(
          lines.filter(({ what, terminal }) => terminal === 'T02' && what.startsWith('item TEA')).map(same),
        )
      }),
      { numRuns: 60 },
    )
  })

  test('H1 as of a moment, each point of view has the values that Automerge had with the changes it knew', async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.nat({ max: 100 }), fc.nat(), async (list, second, seed) => {
        const doc = played(list)
        const until = (START + second) * 1000
        const witnesses = new Witnesses(CATALOGUE)
        const hashes = A.getAllChanges(doc).map((change) => A.decodeChange(change).hash ?? '')
        // Changes came in some order of causes; each a while after the one before.
        hashes.forEach((hash, index) =>
          witnesses.came('term_T01', [hash], START * 1000 + index * 4_000, index),
        )
        const seen = hashes[seed % hashes.length] ?? ''
        witnesses.receipted('term_T02', [seen], until, 1)
        const book = bookOf(doc, witnesses)
        const known = {
          relay: hashes.filter((_, index) => START * 1000 + index * 4_000 <= until),
          T02: hashes.filter((hash) => {
            const change = A.inspectChange(doc, hash)
            return hash === seen || (change?.message?.includes('"T02"') && change.time * 1000 <= until)
          }),
        }
        for (const view of [{ of: 'relay' }, { of: 'terminal', id: 'term_T02', code: 'T02' }] as View[]) {
          const heads = headsOf(doc, view.of === 'relay' ? known.relay : known.T02)
          const { found, unknown } = await entriesAsOf(
            shelfOf(book),
            { kind: 'item', sku: 'TEA' },
            view,
            until,
            undefined,
            100,
          )
          expect(unknown).toBe(0)
          const expected = KEYS.filter((key) => key.startsWith('item/'))
            .map((key) => [
              key.replaceAll('/', ' '),
              heads.length === 0 ? [] : valuesAt(doc, heads, key).sort(),
            ])
            .filter(([, values]) => values?.length)
            .sort()
          expect(found.map(({ what, values }) => [what, values.map(({ value }) => value).sort()])).toEqual(
            expected,
          )
          for (const { what, values } of found) {
            const at = docAt(doc, heads)[what.replaceAll(' ', '/')]
            expect(values[0]?.value).toBe(plain(at))
          }
        }
      }),
      { numRuns: 100 },
    )
  })

  test('H1 what is kept of a history is all of it', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const doc = played(list)
        const kept = new DocumentHistory()
        const restored = new DocumentHistory()
        for (const change of A.getAllChanges(doc)) {
          const entry = kept.take(A.decodeChange(change))
          restored.restore(JSON.parse(JSON.stringify(entry)))
        }
        expect(restored).toEqual(kept)
      }),
      { numRuns: 50 },
    )
  })
})

/** The heads of these changes with all they depend on. */
function headsOf(doc: A.Doc<FlatDoc>, hashes: readonly string[]): string[] {
  const behind = new Set(hashes.flatMap((hash) => [...ancestors(doc, hash)]))
  return hashes.filter((hash) => !behind.has(hash))
}
