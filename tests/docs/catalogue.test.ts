import * as A from '@automerge/automerge'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noteText } from '../../src/docs/change-note.js'
import {
  itemKey,
  priceFromText,
  priceText,
  readItem,
  skusIn,
  writeItem,
  type ItemEdit,
} from '../../src/docs/catalogue.js'
import type { FlatDoc } from '../../src/docs/flat.js'
import { authorsOf, historyOf } from '../../src/docs/history.js'

function edit(doc: A.Doc<FlatDoc>, by: string, sku: string, change: ItemEdit): A.Doc<FlatDoc> {
  const message = noteText({ terminal: by, by, did: 'edit item' })
  return A.change(doc, { message, time: 1_700_000_000 }, (draft) => {
    writeItem(draft, doc, sku, change)
  })
}

const TEA = { name: 'Tea', price: { minor: 14_500 }, tax: 'VAT:5' }

describe('catalogue', () => {
  test('fields merge by themselves: one manager’s name and another’s price both stay', () => {
    const base = edit(A.init<FlatDoc>(), 'M1', 'TEA', TEA)
    const left = edit(A.clone(base), 'M1', 'TEA', { name: 'Green tea' })
    const right = edit(A.clone(base), 'M2', 'TEA', { price: { minor: 15_000 } })
    const merged = readItem(A.merge(left, right), 'TEA')
    expect(merged).toMatchObject({ name: 'Green tea', price: { minor: 15_000 }, conflicts: [] })
  })

  test('an item that two managers make apart from each other loses no field', () => {
    const left = edit(A.init<FlatDoc>(), 'M1', 'TEA', { ...TEA, unit: 'pkt' })
    const right = edit(A.init<FlatDoc>(), 'M2', 'TEA', { ...TEA, hsn: '0902' })
    expect(readItem(A.merge(left, right), 'TEA')).toMatchObject({ unit: 'pkt', hsn: '0902', conflicts: [] })
  })

  test('a concurrent price edit shows both values, who wrote them, and stays until someone settles it', () => {
    const base = edit(A.init<FlatDoc>(), 'M1', 'TEA', TEA)
    const left = edit(A.clone(base), 'M1', 'TEA', { price: { minor: 15_000 } })
    const right = edit(A.clone(base), 'M2', 'TEA', { price: { minor: 16_000 } })
    const merged = A.merge(A.clone(left), right)
    const conflict = readItem(merged, 'TEA')?.conflicts[0]
    expect(conflict?.field).toBe('price')
    expect(conflict?.values.map(({ value }) => value).sort()).toEqual(['15000', '16000'])
    expect(conflict?.values.filter(({ winner }) => winner)).toHaveLength(1)
    const authors = authorsOf(merged, itemKey('TEA', 'price'))
    const who = conflict?.values.map(({ opId }) => authors.get(opId)?.note.by)
    expect(who?.sort()).toEqual(['M1', 'M2'])

    const shown = readItem(merged, 'TEA')?.price ?? { minor: 0 }
    const settled = edit(merged, 'M1', 'TEA', { price: shown })
    expect(readItem(settled, 'TEA')).toMatchObject({ price: shown, conflicts: [] })
    const last = [...historyOf(settled, (key) => key === itemKey('TEA', 'price'))].at(-1)
    expect(last?.edits[0]?.old.toSorted()).toEqual(['15000', '16000'])
  })

  test('two managers who write the same price do not disagree', () => {
    const base = edit(A.init<FlatDoc>(), 'M1', 'TEA', TEA)
    const left = edit(A.clone(base), 'M1', 'TEA', { price: { minor: 15_000 } })
    const right = edit(A.clone(base), 'M2', 'TEA', { price: { minor: 15_000 } })
    expect(readItem(A.merge(left, right), 'TEA')?.conflicts).toEqual([])
  })

  test('writing what is there already changes nothing', () => {
    const base = edit(A.init<FlatDoc>(), 'M1', 'TEA', TEA)
    expect(A.getHeads(edit(base, 'M1', 'TEA', TEA))).toEqual(A.getHeads(base))
  })

  test('a SKU may hold anything, and does not run into another', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 }), (skus) => {
        let doc = A.init<FlatDoc>()
        skus.forEach((sku, index) => {
          doc = edit(doc, 'M1', sku, { name: `Item ${index}`, price: { minor: index } })
        })
        expect(skusIn(doc)).toEqual(skus.toSorted())
        skus.forEach((sku, index) => expect(readItem(doc, sku)).toMatchObject({ name: `Item ${index}` }))
      }),
      { numRuns: 30 },
    )
  })

  test('a price is one value, and reads back', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(1, 10, 1000), (minor, per) => {
        const price = per === 1 ? { minor } : { minor, per }
        expect(priceFromText(priceText(price))).toEqual(price)
      }),
    )
    for (const text of ['', '-1', '1.5', '1/0', 'abc', '99999999999999999999'])
      expect(priceFromText(text)).toBeUndefined()
  })
})
