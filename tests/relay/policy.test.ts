import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DocumentName } from '../../src/docs/naming.js'
import { SHOP_BILLS, TERMINAL_DAY_BOOKS } from '../../src/protocol/limits.js'
import { DocumentQuota } from '../../src/relay/document-quota.js'
import { OPERATOR } from '../../src/relay/shops.js'
import { World, type RunningRelay } from '../support/world.js'
import { RawBook } from './raw-book.js'
import { ask } from './raw-http.js'
import { RawTerminal } from './raw-terminal.js'

let world: World
let relay: RunningRelay
let seller: RawTerminal
let reader: RawTerminal
let number: string

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  seller = await RawTerminal.paired(relay, 'T01')
  reader = await RawTerminal.paired(relay, 'T02')
  const book = new RawBook(seller, new Date())
  const { body } = book.sell()
  number = body.type === 'invoice' ? body.number : ''
  await seller.give(book)
  await seller.post('/v1/custody', { documents: [book.asked] })
})
afterAll(() => world.end())

async function lookUp(terminal: RawTerminal, wanted: string): Promise<[number, unknown]> {
  const token = await terminal.session()
  const { status, body } = await ask(relay.url, 'GET', `/v1/invoice?number=${encodeURIComponent(wanted)}`, {
    token,
  })
  return [status, body['type']]
}

describe('what other terminals sealed', () => {
  const unknown = (): string => number.replace(/1$/, '9')

  test('A2 is looked up by number where the shop’s policy does not say otherwise', async () => {
    expect(await lookUp(reader, number)).toEqual([200, undefined])
    expect(await lookUp(reader, unknown())).toEqual([404, 'counterfoil:unknown-invoice'])
  })

  test('A2 is kept from them where it does, even whether it exists; one’s own is not', async () => {
    await relay.relay.shops.configure('Main', { othersInvoices: false }, OPERATOR)
    const refused = [403, 'counterfoil:others-invoices']
    expect(await lookUp(reader, number)).toEqual(refused)
    expect(await lookUp(reader, unknown())).toEqual(refused)
    expect(await lookUp(seller, number)).toEqual([200, undefined])
    await relay.relay.shops.configure('Main', { othersInvoices: true }, OPERATOR)
    expect(await lookUp(reader, number)).toEqual([200, undefined])
  })
})

describe('how many documents there may be', () => {
  const SHOP = 'shop_00000000000000000000'
  const TERMINAL = 'term_00000000000000000000'
  const book = (part: number, terminal = TERMINAL): DocumentName => ({
    kind: 'daybook',
    shop: SHOP,
    terminal,
    code: 'T01',
    epoch: 'A',
    day: '2026-04-01',
    part,
  })
  const bills = (day: number, shop = SHOP): DocumentName => ({
    kind: 'bills',
    shop,
    day: new Date(day * 86_400_000).toISOString().slice(0, 10),
  })
  const named = (names: DocumentName[]): [string, DocumentName][] =>
    names.map((name, index) => [String(index), name])
  const times = (count: number, make: (index: number) => DocumentName): DocumentName[] =>
    Array.from({ length: count }, (_, index) => make(index))

  test('A3 a terminal has so many day books, whatever others have', () => {
    const others = times(100, (part) => book(part, 'term_11111111111111111111'))
    const quota = new DocumentQuota(named([...times(TERMINAL_DAY_BOOKS - 1, book), ...others]), {
      terminal: TERMINAL,
      shop: SHOP,
    })
    expect([quota.take(book(0)), quota.take(book(1)), quota.take(bills(0))]).toEqual([true, false, true])
  })

  test('A3 a shop has so many days of bills, whatever others have', () => {
    const others = times(100, (day) => bills(day, 'shop_11111111111111111111'))
    const quota = new DocumentQuota(named([...times(SHOP_BILLS - 1, bills), ...others]), {
      terminal: TERMINAL,
      shop: SHOP,
    })
    expect([quota.take(bills(0)), quota.take(bills(1)), quota.take(book(0))]).toEqual([true, false, true])
  })
})
