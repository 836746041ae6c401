import { expect } from 'vitest'
import type {
  BillView,
  FoundItems,
  ImageGiven,
  InvoicesAnswer,
  SaleSealed,
  SignedIn,
} from '../../src/docs/generated/types.js'
import { largePng, png } from '../support/pictures.js'
import type { Asking } from './asking.js'
import { listen } from './events.js'

const EXACTLY = { exactly: { type: 'cash' } }
const LINES = { accept: 'application/x-ndjson' }
const TEA = { sku: 'TEA', name: 'Assam tea', price: { minor: 10_000 }, tax: 'CGST:2.5+SGST:2.5' }
const PEN = { sku: 'PEN', name: 'Ball pen', price: { minor: 105, per: 10 }, unit: 'piece', hsn: '9608' }

/** Before anybody signs in: a manager goes online and sets up what is sold. */
export async function setUp(till: Asking): Promise<void> {
  for (const route of ['GET /v1/sign-in', 'GET /v1/me', 'GET /v1/status', 'GET /v1/taxes', 'GET /v1/day'])
    await till.good(route)
  expect(await till.ask('POST /v1/online')).toMatchObject({ status: 400 })
  await till.good('POST /v1/online', { body: { confirm: true, by: 'Mira' } })
  await till.good('POST /v1/items', {
    body: { items: [TEA, PEN], received: [{ sku: 'PEN', quantity: '3' }] },
  })
  await till.good('POST /v1/items', { body: { items: [TEA] }, headers: LINES })
  await till.good('POST /v1/sync')
  await till.good('PUT /v1/setup/shop', { body: { address: '1 Main Street', taxId: '29ABCDE1234F1Z5' } })
  const printing = await till.good('GET /v1/setup/printing')
  await till.good('PUT /v1/setup/printing', { body: { ...printing, copies: 2 } })
  for (const route of [
    'items/TEA',
    'items?query=pen',
    'items?limit=1&offset=1',
    'stock/PEN',
    'taxes',
    'shop',
  ])
    await till.good(`GET /v1/${route}`)
  expect(await till.ask('GET /v1/items/NONE')).toMatchObject({ status: 404 })
}

/** Pictures go to the relay, are cleared here, and come back when they are shown. */
export async function pictures(till: Asking): Promise<ImageGiven> {
  const given = await till.good<ImageGiven>('PUT /v1/items/TEA/image', { body: largePng(600_000, [3, 3, 3]) })
  expect(await till.ask('PUT /v1/items/TEA/image', { body: new Uint8Array(9) })).toMatchObject({
    status: 400,
  })
  await till.good('GET /v1/images')
  await till.good('POST /v1/images/sync', { headers: LINES })
  await till.good('POST /v1/images/sync')
  await till.good('POST /v1/images/force')
  await till.good(`GET /v1/images/${given.sha256}`)
  await till.good('PUT /v1/items/PEN/image', { body: png(8, 8, [9, 9, 9]) })
  await till.good('DELETE /v1/items/PEN/image')
  return given
}

/** Bills, sales, corrections, slips. @returns the number of an invoice */
export async function sell(till: Asking): Promise<string> {
  const events = await listen(`${till.url}/v1/events`)
  const { id } = await till.good<BillView>('POST /v1/bills', { body: { line: { scanned: 'tea' } } })
  const bill = `/v1/bills/${id}`
  await till.good(`POST ${bill}/lines`, { body: { sku: 'TEA', quantity: '2' } })
  const { lines } = await till.good<BillView>(`POST ${bill}/lines`, { body: { sku: 'PEN', quantity: '20' } })
  await till.good(`PATCH ${bill}/lines/${lines[0]?.id}`, {
    body: { discount: { percent: '5' }, override: { price: { minor: 9_500 }, reason: 'dented' } },
  })
  const cannot = await till.good<BillView>(`PATCH ${bill}`, { body: { discount: { minor: 9_999_999 } } })
  expect(cannot).toMatchObject({ priced: null, problem: expect.any(String) })
  const label = { label: 'Table 4', customer: { name: 'Ravi', taxId: '29X' }, discount: null }
  await till.good(`PATCH ${bill}`, { body: { ...label, status: 'parked' } })
  await till.good('GET /v1/bills')
  await till.good(`PATCH ${bill}`, { body: { status: 'open' } })
  expect(await till.good<BillView>(`GET ${bill}`)).toMatchObject({ oversold: [{ sku: 'PEN' }] })
  expect(await till.ask('GET /v1/bills/bill_00000000000000000000')).toMatchObject({ status: 404 })
  const { invoice } = await till.good<SaleSealed>(`POST ${bill}/seal`, { body: { tenders: EXACTLY } })
  await till.ask(`POST ${bill}/seal`, { body: { tenders: EXACTLY } })
  await till.good(`GET ${bill}`)
  const { number } = invoice
  const line = { id: '1', sku: 'TEA', name: 'Tea', quantity: '1', price: { minor: 10_000 }, taxes: [] }
  for (const status of [201, 200]) {
    const sale = { lines: [line], externalRef: 'order 1', externalDate: 'yesterday', tenders: EXACTLY }
    expect(await till.ask('POST /v1/sales', { body: sale })).toMatchObject({ status })
    const credit = {
      lines: [line],
      externalRef: 'return 1',
      corrects: { number },
      reason: 'torn',
      tenders: EXACTLY,
    }
    expect(await till.ask('POST /v1/credit-notes', { body: credit })).toMatchObject({ status })
  }
  const outside = { lines: [line], corrects: { outside: 'paper 17' }, tenders: EXACTLY }
  await till.good('POST /v1/credit-notes', { body: outside })
  await till.good('GET /v1/invoices')
  await till.good<InvoicesAnswer>(`GET /v1/invoices?${new URLSearchParams({ number })}`)
  await till.good('POST /v1/invoices/reprint', { body: { number } })
  await till.good('POST /v1/training/start')
  const practice = await till.good<BillView>('POST /v1/bills', { body: { line: { sku: 'TEA' } } })
  expect(practice.opened).toMatchObject({ training: true })
  await till.good(`POST /v1/bills/${practice.id}/practise`, { body: { tenders: EXACTLY } })
  await till.good('POST /v1/training/end')
  await till.good('POST /v1/drawer', { body: { reason: 'change' } })
  await till.good('POST /v1/drawer')
  await till.good('GET /v1/sealed?externalRef=order+1')
  await till.good('GET /v1/sealed?externalRef=nothing')
  await till.good('GET /v1/day')
  expect((await till.good<FoundItems>('GET /v1/items?query=PEN')).items[0]).toMatchObject({ oversold: true })
  for (const name of ['status', 'sealed']) await events.next(name)
  const progress = events.next('progress')
  await till.good('POST /v1/sync', { headers: LINES })
  await progress
  events.close()
  return number
}

