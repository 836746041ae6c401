import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Agent } from '../../src/terminal/agent.js'
import { served } from '../support/till-api.js'
import { tea, World, type RunningRelay } from '../support/world.js'

let world: World
let relay: RunningRelay
let manager: Agent
let url: string

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
  manager = await world.terminal(relay, 'T01', { role: 'manager', mode: 'online' })
  await manager.catalogue.edit('Mira', 'edit', [
    { sku: 'TEA', name: 'Assam tea', price: { minor: 10_000 }, tax: 'CGST:2.5+SGST:2.5' },
    { sku: 'PEN', name: 'Ball pen', price: { minor: 1_050 } },
  ])
  await manager.sync()
  url = (await served(world, manager)).url
})
afterEach(() => world.end())

async function ask<T>(method: string, path: string, body?: object): Promise<{ status: number; body: T }> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as T }
}

interface Stock {
  readonly relayOnHand: string
  readonly ownLater: string
  readonly onHand: string
  readonly oversold: boolean
}

describe('stock at a till', () => {
  const stock = async (): Promise<Stock> => (await ask<Stock>('GET', '/v1/stock/TEA')).body

  test('is what the relay knows less own later sales, through sync, restart and a credit note', async () => {
    await ask('POST', '/v1/items', {
      items: [{ sku: 'TEA', price: { minor: 10_000 } }],
      received: [{ sku: 'TEA', quantity: '10' }],
    })
    await manager.sync()
    expect(await stock()).toMatchObject({ relayOnHand: '10', ownLater: '0', onHand: '10', oversold: false })
    await manager.disconnect('Mira')
    const { record } = await manager.till.sell(tea('4'))
    await manager.till.sell(tea('7'))
    expect(await stock()).toMatchObject({ relayOnHand: '10', ownLater: '11', onHand: '-1', oversold: true })
    await manager.till.credit({ ...tea('3'), reason: 'torn', corrects: { number: record.body.number } })
    expect(await stock()).toMatchObject({ ownLater: '8', onHand: '2', oversold: false })
    // Receipted, and not yet counted in the copy that came before it was sent.
    await manager.sync()
    expect(await stock()).toMatchObject({ onHand: '2' })
    await manager.sync()
    expect(await stock()).toMatchObject({ relayOnHand: '2', ownLater: '0', onHand: '2' })
    await manager.till.sell(tea('1'))
    await world.stop(manager)
    const again = await world.agent(world.path('T01'))
    expect(await again.stock.view('TEA')).toMatchObject({ relayOnHand: '2', ownLater: '1', onHand: '1' })
  })

  test('a bill that sells more than there is says so, and is sealed all the same', async () => {
    await ask('POST', '/v1/items', {
      items: [{ sku: 'PEN', price: { minor: 1_050 } }],
      received: [{ sku: 'PEN', quantity: '2' }],
    })
    await manager.sync()
    const { body: bill } = await ask<{ id: string }>('POST', '/v1/bills', {})
    const added = await ask<{ oversold: unknown }>('POST', `/v1/bills/${bill.id}/lines`, {
      sku: 'PEN',
      quantity: '3',
    })
    expect(added.body.oversold).toEqual([{ sku: 'PEN', onHand: '2', wanted: '3' }])
    const sealed = await ask('POST', `/v1/bills/${bill.id}/seal`, { tenders: { exactly: { type: 'cash' } } })
    expect(sealed.status).toBe(201)
    const { body } = await ask<{ items: unknown[] }>('GET', '/v1/items?query=PEN&limit=1')
    expect(body.items[0]).toMatchObject({ onHand: '-1', oversold: true })
  })
})

