import { cp } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newId } from '../../src/docs/ids.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { atEachOperation, dieAt, EVERY, failAt, FaultyDisk } from '../storage/disks.js'
import { numbersOf, relayNumbers, tea, World, type RunningRelay } from '../support/world.js'

let world: World
let relay: RunningRelay

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterEach(() => world.end())

/** A paired and synced directory that nobody has open, copied for each try. */
async function template(name: string): Promise<string> {
  const agent = await world.terminal(relay, name, { mode: 'disconnected' })
  await agent.till.sell(tea('1', { externalRef: 'first' }))
  await world.stop(agent)
  return world.path(name)
}

/** A sale whose record has some 600 KB. */
function wholesale() {
  const [line] = tea().lines
  return { ...tea(), lines: Array.from({ length: 2_000 }, (_, index) => ({ ...line!, id: String(index) })) }
}

describe('sealing', () => {
  test('N1 S4 a day book that is full is followed by its next part, also over a restart, and all of it is receipted', async () => {
    const first = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    const parts = async (agent: typeof first): Promise<number[]> =>
      (await agent.books.onDisk()).map(({ name }) => name.part).toSorted((a, b) => a - b)
    let sold = 0
    while ((await parts(first)).length < 2) {
      await first.till.sell(wholesale())
      sold += 1
      if (sold > 100) throw new Error('The day book never fills')
    }
    expect(sold).toBeGreaterThan(10)
    await world.stop(first)
    const again = await world.agent(world.path('T01'))
    await again.till.sell(tea())
    expect(new Set((await numbersOf(again)).map((number) => Number(number.slice(-6))))).toEqual(
      new Set(Array.from({ length: sold + 1 }, (_, index) => index + 1)),
    )
    expect(await again.sync()).toMatchObject({ complete: true, notTaken: [] })
    expect((await again.status()).unreceipted.invoices).toBe(0)
    expect((await relayNumbers(relay)).toSorted()).toEqual((await numbersOf(again)).toSorted())
  })

  test('N1 numbers follow on, also after a restart and across terminals', async () => {
    const first = await world.terminal(relay, 'T01')
    const second = await world.terminal(relay, 'Second till')
    for (let index = 0; index < 3; index += 1) await first.till.sell(tea())
    await second.till.sell(tea())
    await first.till.credit({ ...tea(), corrects: { outside: 'before' } })
    await world.stop(first)
    const again = await world.agent(world.path('T01'))
    await again.till.sell(tea())
    const year = numberYear((await numbersOf(again))[0])
    expect(await numbersOf(again)).toEqual(
      ['000001', '000002', '000003', 'C00001', '000004'].map((rest) => `T01A/${year}/${rest}`),
    )
    expect(await numbersOf(second)).toEqual([`T02A/${year}/000001`])
  })

  test('N1 a cancelled bill and a refused sale consume no number', async () => {
    const agent = await world.terminal(relay, 'T01', { role: 'manager' })
    await agent.catalogue.edit('Asha', 'import', [{ sku: 'TEA', name: 'Tea', price: { minor: 10_000 } }])
    const { bill } = await agent.desk.open('Asha')
    await agent.desk.addLine('Asha', bill.id, { sku: 'TEA', quantity: '2' })
    await expect(agent.desk.seal('Asha', bill.id, [{ type: 'cash', minor: 100 }])).rejects.toThrow('199.00')
    await agent.desk.edit('Asha', bill.id, { status: 'cancelled' })
    await expect(agent.desk.seal('Asha', bill.id, { exactly: { type: 'cash' } })).rejects.toThrow('cancelled')
    await agent.till.sell(tea())
    expect((await numbersOf(agent)).map((number) => number.slice(-6))).toEqual(['000001'])
  })

  test('a bill seals once, however often it is asked', async () => {
    const agent = await world.terminal(relay, 'T01', { role: 'manager' })
    await agent.catalogue.edit('Asha', 'import', [{ sku: 'TEA', name: 'Tea', price: { minor: 10_000 } }])
    const { bill } = await agent.desk.open('Asha')
    await agent.desk.addLine('Asha', bill.id, { sku: 'TEA', quantity: '2' })
    const exactly = { exactly: { type: 'cash' as const } }
    const all = await Promise.all(Array.from({ length: 5 }, () => agent.desk.seal('Asha', bill.id, exactly)))
    expect(new Set(all.map(({ record }) => record.hash)).size).toBe(1)
    expect(all.filter(({ again }) => !again)).toHaveLength(1)
    await world.stop(agent)
    const later = await world.agent(world.path('T01'))
    expect((await later.desk.get(bill.id)).status).toBe('sealed')
    expect((await later.desk.seal('Asha', bill.id, exactly)).again).toBe(true)
    expect(await numbersOf(later)).toHaveLength(1)
  })

  test('sales that come at the same moment are sealed one after the other', async () => {
    const agent = await world.terminal(relay, 'T01')
    const sold = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        agent.till.sell(tea('1', { externalRef: `ref-${index % 20}` })),
      ),
    )
    expect(new Set(sold.map(({ record }) => record.body.number)).size).toBe(20)
    const positions = sold.map(({ record }) => record.body.chain.position).sort((a, b) => a - b)
    expect(positions.at(-1)).toBe(21)
  })

  test('D3 killed at any file operation of a seal: acknowledged sales are whole, numbers go on without gap', async () => {
    await template('T01')
    let tries = 0
    await atEachOperation(async (at) => {
      const directory = world.path(`try-${at}`)
      await copyOf(world.path('T01'), directory)
      const disk = new FaultyDisk(nodeDisk)
      const acknowledged: string[] = []
      const agent = await world.agent(directory, { disk })
      agent.chain.block = undefined
      disk.operations.length = 0
      disk.decide = fromNowOn(dieAt(at))
      for (const ref of ['a', 'b', 'c']) {
        try {
          acknowledged.push((await agent.till.sell(tea('1', { externalRef: ref }))).record.body.number)
        } catch {
          break
        }
      }
      const done = disk.operations.length
      await world.abandon(agent, disk)
      await expectWhole(directory, acknowledged)
      tries += 1
      return done
    })
    expect(tries).toBeGreaterThan(6 / EVERY)
  })

  test('D4 a full disk refuses the sale with a clear message, and recovers by itself', async () => {
    await template('T01')
    await atEachOperation(async (at) => {
      const directory = world.path(`full-${at}`)
      await copyOf(world.path('T01'), directory)
      const disk = new FaultyDisk(nodeDisk)
      const agent = await world.agent(directory, { disk })
      agent.chain.block = undefined
      disk.operations.length = 0
      disk.decide = fromNowOn(failAt(at, { code: 'ENOSPC', torn: true }))
      const acknowledged: string[] = []
      let refused = 0
      for (const ref of ['a', 'b', 'c']) {
        try {
          acknowledged.push((await agent.till.sell(tea('1', { externalRef: ref }))).record.body.number)
        } catch (error) {
          expect((error as Error).message).toContain('disk is full')
          refused += 1
        }
      }
      const done = disk.operations.length
      disk.decide = () => undefined
      // The cashier tries once more, and it works without a restart.
      for (const ref of ['a', 'b', 'c']) await agent.till.sell(tea('1', { externalRef: ref }))
      expect(refused).toBeLessThanOrEqual(1)
      expect(await numbersOf(agent)).toHaveLength(4)
      await world.abandon(agent, disk)
      await expectWhole(directory, acknowledged, 4)
      return done
    })
  })

  test('N2 a copied directory is noticed and seals nothing in the old series', async () => {
    await template('T01')
    await copyOf(world.path('T01'), world.path('copy'))
    const copy = await world.agent(world.path('copy'))
    await expect(copy.till.sell(tea())).rejects.toThrow('was copied or restored')
    const original = await world.agent(world.path('T01'))
    const { record } = await original.till.sell(tea())
    expect(record.body.number).toMatch(/^T01A\/\d{4}\/000002$/)
    // The relay gives the copy an epoch of its own.
    expect((await copy.sync()).newEpoch).toBe('B')
    expect((await copy.till.sell(tea())).record.body.number).toMatch(/^T01B\/\d{4}\/000001$/)
    // The original hears of it, goes no further, and everything it has is kept.
    await original.sync()
    await expect(original.till.sell(tea())).rejects.toThrow('in a later epoch')
    const numbers: string[] = []
    for await (const { number } of relay.relay.invoices.all({}))
      numbers.push(number.slice(0, 4) + number.slice(9))
    expect(numbers).toEqual(['T01A/000001', 'T01A/000002'])
  })

  test('a sale after the day close belongs to the next day book', async () => {
    world.now = () => new Date('2026-11-24T06:30:00Z')
    const agent = await world.terminal(relay, 'T01')
    await agent.till.sell(tea('2'))
    const { body } = await agent.till.closeDay('Asha')
    expect(body).toMatchObject({
      z: 1,
      day: '2026-11-24',
      automatic: false,
      totals: { invoices: 1, payable: 20_000 },
    })
    expect((await agent.till.sell(tea())).record.body.day).toBe('2026-11-25')
    expect((await agent.books.onDisk()).map(({ name }) => name.day)).toEqual(['2026-11-24', '2026-11-25'])
    await expect(agent.till.closeDay('Asha')).rejects.toThrow('has not begun')
  })

  test('a day that nobody closed is closed before the next begins', async () => {
    world.now = () => new Date('2026-11-24T06:30:00Z')
    const agent = await world.terminal(relay, 'T01')
    await agent.till.sell(tea('2'))
    world.now = () => new Date('2026-11-26T06:30:00Z')
    await agent.till.sell(tea())
    expect(agent.chain.state).toMatchObject({ z: 1, lastClosedDay: '2026-11-24', day: '2026-11-26' })
    expect(agent.chain.state.perpetual).toEqual({ invoices: 2, creditNotes: 0, payable: 30_000 })
  })

  test('a credit note names its invoice and takes back no more than was sold', async () => {
    const agent = await world.terminal(relay, 'T01')
    const { record } = await agent.till.sell(tea('3'))
    const { number } = record.body
    const { record: note } = await agent.till.credit({ ...tea('2'), corrects: { number }, reason: 'torn' })
    expect(note.body).toMatchObject({ corrects: { number, hash: record.hash }, totals: { payable: -20_000 } })
    await expect(agent.till.credit({ ...tea('2'), corrects: { number } })).rejects.toThrow(
      'has 1 of "TEA" left',
    )
    await expect(agent.till.credit({ ...tea('1'), corrects: { number: note.body.number } })).rejects.toThrow(
      'is a credit note',
    )
    await expect(
      agent.till.credit({ ...tea('1'), corrects: { number: number.replace('000001', '000009') } }),
    ).rejects.toThrow('is not on this terminal')
    await agent.till.credit({ ...tea('1'), corrects: { number } })
  })

  test('R1 a bill id that is none, or unknown, harms nothing', async () => {
    const agent = await world.terminal(relay, 'T01')
    await expect(agent.desk.get('__proto__')).rejects.toThrow('There is no bill')
    await expect(agent.desk.get(newId('bill', () => new Uint8Array(20)))).rejects.toThrow('There is no bill')
  })
})