/** The buttons of the day's end, each with what it shows before and after. */
export async function closeDay(till: Asking): Promise<void> {
  await till.good('POST /v1/day/close')
  await till.good('GET /v1/day')
  await till.good('POST /v1/disconnect')
  await till.good('POST /v1/sales', {
    body: {
      lines: [{ id: '1', sku: 'TEA', name: 'Tea', quantity: '1', price: { minor: 500 }, taxes: [] }],
      tenders: [{ type: 'cash', minor: 1_000 }],
    },
  })
  await till.good('POST /v1/mark-synced')
  await till.good('GET /v1/log')
  await till.good('POST /v1/exports', { body: { format: 'records' } })
  await till.good('GET /v1/as-of?about=TEA&at=2100-01-01T00:00:00Z')
  expect(await till.ask('POST /v1/log/settle')).toMatchObject({ status: 409 })
  await till.good('GET /v1/force/preview')
  await till.good('GET /v1/force/preview?keepCatalogue=false')
  await till.good('POST /v1/force', { headers: LINES })
  await till.good('POST /v1/force')
  await till.good('POST /v1/work/cancel')
  await till.good('GET /v1/status')
  for (const route of ['export', 'export?format=csv', 'history', 'history?about=TEA'])
    await till.good(`GET /v1/${route}`)
  expect(await till.ask('GET /v1/history?about=nothing')).toMatchObject({ status: 404 })
  expect(await till.ask('GET /v1/nothing')).toMatchObject({ status: 404 })
}

/** A manager has people sign in. */
export async function people(till: Asking): Promise<void> {
  await till.good('POST /v1/online', { body: { confirm: true } })
  await till.good('GET /v1/setup/users')
  await till.good('POST /v1/setup/users', { body: { name: 'Mira', role: 'manager', pin: '471100' } })
  expect(await till.ask('GET /v1/setup/users')).toMatchObject({ status: 401 })
  const signIn = { name: 'Mira', pin: '471100' }
  expect(await till.ask('POST /v1/sign-in', { body: { ...signIn, pin: '0000' } })).toMatchObject({
    status: 401,
  })
  const { token } = await till.good<SignedIn>('POST /v1/sign-in', { body: signIn })
  const mira = till.with({ authorization: `Bearer ${token}` })
  await mira.good('GET /v1/me')
  await mira.good('GET /v1/sign-in')
  await mira.good('POST /v1/setup/users', { body: { name: 'Asha', role: 'cashier', pin: '471122' } })
  await mira.good('PUT /v1/setup/users/pin', { body: { name: 'Asha', pin: '471133' } })
  const asha = await till.good<SignedIn>('POST /v1/sign-in', { body: { name: 'Asha', pin: '471133' } })
  const asAsha = till.with({ authorization: `Bearer ${asha.token}` })
  expect(await asAsha.ask('POST /v1/items', { body: { items: [TEA] } })).toMatchObject({ status: 403 })
  await mira.good('POST /v1/setup/users/remove', { body: { name: 'Asha' } })
  await mira.good('POST /v1/sign-out')
}
