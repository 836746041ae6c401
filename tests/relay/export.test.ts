import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ExportedInvoice } from '../../src/docs/generated/types.js'
import type { DocumentId } from '../../src/docs/naming.js'
import { storedRecords } from '../../src/relay/books/stored-records.js'
import { numbersOf, tea, World, type RunningRelay } from '../support/world.js'

let world: World
let running: RunningRelay
beforeAll(async () => {
  world = await World.make()
  running = await world.relay()
})
afterAll(() => world.end())

async function exported(): Promise<ExportedInvoice[]> {
  const found: ExportedInvoice[] = []
  for await (const sale of running.relay.invoices.all({})) found.push(sale)
  return found
}

function books(): DocumentId[] {
  return [...running.relay.registry.entries()]
    .filter(([, { kind }]) => kind === 'daybook')
    .map(([id]) => id as DocumentId)
}

test('what the relay exports is the same whether it reads a day book from its disk or has it in memory', async () => {
  const till = await world.terminal(running, 'Till 1')
  for (const quantity of ['1', '2', '3']) await till.till.sell(tea(quantity))
  await till.sync()
  for (const quantity of ['4', '5']) await till.till.sell(tea(quantity))
  await till.sync()
  const [book, ...others] = books()
  if (!book) throw new Error('No day book came')
  expect(others).toEqual([])
  const { durable, invoices } = running.relay

  await durable.release(book)
  expect(await storedRecords(durable, book)).toBeDefined()
  const fromDisk = await exported()
  expect(fromDisk.map(({ number }) => number)).toEqual(await numbersOf(till))
  expect(fromDisk.map(({ custody }) => custody)).toEqual(Array.from({ length: 5 }, () => 'receipted'))
  expect(durable.isLoaded(book)).toBe(false)
  const number = fromDisk[3]?.number ?? ''
  const lookup = await invoices.find(number, undefined)

  await durable.open(book)
  expect(await storedRecords(durable, book)).toBeUndefined()
  expect(await exported()).toEqual(fromDisk)
  expect(await invoices.find(number, undefined)).toEqual(lookup)
})

test('an invoice that no receipt covers yet is exported as such, from the disk and from memory', async () => {
  const { durable, issued } = running.relay
  const [book] = books()
  if (!book) throw new Error('No day book came')
  await durable.release(book)
  const given = issued.headsGiven(book)
  expect(given).toHaveLength(2)
  issued.headsGiven = (id) => (id === book ? [given[0] ?? [], ['ff'.repeat(32)]] : [])
  const fromDisk = await exported()
  const custody = fromDisk.map((sale) => sale.custody)
  expect(custody).toEqual(['receipted', 'receipted', 'receipted', 'none', 'none'])
  await durable.open(book)
  expect(await exported()).toEqual(fromDisk)
})