function numberYear(number: string | undefined): string {
  return number?.split('/')[1] ?? ''
}

/** Counts operations from now on. Closing a file is the kernel's: a dead process does it too. */
function fromNowOn(decide: FaultyDisk['decide']): FaultyDisk['decide'] {
  let index = -1
  return (operation) => {
    if (operation.name === 'close') return undefined
    index += 1
    return decide({ ...operation, index })
  }
}

async function copyOf(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true })
}

/** Opens the directory with a sound disk: what was acknowledged is there, numbers have no gap, and it goes on. */
async function expectWhole(
  directory: string,
  acknowledged: readonly string[],
  count?: number,
): Promise<void> {
  const agent = await world.agent(directory)
  agent.chain.block = undefined
  const numbers = await numbersOf(agent)
  expect(numbers).toEqual(expect.arrayContaining([...acknowledged]))
  expect(numbers.map((number) => Number(number.slice(-6)))).toEqual(numbers.map((_, index) => index + 1))
  if (count !== undefined) expect(numbers).toHaveLength(count)
  else expect(numbers.length).toBeLessThanOrEqual(acknowledged.length + 2)
  const { record } = await agent.till.sell(tea())
  expect(Number(record.body.number.slice(-6))).toBe(numbers.length + 1)
  await world.stop(agent)
}
