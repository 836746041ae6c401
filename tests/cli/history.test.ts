import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AsOfResponse, HistoryResponse } from '../../src/docs/generated/types.js'
import { tea, World } from '../support/world.js'
import { jsonHere, runHere } from './run-here.js'

let world: World
let clock = Date.parse('2026-06-01T06:00:00.000Z')
/** The codes of the manager's terminal and of the till, and where each directory lies. */
let office: string
let till: string
let data: { relay: string; office: string; till: string }

function later(minutes: number): string {
  clock += minutes * 60_000
  return new Date(clock).toISOString()
}

beforeAll(async () => {
  world = await World.make()
  world.now = () => new Date(clock)
  const relay = await world.relay()
  const manager = await world.terminal(relay, 'Office', { role: 'manager', mode: 'disconnected' })
  const seller = await world.terminal(relay, 'Till', { mode: 'disconnected' })
  office = manager.identity.code
  till = seller.identity.code
  data = { relay: relay.directory, office: world.path('Office'), till: world.path('Till') }
  for (const minor of [10_000, 12_000]) {
    const edit = { sku: 'TEA', name: 'Tea', price: { minor } }
    await manager.catalogue.edit('Mira', 'price edit', [edit], { whileDisconnected: true })
    if (minor === 10_000) {
      await manager.sync()
      await seller.sync()
    }
    later(60)
  }
  await seller.till.sell(tea())
  later(60)
  await manager.sync()
  await seller.sync()
  await world.stop(manager)
  await world.stop(seller)
  await world.stopRelay(relay)
})
afterAll(() => world.end())

async function pricesAsOf(args: readonly string[]): Promise<unknown[]> {
  const { entries = [] } = await jsonHere<AsOfResponse>(['history', 'TEA', ...args])
  return entries
    .filter(({ what }) => what.endsWith('price'))
    .flatMap(({ values }) => values.map(({ value }) => value))
}

test('H1 the price of a SKU at a moment, as the relay knew it and as each terminal did', async () => {
  const at = ['--as-of', '2026-06-01T07:30:00.000Z']
  expect(await pricesAsOf([...at, '--data', data.relay])).toEqual(['10000'])
  expect(await pricesAsOf([...at, '--data', data.relay, '--view', office])).toEqual(['12000'])
  expect(await pricesAsOf([...at, '--data', data.relay, '--view', till])).toEqual(['10000'])
  expect(await pricesAsOf([...at, '--data', data.office])).toEqual(['12000'])
  // The same moment, as a clock in India shows it.
  expect(await pricesAsOf(['--as-of', '2026-06-01T14:31:00+05:30', '--data', data.relay])).toEqual(['12000'])
})

test('H1 invoices as of a moment, in words', async () => {
  const args = ['history', '--as-of', '2026-06-01T08:30:00Z', '--data', data.relay]
  expect((await runHere([...args, '--view', till])).stdout).toMatch(
    new RegExp(
      `^As terminal ${till} knew it at .*:\\n${till}A/2627/000001  invoice  .*  Asha  10000 \\w+ \\(minor units\\)\\n$`,
    ),
  )
  expect((await runHere(args)).stdout).toMatch(/^As the relay knew it at .*:\nnothing\n$/)
})

test('H1 pages, filters and what came late, in words and as JSON', async () => {
  const all = await jsonHere<HistoryResponse>(['history', '--data', data.relay])
  const first = await jsonHere<HistoryResponse>(['history', '--data', data.relay, '--limit', '3'])
  expect(first.history).toEqual(all.history.slice(0, 3))
  const second = await runHere([
    'history',
    '--data',
    data.relay,
    '--limit',
    '3',
    '--cursor',
    first.next ?? '',
  ])
  expect(second.stdout.trimEnd().split('\n')).toHaveLength(3)
  expect(second.stderr).toMatch(/There is more: --cursor \S+/)
  const mine = await jsonHere<HistoryResponse>(['history', '--data', data.relay, '--person', 'Mira'])
  expect(new Set(mine.history.map(({ by }) => by))).toEqual(new Set(['Mira']))
  const told = await runHere(['history', '--data', data.relay, '--terminal', till])
  expect(told.stdout).toMatch(/arrive late {2}day book .*: 1 values of 1 changes, made .* to /)
  expect(told.stdout).toMatch(/seal invoice .*\(came late: at the relay .*\)/)
})

test('R1 a terminal knows only what it knew itself', async () => {
  const args = ['history', 'TEA', '--as-of', '2026-06-01T08:30:00Z', '--data', data.till, '--view', 'relay']
  const { code, stderr } = await runHere(args)
  expect(code).toBe(5)
  expect(stderr).toContain('Ask the relay for the view "relay"')
})
