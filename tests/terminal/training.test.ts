import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isSale, type RecordBody } from '../../src/docs/record.js'
import { nodeDisk } from '../../src/storage/disk.js'
import type { Agent } from '../../src/terminal/agent.js'
import { FaultyDisk } from '../storage/disks.js'
import { tea, World, type RunningRelay } from '../support/world.js'

const EXACTLY = { exactly: { type: 'cash' } } as const
const REFUSED = { name: 'Refused', code: 'training-mode' }

let world: World
let relay: RunningRelay
let till: Agent

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
  till = await world.terminal(relay, 'T01', { role: 'manager' })
  await till.catalogue.edit('Mira', 'edit', [{ sku: 'TEA', name: 'Tea', price: { minor: 10_000 } }])
  await till.sync()
})
afterEach(() => world.end())

async function bodiesOf(agent: Agent): Promise<RecordBody[]> {
  const found: RecordBody[] = []
  for (const book of await agent.books.onDisk())
    found.push(...(await agent.books.everyRecord(book)).records.map(({ body }) => body))
  return found.sort((a, b) => a.chain.position - b.chain.position)
}

const openTea = async (agent: Agent): Promise<string> =>
  (await agent.desk.open('Ravi', { sku: 'TEA' })).bill.id

describe('training mode', () => {
  test('N1 H1 what is practised is recorded, and takes no number, no place in a total and nothing from the stock', async () => {
    const first = await till.till.sell(tea())
    const { sequences, totals, perpetual } = till.chain.state
    await till.training.start('Mira')
    const bill = await openTea(till)
    const cash = [{ type: 'cash', minor: 12_000 }] as const
    expect(await till.desk.practise('Ravi', bill, cash)).toMatchObject({
      by: 'Ravi',
      totals: { payable: 10_000 },
      change: 2_000,
      lines: [{ sku: 'TEA', quantity: '1' }],
    })
    expect(till.chain.state).toMatchObject({ sequences, totals, perpetual })
    expect((await till.desk.get(bill)).status).toBe('cancelled')
    await till.desk.endTraining('Ravi')
    const second = await till.till.sell(tea())
    expect([first, second].map(({ record }) => record.body.number.slice(-6))).toEqual(['000001', '000002'])

    const [start, practised, end] = (await bodiesOf(till)).filter(
      (body) => body.type === 'event' && body.event.startsWith('training'),
    )
    expect(start).toMatchObject({ event: 'training-start', by: 'Mira' })
    const detail = { bill, lines: 1, payable: 10_000, currency: 'INR' }
    expect(practised).toMatchObject({ event: 'training-sale', by: 'Ravi', detail })
    expect(end).toMatchObject({ event: 'training-end', by: 'Ravi' })

    await till.sync()
    await till.sync()
    // Two were sold, of what nobody received.
    expect(await till.stock.view('TEA')).toMatchObject({ onHand: '-2' })
    expect((await till.status()).unreceipted).toMatchObject({ invoices: 0 })
  })

  test('nothing is sealed as a sale while it is on, and all of it can be when it has ended', async () => {
    const { record } = await till.till.sell(tea('2', { externalRef: 'order 1' }))
    const bill = await openTea(till)
    await till.training.start('Mira')
    const corrects = { number: record.body.number }
    await expect(till.till.sell(tea())).rejects.toMatchObject(REFUSED)
    await expect(till.till.credit({ ...tea(), reason: 'torn', corrects })).rejects.toMatchObject(REFUSED)
    await expect(till.till.closeDay('Mira')).rejects.toMatchObject(REFUSED)
    await expect(till.desk.seal('Ravi', bill, EXACTLY)).rejects.toMatchObject(REFUSED)
    await expect(till.desk.practise('Ravi', bill, EXACTLY)).rejects.toMatchObject({
      code: 'not-a-training-bill',
    })
    // What was sealed before is answered: a program that asks again must not sell it a second time elsewhere.
    expect(await till.till.sell(tea('2', { externalRef: 'order 1' }))).toMatchObject({ again: true })
    await till.desk.endTraining('Mira')
    expect((await till.desk.seal('Ravi', bill, EXACTLY)).again).toBe(false)
    await till.till.credit({ ...tea(), reason: 'torn', corrects })
    await till.till.closeDay('Mira')
  })

  test('a bill of training mode is sealed nowhere, and ends here with it', async () => {
    await till.training.start('Mira')
    const [parked, open] = [await openTea(till), await openTea(till)]
    await till.desk.edit('Ravi', parked, { status: 'parked' })
    await till.sync()
    const other = await world.terminal(relay, 'T02')
    await other.desk.edit('Asha', parked, { status: 'open' })
    await expect(other.desk.seal('Asha', parked, EXACTLY)).rejects.toMatchObject({ code: 'training-bill' })
    await expect(other.desk.practise('Asha', parked, EXACTLY)).rejects.toMatchObject({
      code: 'not-in-training',
    })
    await till.desk.endTraining('Ravi')
    await expect(till.desk.seal('Ravi', open, EXACTLY)).rejects.toMatchObject({ code: 'bill-is-cancelled' })
    expect(await till.desk.unsealed()).toEqual([])
    // What was taken off in ending is no sale that somebody took back.
    const voids = (await bodiesOf(till)).filter((body) => body.type === 'event' && body.event === 'void-bill')
    expect(voids).toMatchObject([{ detail: { training: true } }, { detail: { training: true } }])
  })

  test('what cannot be sealed cannot be practised either, and nothing is recorded of it', async () => {
    await till.training.start('Mira')
    const bill = await openTea(till)
    const { position } = till.chain.state
    await expect(till.desk.practise('Ravi', bill, [{ type: 'cash', minor: 9_999 }])).rejects.toMatchObject({
      name: 'TenderTooSmall',
    })
    expect(till.chain.state.position).toBe(position)
    expect((await till.desk.get(bill)).status).toBe('open')
  })

  test('S1 begun while sales are sealed, it parts them: none is sealed between its beginning and its end', async () => {
    const sell = (): Promise<unknown> => till.till.sell(tea()).catch((error: unknown) => error)
    const before = [sell(), sell()]
    const start = till.training.start('Mira')
    const meanwhile = [sell(), sell(), till.training.start('Ravi')]
    await Promise.all([...before, start, ...meanwhile])
    const end = till.training.end('Mira')
    await Promise.all([sell(), end, sell(), sell()])
    let on = false
    let sales = 0
    for (const body of await bodiesOf(till)) {
      if (body.type === 'event' && body.event === 'training-start') on = true
      if (body.type === 'event' && body.event === 'training-end') on = false
      if (!isSale(body)) continue
      sales += 1
      expect(on, body.number).toBe(false)
    }
    expect(sales).toBeGreaterThanOrEqual(4)
  })

  test('D3 it stays on over a kill, a purge and a restart, and a new epoch begins without it', async () => {
    const directory = await world.paired(relay, 'T09')
    const disk = new FaultyDisk(nodeDisk)
    const killed = await world.agent(directory, { disk })
    await killed.sync()
    await killed.training.start('Mira')
    await world.abandon(killed, disk)
    const again = await world.agent(directory)
    expect(again.training.on).toMatchObject({ by: 'Mira' })
    await again.forceComplete('Mira', false)
    await world.stop(again)
    const purged = await world.agent(directory)
    expect((await purged.status()).training).toMatchObject({ by: 'Mira' })
    await expect(purged.till.sell(tea())).rejects.toMatchObject(REFUSED)
    await purged.chain.beginEpoch()
    expect(purged.training.on).toBeUndefined()
  })
})
