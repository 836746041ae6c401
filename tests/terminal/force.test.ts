import * as A from '@automerge/automerge'
import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/storage/disk.js'
import type { Agent } from '../../src/terminal/agent.js'
import { atEachOperation, dieAt, EVERY, FaultyDisk } from '../storage/disks.js'
import { numbersOf, relayNumbers, tea, World, type RunningRelay } from '../support/world.js'

let world: World
let relay: RunningRelay

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterEach(() => world.end())

/** Every byte of every file under a folder. */
async function bytesUnder(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = await Promise.all(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => readFile(join(entry.parentPath, entry.name), 'latin1')),
  )
  return files.join('\n')
}

async function sellSome(agent: Agent, count: number, from = 0): Promise<void> {
  for (let index = from; index < from + count; index += 1)
    await agent.till.sell(tea('1', { externalRef: `sale ${index}` }))
}

const sequence = (number: string): number => Number(number.slice(-6))

describe('force complete', () => {
  test('P1 afterwards the folder holds no invoice that has a receipt, the relay has all, the next number follows', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await sellSome(agent, 10)
    const before = await numbersOf(agent)
    const result = await agent.forceComplete('Asha', true)
    expect(result).toMatchObject({ kept: 0, notTaken: [] })
    expect(await numbersOf(agent)).toEqual([])
    expect(await bytesUnder(world.path('T01', 'documents'))).not.toContain('sale 3')
    expect(await relayNumbers(relay)).toEqual(before)
    const { record } = await agent.till.sell(tea())
    expect(sequence(record.body.number)).toBe(11)
    // The series goes on after a restart too, and what was sealed is not sealed again.
    await world.stop(agent)
    const again = await world.agent(world.path('T01'))
    await expect(again.till.sell(tea('1', { externalRef: 'sale 3' }))).rejects.toThrow('sealed before')
    expect(sequence((await again.till.sell(tea())).record.body.number)).toBe(12)
    await again.sync()
    expect((await relayNumbers(relay)).map(sequence)).toEqual(
      Array.from({ length: 12 }, (_, index) => index + 1),
    )
  })

  test('P1 S1 sales sealed meanwhile are all still there', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await sellSome(agent, 60)
    const running = new Set(['force'])
    const force = agent.forceComplete('Asha', true).finally(() => running.clear())
    let sold = 60
    while (running.size > 0) {
      await sellSome(agent, 1, sold)
      sold += 1
    }
    await force
    const here = await numbersOf(agent)
    expect(here.length).toBeGreaterThan(0)
    for await (const { custody } of agent.lookup.all()) expect(custody).toBe('none')
    await agent.sync()
    expect((await relayNumbers(relay)).map(sequence)).toEqual(
      Array.from({ length: sold }, (_, index) => index + 1),
    )
    expect(new Set(await relayNumbers(relay)).size).toBe(sold)
  })

  test('purged invoices can be looked up and corrected through the relay when the link is up', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    const { record } = await agent.till.sell(tea('2'))
    await agent.forceComplete('Asha', true)
    const { number } = record.body
    await expect(agent.lookup.find(number)).rejects.toThrow('may be at the relay')
    await agent.goOnline('Asha')
    await agent.sync()
    expect((await agent.lookup.find(number)).invoice).toMatchObject({
      number,
      total: { minor: 20_000 },
      custody: 'receipted',
    })
    await agent.till.credit({ ...tea('2'), corrects: { number } })
    await expect(agent.till.credit({ ...tea('1'), corrects: { number } })).rejects.toThrow(
      'has 0 of "TEA" left',
    )
  })

  test('the catalogue stays by choice, or goes and comes back with the next sync', async () => {
    const agent = await world.terminal(relay, 'T01', { role: 'manager' })
    await agent.catalogue.edit('Asha', 'import', [{ sku: 'TEA', name: 'Tea', price: { minor: 10_000 } }])
    await agent.sync()
    await agent.forceComplete('Asha', true)
    expect((await agent.catalogue.item('TEA')).name).toBe('Tea')
    await agent.forceComplete('Asha', false)
    await expect(agent.catalogue.item('TEA')).rejects.toThrow('There is no item')
    await agent.till.sell(tea())
    await agent.sync()
    expect((await agent.catalogue.item('TEA')).name).toBe('Tea')
  })

  test('an open bill stays, with everything in it', async () => {
    const agent = await world.terminal(relay, 'T01', { role: 'manager' })
    await agent.catalogue.edit('Asha', 'import', [{ sku: 'TEA', name: 'Tea', price: { minor: 10_000 } }])
    const { bill } = await agent.desk.open('Asha')
    await agent.desk.addLine('Asha', bill.id, { sku: 'TEA', quantity: '2' })
    await agent.desk.edit('Asha', bill.id, { status: 'parked', label: 'table 4' })
    await agent.forceComplete('Asha', true)
    expect(await agent.desk.get(bill.id)).toMatchObject({
      status: 'parked',
      label: 'table 4',
      lines: [{ quantity: '2' }],
    })
    await agent.desk.seal('Asha', bill.id, { exactly: { type: 'cash' } })
    await agent.forceComplete('Asha', true)
    await expect(agent.desk.get(bill.id)).rejects.toThrow('There is no bill')
  })

  test('with nobody to hand over to, nothing is deleted, and it goes on when the relay is back', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await sellSome(agent, 3)
    const { port } = new URL(relay.url)
    await world.stopRelay(relay)
    await expect(agent.forceComplete('Asha', true)).rejects.toThrow('cannot be reached')
    expect(await numbersOf(agent)).toHaveLength(3)
    expect((await agent.status()).force).toMatchObject({ state: 'uploading', running: false })
    await sellSome(agent, 2, 3)
    const again = await world.relay({ port: Number(port) })
    await agent.forceComplete('Asha', true)
    expect((await numbersOf(agent)).map(sequence)).toEqual([4, 5])
    expect((await relayNumbers(again)).map(sequence)).toEqual([1, 2, 3])
  })

  test.each([
    ['gone', (path: string) => rm(path)],
    ['cut', (path: string) => truncate(path, 100)],
    ['another', async (path: string) => writeFile(path, (await readFile(path)).reverse())],
  ] as const)('P1 a bundle that is %s when it goes on is made anew', async (_how, harm) => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await sellSome(agent, 3)
    const { port } = new URL(relay.url)
    await world.stopRelay(relay)
    await expect(agent.forceComplete('Asha', true)).rejects.toThrow('cannot be reached')
    const { journal } = agent.force
    await world.stop(agent)
    await harm(world.path('T01', 'handoff.bundle'))
    const again = await world.relay({ port: Number(port) })
    const restarted = await world.agent(world.path('T01'))
    await restarted.forceComplete('Asha', true)
    expect(restarted.force.journal).toMatchObject({ state: 'purged', notTaken: [] })
    expect(restarted.force.journal?.order.id).not.toBe(journal?.order.id)
    expect(await numbersOf(restarted)).toEqual([])
    expect((await relayNumbers(again)).map(sequence)).toEqual([1, 2, 3])
  })

  test('P1 N1 a day book that comes back after it was deleted is not gone on with', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await sellSome(agent, 2)
    const [book] = await agent.books.onDisk()
    const handle = book && (await agent.books.open(book.id))
    if (!handle) throw new Error('there is a day book')
    const saved = A.save(handle.doc())
    await agent.forceComplete('Asha', true)
    // The second leaves no book at all: its own event cannot be recorded.
    agent.chain.block = 'copied'
    await agent.forceComplete('Asha', true)
    agent.chain.block = undefined
    await agent.disk.durable.merge(book.id, saved)
    await world.stop(agent)
    const again = await world.agent(world.path('T01'))
    await sellSome(again, 1, 2)
    expect(await again.sync()).toMatchObject({ complete: true, notTaken: [] })
    expect((await relayNumbers(relay)).map(sequence)).toEqual([1, 2, 3])
  })

  test('two at once are one', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await sellSome(agent, 3)
    const [one, two] = await Promise.all([
      agent.forceComplete('Asha', true),
      agent.forceComplete('Ravi', true),
    ])
    expect(one).toEqual(two)
    expect(await relayNumbers(relay)).toHaveLength(3)
  })

  test('D3 P1 killed at any file operation of the terminal, restarted and finished: the same result', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await sellSome(agent, 3)
    await world.stop(agent)
    await world.stopRelay(relay)
    let tries = 0
    await atEachOperation(async (at) => {
      const folder = `try-${at}`
      await cp(world.path('relay'), world.path(folder, 'relay'), { recursive: true })
      await cp(world.path('T01'), world.path(folder, 'T01'), { recursive: true })
      const running = await world.relay({ name: `${folder}/relay`, port: Number(new URL(relay.url).port) })
      const disk = new FaultyDisk(nodeDisk)
      const dying = await openCopy(world.path(folder, 'T01'), disk)
      let index = -1
      const die = dieAt(at)
      disk.decide = (operation) => {
        if (operation.name === 'close') return undefined
        index += 1
        return die({ ...operation, index })
      }
      await dying.forceComplete('Asha', true).catch(() => undefined)
      // While it waits to be restarted, a sale may still have been tried.
      const late = await dying.till.sell(tea('1', { externalRef: 'late' })).catch(() => undefined)
      const done = index + 1
      await world.abandon(dying, disk)

      const restarted = await openCopy(world.path(folder, 'T01'))
      if (restarted.force.pending) await restarted.force.resume()
      else await restarted.forceComplete('Asha', true)
      await restarted.till.sell(tea('1', { externalRef: 'late' })).catch((error: Error) => {
        expect(error.message).toContain('sealed before')
      })
      if (late) expect(await restarted.chain.refs.get('late')).toBe(late.record.body.number)
      await restarted.sync()
      expect((await relayNumbers(running)).map(sequence)).toEqual([1, 2, 3, 4])
      await world.stop(restarted)
      const here = await bytesUnder(world.path(folder, 'T01', 'documents'))
      expect(here).not.toContain('sale 1')
      await world.stopRelay(running)
      tries += 1
      return done
    })
    expect(tries).toBeGreaterThan(60 / EVERY)
  }, 600_000)

  /** The copies of this test are one terminal at different times, never two at once. */
  async function openCopy(directory: string, disk?: FaultyDisk): Promise<Agent> {
    const agent = await world.agent(directory, disk ? { disk } : {})
    agent.chain.block = undefined
    await agent.disk.directory.adopt().catch(() => undefined)
    return agent
  }

  test('P1 a document that changed after its receipt is kept', async () => {
    const agent = await world.terminal(relay, 'T01', { role: 'manager' })
    await agent.catalogue.edit('Asha', 'import', [{ sku: 'TEA', name: 'Tea', price: { minor: 10_000 } }])
    await agent.sync()
    const edited = new Promise<void>((resolve) => {
      agent.on('progress', (event) => {
        if (event.phase !== 'uploading' || event.done === 0) return
        agent.catalogue
          .edit('Asha', 'price', [{ sku: 'TEA', price: { minor: 11_000 } }])
          .then(() => resolve(), resolve)
      })
    })
    const result = await agent.forceComplete('Asha', false)
    await edited
    expect(result.kept).toBe(1)
    expect((await agent.catalogue.item('TEA')).price.minor).toBe(11_000)
  })
})
