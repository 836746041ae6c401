import * as A from '@automerge/automerge'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FlatDoc } from '../../src/docs/flat.js'
import type { ExportedInvoice } from '../../src/docs/generated/types.js'
import { documentId, shardOf, type DocumentName } from '../../src/docs/naming.js'
import { summariesIn } from '../../src/docs/sales.js'
import { readStock } from '../../src/docs/stock.js'
import type { Relay } from '../../src/relay/relay.js'
import { atEachOperation, EVERY } from '../storage/disks.js'
import { World, type RunningRelay } from '../support/world.js'
import { killedWhileCounting, settle } from './counted-books.js'
import { RawBook } from './raw-book.js'
import { RawTerminal } from './raw-terminal.js'

const AT = new Date('2026-04-01T06:00:00Z')

let world: World
let relay: RunningRelay
let till: RawTerminal
let shop = 0

beforeAll(async () => {
  world = await World.make()
  world.now = () => AT
  relay = await world.relay()
})
afterAll(() => world.end())
beforeEach(async () => {
  shop += 1
  till = await RawTerminal.paired(relay, `Till of shop ${shop}`, { shop: `Shop ${shop}` })
})

/** A copy that goes on from the same record, in the same day book or in another. */
function copyOf(book: RawBook, other?: { part?: number; day?: string; at?: Date }): RawBook {
  const copy = new RawBook(till, other?.at ?? AT, other ?? {})
  if (!other) copy.doc = A.clone(book.doc)
  copy.state = book.state
  return copy
}

/** Sold units, invoices and money, each by the document that tells it. */
async function countedOf({
  shops,
  identity,
  durable,
}: Relay): Promise<{ sold: string; invoices: number; payable: number }> {
  const owner = till.granted.shop
  const look = async (name: DocumentName): Promise<A.Doc<FlatDoc>> =>
    (await durable.open<FlatDoc>(documentId(identity.organisation, name)))?.doc() ?? {}
  const stock = await look({
    kind: 'stock',
    shop: owner,
    shard: shardOf('TEA', shops.get(owner).catalogueShards),
  })
  let invoices = 0
  let payable = 0
  for (const { totals } of summariesIn(
    await look({ kind: 'sales', shop: owner, month: '2026-04' }),
  ).values()) {
    invoices += totals.invoices
    payable += totals.payable
  }
  return { sold: readStock(stock, 'TEA').sold, invoices, payable }
}

const after = (...quantities: number[]): object => {
  const units = quantities.reduce((sum, quantity) => sum + quantity, 0)
  return { sold: String(units), invoices: quantities.length, payable: units * 10_000 }
}

async function exported(): Promise<{ quantity: string; fork: boolean }[]> {
  const found: ExportedInvoice[] = []
  for await (const sale of relay.relay.invoices.all({}))
    if (sale.terminal === till.granted.code) found.push(sale)
  return found
    .map(({ lines, fork }) => ({ quantity: lines[0]?.quantity ?? '', fork: fork === true }))
    .toSorted((a, b) => Number(a.quantity) - Number(b.quantity))
}

const alarms = () => relay.relay.fleet.forks.open().filter(({ shop: name }) => name === `Shop ${shop}`)