describe('a bill by scans', () => {
  interface Touched {
    readonly id: string
    readonly lines: readonly { readonly item: { readonly name: string; readonly order: number } }[]
    readonly added: unknown
  }

  test('is opened with its first line in one change, and takes SKUs, barcodes and words', async () => {
    await ask('POST', '/v1/items', { items: [{ sku: 'PEN', barcodes: ['8901234567890'] }] })
    const first = await ask<Touched>('POST', '/v1/bills', { line: { scanned: '8901234567890' } })
    expect(first).toMatchObject({
      status: 201,
      body: { added: { sku: 'PEN', name: 'Ball pen', inConflict: false }, lines: [{ quantity: '1' }] },
    })
    const lines = `/v1/bills/${first.body.id}/lines`
    for (const body of [{ scanned: 'tea' }, { scanned: 'assam', quantity: '2' }, { sku: 'PEN' }])
      expect((await ask('POST', lines, body)).status).toBe(201)
    const { body } = await ask<Touched>('GET', `/v1/bills/${first.body.id}`)
    expect(body.lines.map(({ item }) => `${item.order} ${item.name}`)).toEqual([
      '0 Ball pen',
      '1 Assam tea',
      '2 Assam tea',
      '3 Ball pen',
    ])
  })

  test('R1 what no item is called opens no bill and adds no line, and the answer says what to do', async () => {
    const unknown = {
      status: 404,
      body: { type: 'counterfoil:unknown-sku', detail: expect.stringContaining('"0000"') },
    }
    expect(await ask('POST', '/v1/bills', { line: { scanned: '0000' } })).toMatchObject(unknown)
    expect((await ask('GET', '/v1/bills')).body).toEqual({ bills: [] })
    const { body: bill } = await ask<Touched>('POST', '/v1/bills', {})
    const lines = `/v1/bills/${bill.id}/lines`
    expect(await ask('POST', lines, { scanned: '0000' })).toMatchObject(unknown)
    for (const body of [{}, { sku: 'PEN', scanned: 'PEN' }])
      expect(await ask('POST', lines, body)).toMatchObject({
        status: 400,
        body: { type: 'counterfoil:invalid-line' },
      })
    expect((await ask<Touched>('GET', `/v1/bills/${bill.id}`)).body.lines).toEqual([])
  })
})

describe('sales as a till shows them', () => {
  const stateOf = async (number: string): Promise<string> =>
    (await ask<{ invoice: { state: string } }>('GET', `/v1/invoices?${new URLSearchParams({ number })}`)).body
      .invoice.state

  test('S3 a sale is here, then at the relay, then in a closed day; never at the relay without a receipt', async () => {
    await manager.disconnect('Mira')
    const { record } = await manager.till.sell(tea())
    const { number } = record.body
    expect(await stateOf(number)).toBe('here')
    await manager.markSynced('Mira')
    expect(await stateOf(number)).toBe('here')
    await manager.sync()
    expect(await stateOf(number)).toBe('relay')
    await manager.till.closeDay('Mira')
    expect(await stateOf(number)).toBe('closed')
  })

  test('H1 every duplicate is counted and recorded, also after a restart', async () => {
    const { record } = await manager.till.sell(tea())
    const { number } = record.body
    const print = async (): Promise<number> =>
      (await ask<{ duplicate: number }>('POST', '/v1/invoices/reprint', { number })).body.duplicate
    expect([await print(), await print()]).toEqual([1, 2])
    await world.stop(manager)
    const again = await world.agent(world.path('T01'))
    expect(await again.copies.next('Mira', number)).toBe(3)
    const [book] = await again.books.onDisk()
    if (!book) throw new Error('There is a day book')
    const { records } = await again.books.everyRecord(book)
    const events = records.flatMap(({ body }) =>
      body.type === 'event' && body.event === 'reprint' ? [body.detail] : [],
    )
    expect(events).toEqual([1, 2, 3].map((copy) => ({ number, copy })))
  })

  test('R1 what is no number, or none there is, is no duplicate', async () => {
    expect((await ask('POST', '/v1/invoices/reprint', { number: 'nothing' })).status).toBe(400)
    expect((await ask('POST', '/v1/invoices/reprint', { number: 'T01A/2627/999999' })).status).toBe(404)
  })
})

