import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { AsOfResponse, HistoryResponse, TimelineLine } from '../../src/docs/generated/types.js'
import type { DocumentId } from '../../src/docs/naming.js'
import type { Agent } from '../../src/terminal/agent.js'
import { numbersOf, tea, World, type RunningRelay } from '../support/world.js'
import { Browser, OPERATOR } from './browser.js'
import { ask } from './raw-http.js'

const MINUTE = 60_000

let world: World
let relay: RunningRelay
let manager: Agent
let till: Agent
/** Moves with each step, so that every instant of the story is another one. */
let clock = Date.parse('2026-06-01T06:00:00.000Z')
/** Instants between the steps. */
const at: Record<string, string> = {}

function later(minutes: number, name?: string): void {
  clock += minutes * MINUTE
  if (name !== undefined) at[name] = new Date(clock).toISOString()
  clock += 1_000
}

/**
 * The manager prices tea, the till learns it and goes on apart; the price is edited on both sides of nothing; the till sells
 * for hours without a link, and comes back.
 */
beforeAll(async () => {
  world = await World.make()
  world.now = () => new Date(clock)
  relay = await world.relay()
  manager = await world.terminal(relay, 'Office', { role: 'manager', mode: 'disconnected' })
  till = await world.terminal(relay, 'Till', { mode: 'disconnected' })
  await price(10_000)
  await manager.sync()
  later(1)
  await till.sync()
  later(1, 'till knows 100')
  await price(12_000)
  later(10, 'edited, told to nobody')
  await manager.sync()
  later(1, 'relay knows 120')
  await till.till.sell(tea('1', { externalRef: 'first' }))
  later(120)
  await till.till.sell(tea('2', { externalRef: 'second' }))
  later(60, 'before the till comes back')
  await till.sync()
  later(1, 'all is known')
})
afterAll(() => world.end())

/** At the same address, so that terminals find it again. */
function again(): Promise<RunningRelay> {
  return world.relay({ port: Number(new URL(relay.url).port) })
}

async function price(minor: number): Promise<void> {
  const rights = { whileDisconnected: true }
  await manager.catalogue.edit('Mira', 'price edit', [{ sku: 'TEA', name: 'Tea', price: { minor } }], rights)
  later(1)
}

async function get<T>(path: string): Promise<T> {
  const answer = await ask(relay.url, 'GET', path, { token: OPERATOR })
  expect(answer).toMatchObject({ status: 200 })
  return answer.body as unknown as T
}

async function history(query: string): Promise<TimelineLine[]> {
  return (await get<HistoryResponse>(`/v1/admin/history${query}`)).history
}

function asOf(moment: string, query: string): Promise<AsOfResponse> {
  return get<AsOfResponse>(`/v1/admin/as-of?at=${at[moment]}&${query}`)
}

async function priceAsOf(moment: string, view: string): Promise<unknown[]> {
  const { entries = [] } = await asOf(moment, `view=${view}&about=TEA`)
  return entries
    .filter(({ what }) => what.endsWith(' price'))
    .flatMap(({ values }) => values.map(({ value }) => value))
}

