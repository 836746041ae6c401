import * as A from '@automerge/automerge'
import { describe, expect, test } from 'vitest'
import { itemKey, writeItem } from '../../src/docs/catalogue.js'
import { addLine, editBill, editLine, markSealed, openBill } from '../../src/docs/bills.js'
import { newChain } from '../../src/docs/chain-state.js'
import { noteText } from '../../src/docs/change-note.js'
import { ChangeRefused, checkChange, type ChangeContext } from '../../src/docs/change-rules.js'
import { composeInvoice } from '../../src/docs/compose.js'
import { recordKey } from '../../src/docs/daybook.js'
import type { FlatDoc } from '../../src/docs/flat.js'
import { shardOf, type DocumentName } from '../../src/docs/naming.js'
import { sealRecord, type RecordBody } from '../../src/docs/record.js'
import { newSigner } from '../support/keys.js'
import { SHOP } from '../support/shop.js'

const SHARDS = 16
const NOTE = noteText({ terminal: 'T01', by: 'Asha', did: 'test' })
const signer = newSigner()
const AT = new Date('2026-04-01T06:00:00.000Z')
const SKU = 'TEA'

const CATALOGUE: DocumentName = { kind: 'catalogue', shop: SHOP.id, shard: shardOf(SKU, SHARDS) }
const BILLS: DocumentName = { kind: 'bills', shop: SHOP.id, day: '2026-04-01' }
const BOOK: DocumentName = {
  kind: 'daybook',
  shop: SHOP.id,
  terminal: 'term_00000000000000000000',
  code: 'T01',
  epoch: 'A',
  day: '2026-04-01',
  part: 1,
}

const contextOf = (name: DocumentName): ChangeContext => ({
  name,
  catalogueShards: SHARDS,
  ...(name.kind === 'daybook' ? { publicKey: signer.publicKey } : {}),
})

type Write = (draft: Record<string, unknown>, before: A.Doc<FlatDoc>) => void

/** The last change of a document that was written in these steps. */
function changeOf(steps: readonly Write[], message: string | undefined = NOTE): A.DecodedChange {
  let doc = A.init<FlatDoc>()
  for (const write of steps) {
    const before = doc
    doc = A.change(doc, message === undefined ? {} : { message }, (draft) => write(draft, before))
  }
  return A.decodeChange(A.getLastLocalChange(doc) as Uint8Array)
}

/** The fault of a change, or `none`. */
function faultOf(name: DocumentName, write: Write | readonly Write[], message?: string): string {
  try {
    checkChange(changeOf(typeof write === 'function' ? [write] : write, message), contextOf(name))
    return 'none'
  } catch (error) {
    if (error instanceof ChangeRefused) return error.fault
    throw error
  }
}

const text = (value: string) => new A.ImmutableString(value)
const set =
  (key: string, value: unknown): Write =>
  (draft) => {
    draft[key] = value
  }

const invoice = composeInvoice(
  newChain('T01', 'A'),
  { shop: SHOP, at: AT },
  {
    bill: 'bill_00000000000000000001',
    by: 'Asha',
    lines: [{ id: '1', sku: SKU, name: 'Tea', quantity: '1', price: { minor: 100 }, taxes: [] }],
    tenders: [{ type: 'cash', minor: 100 }],
  },
)
const sealed = (over: Partial<RecordBody> = {}, by = signer): Uint8Array =>
  sealRecord({ ...invoice, ...over } as RecordBody, by).stored

