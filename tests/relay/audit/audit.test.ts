import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AuditExceptions, AuditRecord, AuditSearch } from '../../../src/docs/generated/types.js'
import type { Agent } from '../../../src/terminal/agent.js'
import { tea, World, type RunningRelay } from '../../support/world.js'

let world: World
let relay: RunningRelay
let till: Agent
let other: Agent

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
  till = await world.terminal(relay, 'T01', { mode: 'disconnected' })
  other = await world.terminal(relay, 'T02', { mode: 'disconnected', shop: 'Branch' })
})
afterEach(() => world.end())

async function ask<T>(path: string): Promise<{ status: number; body: T }> {
  const response = await fetch(`${relay.url}/v1/admin/${path}`, {
    headers: { authorization: 'Bearer operator-token-for-tests' },
  })
  return { status: response.status, body: (await response.json()) as T }
}

const search = async (query: Record<string, string> = {}): Promise<AuditSearch> =>
  (await ask<AuditSearch>(`records?${new URLSearchParams(query)}`)).body

const numbers = ({ records }: AuditSearch): (string | undefined)[] => records.map(({ number }) => number)

function nextDay(): void {
  const { now } = world
  world.now = () => new Date(now().getTime() + 24 * 3_600_000)
}

async function someDays(): Promise<void> {
  for (let sale = 1; sale <= 5; sale += 1) await till.till.sell(tea(String(sale)))
  await till.till.closeDay('Mira')
  nextDay()
  await till.till.sell({ ...tea('9'), by: 'Ravi' })
  await other.till.sell(tea())
  await till.sync()
  await other.sync()
}

describe('an auditor’s search', () => {
  test('finds by number, date, amount, SKU, person, terminal and kind', async () => {
    await someDays()
    const all = await search()
    const sales = all.records.filter(({ type }) => type === 'invoice')
    expect(sales).toHaveLength(7)
    const [newest] = sales
    expect(numbers(await search({ number: newest?.number ?? '' }))).toEqual([newest?.number])
    const amounts = (await search({ least: '30000', most: '50000' })).records.map(({ payable }) => payable)
    expect(amounts).toEqual([50_000, 40_000, 30_000])
    expect((await search({ by: 'ravi' })).records.map(({ payable }) => payable)).toEqual([90_000])
    expect((await search({ terminal: 't02', what: 'invoice' })).records.map(({ code }) => code)).toEqual([
      'T02',
    ])
    expect((await search({ what: 'epoch-start' })).records).toHaveLength(2)
    expect((await search({ sku: 'TEA' })).records).toHaveLength(7)
    expect((await search({ sku: 'PEN' })).records).toEqual([])
    const day = sales.at(-1)?.day ?? ''
    expect((await search({ from: day, to: day, what: 'invoice', terminal: 'T01' })).records).toHaveLength(5)
    const shop = (await search({ terminal: 'T02' })).records[0]?.shop ?? ''
    expect(new Set((await search({ shop })).records.map(({ code }) => code))).toEqual(new Set(['T02']))
  })

  test('comes in pages that together are the whole, whatever their size', async () => {
    await someDays()
    const whole = (await search()).records
    for (const limit of ['1', '2', '7', '200']) {
      const paged: AuditSearch['records'] = []
      let cursor: string | undefined
      do {
        const page = await search({ limit, ...(cursor === undefined ? {} : { cursor }) })
        expect(page.records.length).toBeLessThanOrEqual(Number(limit))
        paged.push(...page.records)
        cursor = page.cursor
      } while (cursor !== undefined)
      expect(paged).toEqual(whole)
    }
  })

  test('R1 what is no query is refused with what is', async () => {
    for (const [query, code] of [
      ['least=much', 'invalid-query'],
      ['from=yesterday', 'invalid-date'],
      ['cursor=x', 'invalid-cursor'],
      [`cursor=${'2'.repeat(27)}:0`, 'invalid-cursor'],
      [`by=${'x'.repeat(300)}`, 'invalid-query'],
    ])
      expect(await ask(`records?${query}`)).toMatchObject({
        status: 400,
        body: { type: `counterfoil:${code}` },
      })
  })
})