describe('history at the relay', () => {
  test('H1 who, when and what of an item, with the time the relay got it and who brought it', async () => {
    const lines = (await history('?about=TEA')).filter(({ what }) => what === 'item TEA price')
    expect(lines).toMatchObject([
      { terminal: manager.identity.code, by: 'Mira', did: 'price edit', old: [], new: '10000' },
      { terminal: manager.identity.code, by: 'Mira', did: 'price edit', old: ['10000'], new: '12000' },
    ])
    for (const { witnessed, at: claimed } of lines) {
      expect(witnessed).toMatchObject({ from: manager.identity.code, by: 'arrival' })
      expect(Date.parse(witnessed?.at ?? '')).toBeGreaterThanOrEqual(Date.parse(claimed))
    }
    expect(lines[1]?.late).toBe(true)
  })

  test('H1 what came late is a merge in the timeline: how much, from whom, when, and how old it was', async () => {
    const merges = (await history('')).filter(({ merge }) => merge)
    const sales = merges.find(({ name }) => name.startsWith('day book'))
    expect(sales).toMatchObject({
      did: 'arrive late',
      terminal: till.identity.code,
      witnessed: { from: till.identity.code, by: 'arrival' },
    })
    expect(sales?.at.localeCompare(at['before the till comes back'] ?? '')).toBe(1)
    expect(sales?.merge?.values).toBeGreaterThanOrEqual(2)
    const { oldest = '', newest = '' } = sales?.merge ?? {}
    expect(Date.parse(newest) - Date.parse(oldest)).toBeGreaterThanOrEqual(120 * MINUTE)
  })

  test('H1 as of a moment: what the relay knew, and what each terminal knew', async () => {
    const code = till.identity.code
    expect(await priceAsOf('till knows 100', 'relay')).toEqual(['10000'])
    expect(await priceAsOf('till knows 100', code)).toEqual(['10000'])
    expect(await priceAsOf('edited, told to nobody', 'relay')).toEqual(['10000'])
    expect(await priceAsOf('edited, told to nobody', manager.identity.code)).toEqual(['12000'])
    expect(await priceAsOf('relay knows 120', 'relay')).toEqual(['12000'])
    expect(await priceAsOf('before the till comes back', code)).toEqual(['10000'])
    expect(await priceAsOf('all is known', code)).toEqual(['12000'])
  })

  test('H1 the till knew its invoices when it had sealed them, the relay when they came', async () => {
    const mine = await numbersOf(till)
    const numbers = async (moment: string, view: string): Promise<string[]> =>
      ((await asOf(moment, `view=${view}`)).invoices ?? []).map(({ number }) => number)
    expect(await numbers('relay knows 120', till.identity.code)).toEqual([])
    expect(await numbers('before the till comes back', till.identity.code)).toEqual(mine)
    expect(await numbers('before the till comes back', 'relay')).toEqual([])
    expect(await numbers('before the till comes back', manager.identity.code)).toEqual([])
    expect(await numbers('all is known', 'relay')).toEqual(mine)
  })

  test('H1 an invoice, a terminal, a shop, a person, a stretch of time', async () => {
    const [number = ''] = await numbersOf(till)
    const invoice = await history(`?about=${encodeURIComponent(number)}`)
    expect(invoice.filter(({ merge }) => !merge)).toMatchObject([{ by: 'Asha', did: 'seal invoice' }])
    const { code, terminal: id } = till.identity
    const all = await history('')
    const own = (await history(`?kind=terminal&about=${code}`)).filter(({ merge }) => !merge)
    expect(own.filter(({ terminal }) => terminal === code)).toEqual(
      all
        .filter(({ terminal, merge }) => terminal === code && !merge)
        .map(({ apart: _apart, ...line }) => expect.objectContaining(line)),
    )
    expect((await history(`?about=${id}`)).filter(({ merge }) => !merge)).toEqual(own)
    expect((await history('?kind=shop&about=Main')).length).toBe(all.length)
    expect(new Set((await history('?person=Mira')).map(({ by }) => by))).toEqual(new Set(['Mira']))
    const from = at['till knows 100'] ?? ''
    const some = await history(`?from=${from}&to=${at['relay knows 120']}`)
    expect(some.length).toBeGreaterThan(0)
    for (const line of some) expect(Date.parse(line.at)).toBeGreaterThanOrEqual(Date.parse(from))
  })

  test('H1 what a terminal had the relay write is witnessed by the relay itself', async () => {
    const { terminal, code, epoch, shop, role } = manager.identity
    const identity = { terminal, code, epoch, shop, role }
    await relay.relay.stock.receive(identity, [{ sku: 'TEA', quantity: '5' }])
    later(1, 'received')
    const [line] = (await history('?about=TEA')).filter(({ what }) => what === 'received TEA')
    expect(line).toMatchObject({
      terminal: manager.identity.code,
      new: '5',
      witnessed: { from: 'relay', by: 'own' },
    })
    const { entries = [], unknown } = await asOf('received', 'about=TEA')
    expect(entries.find(({ what }) => what === 'received TEA')?.values).toMatchObject([{ value: '5' }])
    expect(unknown).toBe(0)
  })

  test('H1 an invoice: the bill it was, edited on two terminals apart, its seal, and the credit note that names it', async () => {
    const { bill } = await till.desk.open('Asha', { sku: 'TEA' })
    await till.sync()
    await manager.sync()
    later(1)
    await manager.desk.edit('Mira', bill.id, { label: 'table 4' })
    await till.desk.edit('Asha', bill.id, { label: 'by the window' })
    await manager.sync()
    await till.sync()
    later(1, 'two labels')
    const { record } = await till.desk.seal('Asha', bill.id, { exactly: { type: 'cash' } })
    const { number } = record.body
    await till.till.credit({ ...tea(), corrects: { number } })
    await till.sync()
    later(1)
    const lines = await history(`?about=${encodeURIComponent(number)}`)
    const did = lines.map((line) => line.did)
    expect(did.filter((one) => one === 'edit bill')).toHaveLength(2)
    expect(did.indexOf('open bill')).toBe(0)
    expect(did.indexOf('seal invoice')).toBeGreaterThan(did.lastIndexOf('edit bill'))
    expect(did.indexOf('seal credit note')).toBeGreaterThan(did.indexOf('seal invoice'))
    const labels = lines.filter(({ what }) => what.endsWith(' label'))
    expect(labels.map(({ new: now, by }) => `${by}: ${now}`).sort()).toEqual([
      'Asha: by the window',
      'Mira: table 4',
    ])
    // Each was written without having seen the other.
    const [one, other] = labels
    expect(one?.apart?.changes).toContain(other?.change)
    expect(other?.apart?.changes).toContain(one?.change)
    const { entries = [] } = await asOf('two labels', `about=${bill.id}`)
    const label = entries.find(({ what }) => what.endsWith(' label'))
    expect(label?.values.map(({ value }) => value).sort()).toEqual(['by the window', 'table 4'])
    expect((await history(`?about=${bill.id}`)).map((line) => line.did)).toContain('seal invoice')
  })

  test('H1 pages hold every line once', async () => {
    const all = await history('')
    const paged: TimelineLine[] = []
    for (let cursor = ''; ;) {
      const { history: lines, next } = await get<HistoryResponse>(`/v1/admin/history?limit=7${cursor}`)
      paged.push(...lines)
      if (next === undefined) break
      cursor = `&cursor=${next}`
    }
    expect(paged).toEqual(all)
  })

  test('H1 A2 a manager reads the own shop only, and not that there is another', async () => {
    await world.terminal(relay, 'Branch till', { shop: 'Branch' })
    await Browser.add(relay, 'Mira', 'manager', 'Main')
    const mira = await Browser.signedIn(relay, 'Mira')
    const branch = relay.relay.shops.byName('Branch')
    const [other] = [...(branch?.terminals.values() ?? [])]
    for (const query of [
      `kind=terminal&about=${other?.code}`,
      'kind=shop&about=Branch',
      'kind=terminal&about=T99',
    ]) {
      expect(await mira.get(`/v1/admin/history?${query}`)).toMatchObject({
        status: 404,
        body: { type: 'counterfoil:unknown-subject' },
      })
    }
    const { history: lines } = (await mira.get('/v1/admin/history')).body as unknown as HistoryResponse
    expect(JSON.stringify(lines)).not.toContain(branch?.id)
    expect(lines.length).toBeGreaterThan(0)
  })

  test('H1 A2 a SKU that two shops have is told of one of them, each line with its shop; another shop of a manager is none', async () => {
    const branch = await world.terminal(relay, 'Branch office', { role: 'manager', shop: 'Branch' })
    await branch.catalogue.edit('Bela', 'edit', [{ sku: 'TEA', name: 'Tea', price: { minor: 9_900 } }])
    await branch.sync()
    later(1)
    const [main = '', other = ''] = ['Main', 'Branch'].map((name) => relay.relay.shops.byName(name)?.id)
    const shopsOf = (lines: readonly { readonly shop: string }[]): string[] =>
      [...new Set(lines.map(({ shop }) => shop))].sort()
    const now = new Date(clock).toISOString()
    const pricesOf = async (shop: string): Promise<unknown[]> => {
      const answer = await get<AsOfResponse>(`/v1/admin/as-of?about=TEA&at=${now}${shop}`)
      const prices = (answer.entries ?? []).filter(({ what }) => what === 'item TEA price')
      return prices.flatMap(({ values }) => values.map(({ value }) => value)).sort()
    }
    expect(shopsOf(await history('?about=TEA'))).toEqual([main, other].sort())
    expect(shopsOf(await history('?about=TEA&shop=Branch'))).toEqual([other])
    expect(shopsOf(await history(`?about=TEA&shop=${main}`))).toEqual([main])
    expect(await pricesOf('')).toEqual(['12000', '9900'])
    expect(await pricesOf('&shop=Branch')).toEqual(['9900'])
    const mira = await Browser.signedIn(relay, 'Mira')
    for (const shop of ['Branch', other, 'Nowhere']) {
      expect(await mira.get(`/v1/admin/history?about=TEA&shop=${shop}`)).toMatchObject({
        status: 404,
        body: { type: 'counterfoil:unknown-shop' },
      })
    }
    expect(shopsOf((await mira.get('/v1/admin/history?shop=Main')).body['history'] as never)).toEqual([main])
  })

  test('H1 force-complete, purge and a restart of the relay lose no history: it says the same as before', async () => {
    const said = async (): Promise<unknown[]> => [
      (await history('?kind=shop&about=Main')).map(({ apart: _apart, ...line }) => line),
      await asOf('before the till comes back', `view=${till.identity.code}`),
      await asOf('all is known', 'view=relay&about=TEA'),
      await history('?about=TEA'),
    ]
    const before = await said()
    later(1)
    expect(await till.forceComplete('Asha', true)).toMatchObject({ kept: 0 })
    expect(await numbersOf(till)).toEqual([])
    // Nothing that was there changes; that the till signed off and was purged may be said as well.
    const after = await said()
    expect(after.slice(1)).toEqual(before.slice(1))
    expect(after[0]).toEqual(expect.arrayContaining(before[0] as unknown[]))
    const settled = await said()
    await world.stopRelay(relay)
    relay = await again()
    expect(await said()).toEqual(settled)
    await world.stopRelay(relay)
    await rm(join(relay.directory, 'history'), { recursive: true })
    relay = await again()
    expect(await said()).toEqual(settled)
    expect(relay.relay.durable.isLoaded(bookOf(till))).toBe(false)
  })

  test('H1 D2 a kept history that is damaged is made again from the document', async () => {
    const before = await history('?about=TEA')
    await world.stopRelay(relay)
    const folder = join(relay.directory, 'history')
    for (const name of await readdir(folder)) {
      const path = join(folder, name)
      const bytes = await readFile(path)
      bytes[bytes.length >> 1]! ^= 1
      await writeFile(path, bytes)
    }
    relay = await again()
    expect(await history('?about=TEA')).toEqual(before)
  })

  test('H1 without a note of the arrival, the first receipt that covers a change witnesses it', async () => {
    await world.stopRelay(relay)
    await rm(join(relay.directory, 'arrivals.log'))
    relay = await again()
    const [number = ''] = ((await asOf('all is known', 'view=relay')).invoices ?? []).map((one) => one.number)
    const [line] = await history(`?about=${encodeURIComponent(number)}`)
    expect(line?.witnessed).toMatchObject({ from: till.identity.code, by: 'receipt' })
    expect(line?.late).toBe(true)
    const [edit] = (await history('?about=TEA')).filter(({ what }) => what === 'item TEA price')
    expect(edit?.witnessed).toMatchObject({ from: manager.identity.code, by: 'receipt' })
  })

  test('H1 of a terminal that stays connected the relay knows what it has seen, as it says so itself', async () => {
    const online = await world.terminal(relay, 'Online till', { mode: 'online' })
    const { code } = online.identity
    online.link.want(true)
    await online.goOnline('Asha')
    await vi.waitFor(() => expect(online.link.state).toMatchObject({ state: 'up' }))
    later(1, 'before the edit')
    await price(15_000)
    await manager.sync()
    await vi.waitFor(async () => expect((await online.catalogue.item('TEA')).price.minor).toBe(15_000))
    later(0, 'after the edit')
    await vi.waitFor(async () => expect(await priceAsOf('after the edit', code)).toEqual(['15000']))
    expect(await priceAsOf('before the edit', code)).toEqual(['12000'])
  })

  test.each([
    ['/v1/admin/as-of', 'invalid-query', 400],
    ['/v1/admin/as-of?at=yesterday', 'invalid-query', 400],
    ['/v1/admin/as-of?at=2026-13-01T00:00:00Z', 'invalid-query', 400],
    ['/v1/admin/as-of?at=2026-06-01T00:00:00Z&view=T99', 'unknown-terminal', 404],
    ['/v1/admin/as-of?at=2026-06-01T00:00:00Z&about=NOTHING', 'unknown-subject', 404],
    ['/v1/admin/history?about=NOTHING', 'unknown-subject', 404],
    ['/v1/admin/history?about=TEA&kind=thing', 'invalid-query', 400],
    ['/v1/admin/history?limit=5&cursor=x', 'invalid-query', 400],
    ['/v1/admin/history?from=2026-06-02T00:00:00Z&to=2026-06-01T00:00:00Z', 'invalid-query', 400],
  ])('R1 %s is refused: %s', async (path, code, status) => {
    expect(await ask(relay.url, 'GET', path, { token: OPERATOR })).toMatchObject({
      status,
      body: { type: `counterfoil:${code}` },
    })
  })
})

function bookOf(agent: Agent): DocumentId {
  for (const [id, name] of relay.relay.registry.entries())
    if (name.kind === 'daybook' && name.code === agent.identity.code) return id as DocumentId
  throw new Error('No day book came')
}