describe('what terminals write', () => {
  test('A3 edits of items pass', () => {
    const write: Write = (draft, before) =>
      writeItem(draft as FlatDoc, before, SKU, {
        name: 'Tea <b>',
        price: { minor: 255, per: 10 },
        tax: 'CGST:9+SGST:9',
        unit: 'kg',
        hsn: '0902',
        barcodes: ['123', '456'],
        withdrawn: true,
      })
    expect(faultOf(CATALOGUE, write)).toBe('none')
  })

  test('A3 every step in the life of a bill passes', () => {
    const item = {
      order: 1,
      sku: SKU,
      name: 'Tea',
      price: { minor: 100 },
      taxes: [{ name: 'VAT', rate: '20' }],
    }
    const bill = 'bill_00000000000000000001'
    const steps: ((draft: FlatDoc, before: A.Doc<FlatDoc>) => void)[] = [
      (draft, before) => openBill(draft, before, bill, { at: AT.toISOString(), terminal: 'T01', by: 'Asha' }),
      (draft, before) => addLine(draft, before, bill, 'line_1', item, '2.5'),
      (draft, before) =>
        editLine(draft, before, bill, 'line_1', {
          quantity: '3',
          discount: { percent: '10' },
          override: { price: { minor: 90 }, reason: 'dented' },
          voided: true,
        }),
      (draft, before) => editLine(draft, before, bill, 'line_1', { discount: null, override: null }),
      (draft, before) =>
        editBill(draft, before, bill, {
          status: 'parked',
          label: 'Table 4',
          customer: { name: 'Ravi' },
          discount: { minor: 5 },
        }),
      (draft, before) => editBill(draft, before, bill, { label: null, customer: null, discount: null }),
      (draft, before) => markSealed(draft, before, bill, 'T01', 'T01A/2627/000001'),
    ]
    for (let step = 1; step <= steps.length; step += 1)
      expect(faultOf(BILLS, steps.slice(0, step) as Write[])).toBe('none')
  })

  test('A3 a sealed record passes', () => {
    expect(faultOf(BOOK, set(recordKey(1), sealed()))).toBe('none')
  })
})