describe('a record', () => {
  test('H2 is shown with what was signed, whether it was, and whether it follows the one before', async () => {
    await someDays()
    for (const { document, position, hash } of (await search()).records) {
      const { body } = await ask<AuditRecord>(`records/${document}/${position}`)
      expect(body.records).toMatchObject([{ facts: { hash }, signed: true, follows: true }])
    }
  })

  test('R1 one that is not here is not found', async () => {
    await someDays()
    const [record] = (await search()).records
    for (const path of [
      `${record?.document}/999`,
      `${record?.document}/0`,
      `${record?.document}/x`,
      'nothing/1',
    ])
      expect(await ask(`records/${path}`)).toMatchObject({
        status: 404,
        body: { type: 'counterfoil:unknown-record' },
      })
  })
})

describe('what an auditor asks about', () => {
  const audit = async (): Promise<AuditExceptions> => (await ask<AuditExceptions>('audit')).body

  test('N1 every series is said to be complete, with from, to and how many', async () => {
    await someDays()
    const { series, exceptions, records } = await audit()
    expect(records).toBeGreaterThan(8)
    expect(series).toMatchObject([
      { series: expect.stringMatching(/^T01A/), count: 6, complete: true },
      { series: expect.stringMatching(/^T02A/), count: 1, complete: true },
    ])
    expect(exceptions).toEqual([])
  })

  test('N1 a day book that is not here leaves a gap, which is named by positions and by numbers', async () => {
    await till.till.sell(tea())
    await till.till.sell(tea())
    await till.till.closeDay('Mira')
    nextDay()
    await till.till.sell(tea())
    const [first] = await till.books.onDisk()
    await till.sync()
    // As a disk that lost it would leave it.
    await relay.relay.registry.delete([first?.id ?? ''])
    const { series, exceptions } = await audit()
    expect(series).toMatchObject([{ count: 1, complete: false }])
    expect(exceptions).toMatchObject([
      { kind: 'missing-record', from: '1', to: '5', count: 5 },
      {
        kind: 'missing-number',
        from: expect.stringMatching(/1$/),
        to: expect.stringMatching(/2$/),
        count: 2,
      },
    ])
  })

  test('an override and what was taken back are listed with who and when; a sale without receipt as well', async () => {
    await till.till.sell({
      ...tea(),
      lines: [
        {
          id: '1',
          sku: 'TEA',
          name: 'Tea',
          quantity: '1',
          taxes: [],
          price: { minor: 9_000 },
          override: { from: { minor: 10_000 }, reason: 'dented' },
        },
      ],
    })
    await till.journal.note('Ravi', 'void-line', {
      bill: 'b',
      line: 'l',
      sku: 'PEN',
      quantity: '1',
      back: false,
    })
    await till.training.start('Mira')
    await till.training.sell('Ravi', 'bill_00000000000000000001', tea())
    await till.desk.endTraining('Ravi')
    await till.sync()
    expect((await audit()).exceptions).toMatchObject([
      { kind: 'override', by: 'Asha', count: 1, number: expect.any(String) },
      { kind: 'void', by: 'Ravi', detail: { sku: 'PEN' } },
      { kind: 'training', by: 'Mira' },
      { kind: 'training', by: 'Ravi', detail: { payable: 10_000 } },
    ])
  })

  test('what came long after the time it claims is listed with both times', async () => {
    await till.till.sell(tea())
    nextDay()
    nextDay()
    await till.sync()
    await relay.relay.arrivals.settled()
    const late = (await audit()).exceptions.filter(({ kind }) => kind === 'late')
    expect(late.map(({ position }) => position)).toEqual([1, 3])
    expect(late[0]?.detail).toEqual({ claimed: late[0]?.at, came: expect.any(String) })
  })
})