describe('a day book that two copies of a terminal wrote', () => {
  test('N2 is counted whole, each record once, in whatever order the copies come', async () => {
    const book = new RawBook(till, AT)
    book.sell('1')
    await settle(relay.relay, book)
    expect(alarms()).toEqual([])
    const copy = copyOf(book)
    book.sell('2')
    for (const quantity of ['3', '4']) copy.sell(quantity)
    await settle(relay.relay, book)
    await settle(relay.relay, copy)
    expect(await countedOf(relay.relay)).toEqual(after(1, 2, 3, 4))
    expect(alarms()).toMatchObject([{ seen: 'diverged', epoch: 'A' }])

    // Either goes on; what was counted is not counted again, also not by a relay that starts anew.
    book.sell('5')
    copy.sell('6')
    await settle(relay.relay, copy)
    await world.stopRelay(relay)
    relay = await world.relay()
    await settle(relay.relay, book)
    await Promise.all([settle(relay.relay, copy), settle(relay.relay, book)])
    expect(await countedOf(relay.relay)).toEqual(after(1, 2, 3, 4, 5, 6))
    expect(await exported()).toEqual([
      { quantity: '1', fork: false },
      ...['2', '3', '4', '5', '6'].map((quantity) => ({ quantity, fork: quantity !== '6' })),
    ])
  })

  test('N2 is counted whole also where both came before anything was counted, and where three wrote it', async () => {
    const book = new RawBook(till, AT)
    const copies = [copyOf(book), copyOf(book)]
    for (const [index, one] of [book, ...copies].entries())
      for (const more of [1, 4]) one.sell(String(index + more))
    for (const copy of copies) book.doc = A.merge(book.doc, A.clone(copy.doc))
    await settle(relay.relay, book)
    expect(await countedOf(relay.relay)).toEqual(after(1, 2, 3, 4, 5, 6))
    expect((await exported()).every(({ fork }) => fork)).toBe(true)
    expect(alarms()).toHaveLength(1)
  })

  test.each([
    ['another part', { part: 2 }],
    ['another day', { day: '2026-04-02', at: new Date('2026-04-02T06:00:00Z') }],
  ])('N2 in %s, where no position is written twice, is a fork as well', async (_what, other) => {
    const book = new RawBook(till, AT)
    book.sell('1')
    const copy = copyOf(book, other)
    for (const quantity of ['2', '3']) book.sell(quantity)
    copy.sell('4')
    await settle(relay.relay, book)
    expect(alarms()).toEqual([])
    await settle(relay.relay, copy)
    expect(alarms()).toMatchObject([{ seen: 'diverged' }])
    expect(await countedOf(relay.relay)).toEqual(after(1, 2, 3, 4))
    expect(await exported()).toEqual([
      { quantity: '1', fork: false },
      { quantity: '2', fork: true },
      { quantity: '3', fork: false },
      { quantity: '4', fork: true },
    ])
  })

  test('N2 where both go on in one later day book, side by side, is counted whole', async () => {
    const book = new RawBook(till, AT)
    book.sell('1')
    const copy = copyOf(book)
    book.sell('2')
    for (const quantity of ['3', '4']) copy.sell(quantity)
    const later = { part: 2 }
    const [next, beside] = [copyOf(book, later), copyOf(copy, later)]
    next.sell('5')
    for (const quantity of ['6', '7']) beside.sell(quantity)
    for (const one of [book, copy, next, beside]) await settle(relay.relay, one)
    expect(await countedOf(relay.relay)).toEqual(after(1, 2, 3, 4, 5, 6, 7))
  })

  test('N2 A3 of a line whose beginning is not there nothing is counted', async () => {
    const book = new RawBook(till, AT)
    book.sell('1')
    await settle(relay.relay, book)
    const copy = copyOf(book)
    for (const quantity of ['2', '3', '4']) book.sell(quantity)
    for (const quantity of ['5', '6']) copy.sell(quantity)
    copy.doc = A.change(A.clone(book.doc), (draft) => {
      draft['record/000000009'] = copy.doc['record/000000003'] as Uint8Array
    })
    await expect(settle(relay.relay, copy)).rejects.toThrow('does not follow the record before it')
    expect(await countedOf(relay.relay)).toEqual(after(1))
    expect(alarms()).toEqual([])
  })

  test('N2 the alarm hangs up on both, ends the epoch, and gives the next one once', async () => {
    const book = new RawBook(till, AT)
    book.sell('1')
    await settle(relay.relay, book)
    const copy = copyOf(book)
    book.sell('2')
    copy.sell('3')
    const live = await till.joined()
    await settle(relay.relay, book)
    await settle(relay.relay, copy)
    expect(await live.closed).toMatchObject({ code: 4011 })
    expect((await till.connect()).body.fork).toMatchObject({ epoch: 'A', seen: 'diverged', ended: true })

    const asked = 'ask_0123456789'
    const first = await till.post('/v1/epoch', { reason: 'forked', asked })
    expect(first.body).toEqual({ epoch: 'B' })
    // The answer was lost: the same directory asks again. Another one is told that its epoch has ended.
    expect((await till.post('/v1/epoch', { reason: 'forked', asked })).body).toEqual({ epoch: 'B' })
    const other = await till.post('/v1/epoch', { reason: 'forked', asked: 'ask_9876543210' })
    expect(other).toMatchObject({ status: 409, body: { type: 'counterfoil:epoch-ended' } })
    expect(
      relay.relay.incidents.list().filter(({ kind, terminal }) => kind === 'fork' && terminal === till.id),
    ).toHaveLength(1)
  })
})

test('N2 an epoch whose answer was lost raises no alarm when its directory comes back in the old one', async () => {
  const asked = 'ask_0123456789'
  await till.post('/v1/epoch', { reason: 'damaged', asked })
  const answer = till.response(await till.challenge())
  expect((await till.answer({ ...answer, asked })).body).toMatchObject({ epoch: 'B' })
  expect(alarms()).toEqual([])
  expect((await till.connect()).body.fork).toMatchObject({ seen: 'ended-epoch' })
  expect(alarms()).toHaveLength(1)
})

test('D3 N2 a relay killed at any file operation of counting a fork comes to the same figures, and to the alarm', async () => {
  const small = await world.relay({ name: 'small' })
  till = await RawTerminal.paired(small, 'T01')
  const book = new RawBook(till, AT)
  book.sell('1')
  const copy = copyOf(book)
  book.sell('2')
  for (const quantity of ['3', '4']) copy.sell(quantity)
  await settle(small.relay, book)
  await world.stopRelay(small)
  let tries = 0
  await atEachOperation(async (at) => {
    const { counted, done, again } = await killedWhileCounting(world, small.directory, 'small', copy, at)
    if (counted) expect(await countedOf(again)).toEqual(after(1, 2, 3, 4))
    await settle(again, copy)
    await settle(again, book)
    expect(await countedOf(again)).toEqual(after(1, 2, 3, 4))
    expect(again.fleet.forks.open()).toHaveLength(1)
    await again.close()
    tries += 1
    return done
  })
  expect(tries).toBeGreaterThan(20 / EVERY)
})