describe('Set-Up at a manager’s terminal', () => {
  test('A2 people are entered through the relay, and at once sign in here; not in disconnected mode', async () => {
    const add = (name: string, role: string) =>
      ask<{ cashiers: unknown }>('POST', '/v1/setup/users', { name, role, pin: '471100' })
    expect(await add('Asha', 'cashier')).toMatchObject({
      status: 409,
      body: { type: 'counterfoil:first-is-manager' },
    })
    const added = await add('Mira', 'manager')
    expect(added.status).toBe(201)
    expect(added.body.cashiers).toEqual([{ name: 'Mira', role: 'manager' }])
    expect(manager.documents.people().map(({ name }) => name)).toEqual(['Mira'])
    // Who set it up is not signed in: from now on a person has to be.
    expect((await ask('GET', '/v1/setup/users')).status).toBe(401)
  })

  test('printing and what slips say of the shop are kept, and refused in disconnected mode', async () => {
    const settings = {
      widthMm: 58,
      header: 'Welcome',
      footer: '',
      copies: 2,
      autoPrint: true,
      drawerOnCash: false,
    }
    expect(await ask('PUT', '/v1/setup/printing', settings)).toEqual({ status: 200, body: settings })
    expect((await ask('GET', '/v1/setup/printing')).body).toEqual(settings)
    expect((await ask('PUT', '/v1/setup/shop', { address: '1 Main Street' })).body).toMatchObject({
      address: '1 Main Street',
    })
    expect((await ask('PUT', '/v1/setup/printing', { ...settings, copies: 9 })).status).toBe(400)
    await manager.disconnect('Mira')
    expect(await ask('PUT', '/v1/setup/printing', settings)).toMatchObject({
      status: 403,
      body: { type: 'counterfoil:online-only' },
    })
    expect(await ask('PUT', '/v1/setup/shop', { address: 'x' })).toMatchObject({ status: 403 })
  })
})

describe('withdrawn items', () => {
  const skus = async (query: string): Promise<string[]> =>
    (await ask<{ items: { sku: string }[] }>('GET', `/v1/items?${query}`)).body.items.map(({ sku }) => sku)

  test('are found only where they are asked for, also by their barcode, and come back', async () => {
    await ask('POST', '/v1/items', { items: [{ sku: 'PEN', withdrawn: true, barcodes: ['4006381'] }] })
    expect(await skus('query=pen')).toEqual([])
    expect(await skus('query=4006381&limit=1')).toEqual([])
    expect(await skus('query=pen&withdrawn=false')).toEqual([])
    expect(await skus('query=4006381&limit=1&withdrawn=true')).toEqual(['PEN'])
    expect(await skus('withdrawn=true')).toEqual(['TEA', 'PEN'])
    await ask('POST', '/v1/items', { items: [{ sku: 'PEN', withdrawn: false }] })
    expect(await skus('query=pen')).toEqual(['PEN'])
  })

  test('R1 what is neither true nor false is refused', async () => {
    expect(await ask('GET', '/v1/items?withdrawn=perhaps')).toMatchObject({
      status: 400,
      body: { type: 'counterfoil:invalid-query' },
    })
  })
})

describe('items page by page', () => {
  test('pages neither repeat nor skip, and say how many there are', async () => {
    const items = Array.from({ length: 30 }, (_, index) => ({
      sku: `S${index}`,
      name: `Same ${index % 3}`,
      price: { minor: 1 },
    }))
    await manager.catalogue.edit('Mira', 'edit', items)
    const seen: string[] = []
    for (let offset = 0; offset < 40; offset += 7) {
      const { body } = await ask<{ items: { sku: string }[]; total: number }>(
        'GET',
        `/v1/items?query=same&limit=7&offset=${offset}`,
      )
      expect(body.total).toBe(30)
      seen.push(...body.items.map(({ sku }) => sku))
    }
    expect(seen.toSorted()).toEqual(items.map(({ sku }) => sku).toSorted())
    expect((await ask<{ taxes: unknown }>('GET', '/v1/taxes')).body.taxes).toEqual([
      { tax: '', items: 31 },
      { tax: 'CGST:2.5+SGST:2.5', items: 1 },
    ])
  })
})
