import * as A from '@automerge/automerge'
import { describe, expect, test } from 'vitest'
import {
  addLine,
  unsealedIn,
  editBill,
  editLine,
  markSealed,
  openBill,
  readBill,
} from '../../src/docs/bills.js'
import type { FlatDoc } from '../../src/docs/flat.js'

const OPENED = { at: '2026-11-24T06:30:00.000Z', terminal: 'T01', by: 'Asha' }
const ITEM = { order: 0, sku: 'TEA', name: 'Tea', price: { minor: 14_500 }, taxes: [] }

function change(
  doc: A.Doc<FlatDoc>,
  write: (draft: FlatDoc, before: A.Doc<FlatDoc>) => void,
): A.Doc<FlatDoc> {
  return A.change(doc, (draft) => write(draft, doc))
}

function oneBill(): A.Doc<FlatDoc> {
  const opened = change(A.init<FlatDoc>(), (draft, before) => openBill(draft, before, 'b1', OPENED))
  return change(opened, (draft, before) => addLine(draft, before, 'b1', 'l1', ITEM, '1'))
}

describe('bills', () => {
  test('two terminals that add to one bill apart from each other lose no line', () => {
    const base = oneBill()
    const left = change(A.clone(base), (draft, before) =>
      addLine(draft, before, 'b1', 'l2', { ...ITEM, order: 1 }, '2'),
    )
    const right = change(A.clone(base), (draft, before) =>
      addLine(draft, before, 'b1', 'l3', { ...ITEM, order: 1 }, '3'),
    )
    const bill = readBill(A.merge(left, right), 'b1')
    expect(bill?.lines.map(({ id, quantity }) => `${id} ${quantity}`)).toEqual(['l1 1', 'l2 2', 'l3 3'])
  })

  test('bills that two terminals open apart from each other are both there, oldest first', () => {
    const later = { ...OPENED, at: '2026-11-24T07:00:00.000Z', terminal: 'T02' }
    const left = change(A.init<FlatDoc>(), (draft, before) => openBill(draft, before, 'b2', later))
    const right = change(A.init<FlatDoc>(), (draft, before) => openBill(draft, before, 'b1', OPENED))
    expect(unsealedIn(A.merge(left, right)).map(({ id }) => id)).toEqual(['b1', 'b2'])
  })

  test('those that were sealed or cancelled are not among the unsealed, however they were edited since', () => {
    let doc = oneBill()
    for (const id of ['b2', 'b3', 'b4'])
      doc = change(doc, (draft, before) => openBill(draft, before, id, OPENED))
    doc = change(doc, (draft, before) => markSealed(draft, before, 'b1', 'T01', 'T01/1'))
    doc = change(doc, (draft, before) => editBill(draft, before, 'b1', { status: 'parked' }))
    doc = change(doc, (draft, before) => editBill(draft, before, 'b2', { status: 'cancelled' }))
    doc = change(doc, (draft, before) => editBill(draft, before, 'b4', { status: 'parked' }))
    expect(unsealedIn(doc).map(({ id, status }) => `${id} ${status}`)).toEqual(['b3 open', 'b4 parked'])
  })

  test('one’s quantity and the other’s discount of the same line both stay', () => {
    const base = oneBill()
    const left = change(A.clone(base), (draft, before) =>
      editLine(draft, before, 'b1', 'l1', { quantity: '5' }),
    )
    const right = change(A.clone(base), (draft, before) =>
      editLine(draft, before, 'b1', 'l1', { discount: { percent: '10' } }),
    )
    expect(readBill(A.merge(left, right), 'b1')?.lines[0]).toMatchObject({
      quantity: '5',
      discount: { percent: '10' },
    })
  })

  test('a seal outlives an edit of the status made elsewhere at the same time', () => {
    const base = oneBill()
    const left = change(A.clone(base), (draft, before) =>
      markSealed(draft, before, 'b1', 'T01', 'T01A/2627/000001'),
    )
    let right = change(A.clone(base), (draft, before) => editBill(draft, before, 'b1', { status: 'parked' }))
    right = change(right, (draft, before) => editBill(draft, before, 'b1', { status: 'cancelled' }))
    expect(readBill(A.merge(left, right), 'b1')).toMatchObject({ status: 'sealed' })
  })

  test('a bill that two terminals seal apart from each other names both numbers', () => {
    const base = oneBill()
    const left = change(A.clone(base), (draft, before) =>
      markSealed(draft, before, 'b1', 'T01', 'T01A/2627/000001'),
    )
    const right = change(A.clone(base), (draft, before) =>
      markSealed(draft, before, 'b1', 'T02', 'T02A/2627/000009'),
    )
    expect([...(readBill(A.merge(left, right), 'b1')?.sealed ?? [])]).toEqual([
      ['T01', 'T01A/2627/000001'],
      ['T02', 'T02A/2627/000009'],
    ])
  })

  test('what is taken away is gone, a voided line can still be seen', () => {
    let doc = change(oneBill(), (draft, before) =>
      editBill(draft, before, 'b1', { label: 'table 4', customer: { name: 'Ravi' } }),
    )
    doc = change(doc, (draft, before) => editLine(draft, before, 'b1', 'l1', { voided: true }))
    expect(readBill(doc, 'b1')).toMatchObject({
      label: 'table 4',
      customer: { name: 'Ravi' },
      lines: [{ voided: true }],
    })
    doc = change(doc, (draft, before) => editBill(draft, before, 'b1', { label: null, customer: null }))
    const bill = readBill(doc, 'b1')
    expect(bill?.label).toBeUndefined()
    expect(bill?.customer).toBeUndefined()
  })
})
