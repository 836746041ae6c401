import { cp } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EventRecord } from '../../src/docs/record.js'
import type { Agent } from '../../src/terminal/agent.js'
import type { Chain } from '../../src/terminal/chain.js'
import { Journal } from '../../src/terminal/journal.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { served } from '../support/till-api.js'
import { memoryLog, tea, until, World, type RunningRelay } from '../support/world.js'

let world: World
let relay: RunningRelay

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterEach(() => world.end())

async function eventsOf(agent: Agent): Promise<EventRecord[]> {
  const found: EventRecord[] = []
  for (const book of await agent.books.onDisk())
    for (const { body } of (await agent.books.everyRecord(book)).records)
      if (body.type === 'event') found.push(body)
  return found
}

async function told(agent: Agent, event: EventRecord['event']): Promise<EventRecord['detail'][]> {
  return (await eventsOf(agent)).filter((body) => body.event === event).map(({ detail }) => detail)
}

describe('the journal of a terminal', () => {
  test('H1 another price, a line and a bill taken back are recorded, also where the bill is never sealed', async () => {
    const manager = await world.terminal(relay, 'T01', { role: 'manager' })
    await manager.catalogue.edit('Mira', 'edit', [{ sku: 'TEA', name: 'Tea', price: { minor: 10_000 } }])
    const { desk } = manager
    const { bill } = await desk.open('Asha', { sku: 'TEA', quantity: '2' })
    const line = bill.lines[0]?.id ?? ''
    await desk.editLine('Asha', bill.id, line, { override: { price: { minor: 9_000 }, reason: 'dented' } })
    await desk.editLine('Asha', bill.id, line, { voided: true })
    await desk.editLine('Asha', bill.id, line, { voided: true })
    await desk.editLine('Asha', bill.id, line, { voided: false })
    await desk.edit('Asha', bill.id, { status: 'cancelled' })
    const what = { bill: bill.id, line, sku: 'TEA' }
    expect(await told(manager, 'override')).toEqual([{ ...what, from: 10_000, to: 9_000, reason: 'dented' }])
    expect(await told(manager, 'void-line')).toEqual([
      { ...what, quantity: '2', back: false },
      { ...what, quantity: '2', back: true },
    ])
    expect(await told(manager, 'void-bill')).toEqual([{ bill: bill.id, lines: 1 }])
    expect(new Set((await eventsOf(manager)).slice(1).map(({ by }) => by))).toEqual(new Set(['Asha']))
  })

  test('H1 an export is recorded with its range, before anything of it is given', async () => {
    const till = await world.terminal(relay, 'T01')
    await till.till.sell(tea())
    const { url } = await served(world, till)
    const response = await fetch(`${url}/v1/export?format=csv&from=2026-01-01`)
    expect(response.status).toBe(200)
    await response.text()
    await fetch(`${url}/v1/exports`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ format: 'gstr1', to: '2026-12-31' }),
    })
    expect(await told(till, 'export')).toEqual([
      { format: 'csv', from: '2026-01-01', to: '' },
      { format: 'gstr1', from: '', to: '2026-12-31' },
    ])
  })

  test('H1 what was purged is recorded, with who ordered it', async () => {
    const till = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await till.till.sell(tea())
    await till.forceComplete('Mira', false)
    const [purge] = (await eventsOf(till)).filter(({ event }) => event === 'purge')
    expect(purge).toMatchObject({ by: 'Mira', detail: { purged: expect.any(Number), kept: 0 } })
    expect(await told(till, 'force-complete')).toEqual([{ handoff: purge?.detail?.['handoff'] }])
  })

  test('N2 a restored directory says so at the head of its new epoch', async () => {
    const till = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await till.till.sell(tea())
    await till.sync()
    await world.stop(till)
    await cp(world.path('T01'), world.path('backup'), { recursive: true })
    const again = await world.agent(world.path('backup'))
    await again.sync()
    await again.till.sell(tea())
    expect(await told(again, 'restore')).toEqual([{ reason: 'copied' }])
    expect((await eventsOf(again)).filter(({ chain }) => chain.epoch === 'B')).toMatchObject([
      { event: 'epoch-start', chain: { position: 1 } },
      { event: 'restore', chain: { position: 2 } },
    ])
  })

  test('H1 a link that is lost and found is recorded, one that a person ends is not', async () => {
    const till = await world.terminal(relay, 'T01', { mode: 'online' })
    till.link.want(true)
    await until(till, () => till.link.state.state === 'up')
    const port = Number(new URL(relay.url).port)
    await world.stopRelay(relay)
    await until(till, async () => (await told(till, 'link-lost')).length === 1)
    relay = await world.relay({ port })
    await until(till, async () => (await told(till, 'link-found')).length === 1)
    await till.disconnect('Asha')
    expect((await eventsOf(till)).map(({ event }) => event)).toEqual([
      'epoch-start',
      'link-lost',
      'link-found',
      'mode-change',
    ])
  })
})

describe('the journal alone', () => {
  function journal(lastAt?: string) {
    const clock = { wall: Date.parse('2026-11-24T06:00:00.000Z'), elapsed: 0 }
    const events: unknown[] = []
    const chain = {
      state: lastAt === undefined ? {} : { lastAt },
      event: (by: string, event: string, detail: object) =>
        Promise.resolve(events.push({ by, event, ...detail })),
    }
    const made = new Journal({
      outside: {
        disk: nodeDisk,
        now: () => new Date(clock.wall),
        elapsed: () => clock.elapsed,
        random: (bytes) => new Uint8Array(bytes),
      },
      chain: () => chain as unknown as Chain,
      terminal: () => 'T01',
      log: memoryLog(),
    })
    return { clock, events, made }
  }

  test('a clock that is set is recorded with how far; drift is not', () => {
    const { clock, events, made } = journal()
    made.lookAtClock()
    clock.elapsed += 15_000
    clock.wall += 16_000
    made.lookAtClock()
    expect(events).toEqual([])
    clock.elapsed += 15_000
    clock.wall -= 3_600_000
    made.lookAtClock()
    expect(events).toMatchObject([
      { by: 'T01', event: 'clock-change', seconds: -3615, expected: '2026-11-24T06:00:31.000Z' },
    ])
    clock.elapsed += 15_000
    clock.wall += 15_000
    made.lookAtClock()
    expect(events).toHaveLength(1)
  })

  test('a clock behind the last record is recorded at the start', () => {
    const { events, made } = journal('2026-11-24T09:00:00.000Z')
    made.watchClock()
    made.stop()
    expect(events).toMatchObject([{ event: 'clock-change', seconds: -10_800, how: 'behind the last record' }])
  })

  test('a link that comes and goes is recorded once a minute, with how often it went meanwhile', () => {
    const { clock, events, made } = journal()
    const up = { state: 'up' } as Parameters<Journal['linkChanged']>[0]
    const flap = (ms: number): void => {
      made.linkChanged({ state: 'down', reason: 'gone' }, true)
      clock.wall += ms
      made.linkChanged(up, true)
    }
    made.linkChanged(up, true)
    flap(2_000)
    for (let time = 0; time < 5; time += 1) flap(3_000)
    clock.wall += 60_000
    flap(4_000)
    expect(events).toMatchObject([
      { event: 'link-lost', reason: 'gone' },
      { event: 'link-found', seconds: 2 },
      { event: 'link-lost', unrecorded: 5 },
      { event: 'link-found', seconds: 4 },
    ])
  })
})