describe('what nobody may write', () => {
  test.each<[string, string, DocumentName, Write | readonly Write[]]>([
    ['a list', 'shape', CATALOGUE, set('item/TEA/name', ['a'])],
    ['a map', 'shape', CATALOGUE, set('item/TEA/name', { a: 1 })],
    ['text that merges by letters', 'shape', CATALOGUE, set('item/TEA/name', 'Tea')],
    ['a key no item has', 'schema', CATALOGUE, set('item/TEA/colour', text('red'))],
    ['the key __proto__', 'schema', CATALOGUE, set('item/TEA/__proto__', text('x'))],
    ['a key without an item', 'shape', CATALOGUE, set('name', text('Tea'))],
    ['an item of another shard', 'shape', CATALOGUE, set(itemKey(`${SKU}!`, 'name'), text('Tea'))],
    ['a name without letters', 'schema', CATALOGUE, set('item/TEA/name', text(''))],
    ['a name of 501 letters', 'schema', CATALOGUE, set('item/TEA/name', text('x'.repeat(501)))],
    ['a name that is a number', 'schema', CATALOGUE, set('item/TEA/name', 5)],
    ['a name that is a date', 'schema', CATALOGUE, set('item/TEA/name', AT)],
    ['a name that counts', 'schema', CATALOGUE, set('item/TEA/name', new A.Counter(1))],
    ['a name that is nothing', 'shape', CATALOGUE, set('item/TEA/name', null)],
    ['a price below zero', 'schema', CATALOGUE, set('item/TEA/price', text('-1'))],
    ['a price by words', 'schema', CATALOGUE, set('item/TEA/price', text('free'))],
    ['a withdrawal that is text', 'schema', CATALOGUE, set('item/TEA/withdrawn', text('yes'))],
    [
      'the deletion of a name',
      'final',
      CATALOGUE,
      [
        set('item/TEA/name', text('Tea')),
        (draft) => {
          delete draft['item/TEA/name']
        },
      ],
    ],
    ['a bill’s status of its own', 'schema', BILLS, set('bill/b/status', text('paid'))],
    ['an opening that is no JSON', 'schema', BILLS, set('bill/b/opened', text('{'))],
    [
      'an opening without a person',
      'schema',
      BILLS,
      set('bill/b/opened', text('{"at":"2026-04-01T06:00:00.000Z"}')),
    ],
    ['a discount of 200 as a list', 'schema', BILLS, set('bill/b/discount', text('[200]'))],
    ['a number too long for an invoice', 'schema', BILLS, set('bill/b/sealed/T01', text('X'.repeat(17)))],
    ['bytes in a bill', 'schema', BILLS, set('bill/b/label', new Uint8Array(3))],
    [
      'the deletion of a status',
      'schema',
      BILLS,
      [
        set('bill/b/status', text('open')),
        (draft) => {
          delete draft['bill/b/status']
        },
      ],
    ],
    ['a day book’s note', 'shape', BOOK, set('note', text('x'))],
    ['a record that is text', 'schema', BOOK, set(recordKey(1), text('x'))],
    ['a record that is noise', 'schema', BOOK, set(recordKey(1), new Uint8Array(300))],
    ['a record under another position', 'author', BOOK, set(recordKey(2), sealed())],
    [
      'a record of another terminal',
      'author',
      BOOK,
      set(recordKey(1), sealed({ chain: { ...invoice.chain, terminal: 'T02' } })),
    ],
    [
      'a record of another epoch',
      'author',
      BOOK,
      set(recordKey(1), sealed({ chain: { ...invoice.chain, epoch: 'B' } })),
    ],
    ['a record of another day', 'shape', BOOK, set(recordKey(1), sealed({ day: '2026-04-02' }))],
    ['a record signed by another', 'signature', BOOK, set(recordKey(1), sealed({}, newSigner()))],
    [
      'a record over a record',
      'final',
      BOOK,
      [set(recordKey(1), sealed()), set(recordKey(1), sealed({ by: 'Ravi' }))],
    ],
    [
      'the deletion of a record',
      'final',
      BOOK,
      [
        set(recordKey(1), sealed()),
        (draft) => {
          delete draft[recordKey(1)]
        },
      ],
    ],
    ['the shop', 'author', { kind: 'shop', shop: SHOP.id }, set('shop/name', text('Mine'))],
    ['stock', 'author', { kind: 'stock', shop: SHOP.id, shard: 0 }, set('sku/TEA/received', text('5'))],
    ['sales', 'author', { kind: 'sales', shop: SHOP.id, month: '2026-04' }, set('book/x', text('{}'))],
  ])('A3 %s is refused: %s', (_what, fault, name, write) => {
    expect(faultOf(name, write)).toBe(fault)
  })

  test.each([
    ['no note', ''],
    ['a note that is no JSON', 'hello'],
    ['a note of nobody', noteText({ terminal: 'T01', by: '', did: 'x' })],
    ['a note of no terminal', noteText({ terminal: '', by: 'Asha', did: 'x' })],
    ['a note of the relay', noteText({ terminal: 'relay', by: 'relay', did: 'x' })],
  ])('A3 a change with %s is refused', (_what, message) => {
    expect(faultOf(CATALOGUE, set('item/TEA/name', text('Tea')), message)).toBe('author')
  })

  test('A2 a day book’s change noted by another terminal is refused', () => {
    const message = noteText({ terminal: 'T02', by: 'Asha', did: 'x' })
    expect(faultOf(BOOK, set(recordKey(1), sealed()), message)).toBe('author')
    expect(faultOf(BILLS, set('bill/b/label', text('x')), message)).toBe('none')
  })

  test('A3 a bad value does not hide behind a good one of the same key in the same change', () => {
    const good = changeOf([set('item/TEA/name', text('Tea'))])
    const bad = changeOf([set('item/TEA/name', text(''))])
    const both = { ...good, ops: [...bad.ops, ...good.ops] }
    expect(() => checkChange(both, contextOf(CATALOGUE))).toThrow(ChangeRefused)
  })
})
