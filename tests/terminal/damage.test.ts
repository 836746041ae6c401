import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Agent } from '../../src/terminal/agent.js'
import { numbersOf, relayNumbers, tea, World, type RunningRelay, type Said } from '../support/world.js'

let world: World
let relay: RunningRelay

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterEach(() => world.end())

/** The files that hold one day-book record each, by its position in the chain. */
async function recordFiles(directory: string): Promise<Map<number, string>> {
  const entries = await readdir(join(directory, 'documents'), { recursive: true, withFileTypes: true })
  const found = new Map<number, string>()
  for (const entry of entries) {
    const [, first, last] = /\.(\d+)-(\d+)$/.exec(entry.name) ?? []
    if (entry.isFile() && first !== undefined && first === last)
      found.set(Number(first), join(entry.parentPath, entry.name))
  }
  return found
}

/** So many sales are in one file. */
const before = 70

/** A disconnected till that was killed after `count` sales more, each in a file of its own. */
async function killedAfter(count: number, synced = false): Promise<string> {
  const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
  for (let index = 0; index < before; index += 1)
    await agent.till.sell(tea('1', { externalRef: `${Math.random()}` }))
  await agent.books.writing.settle()
  for (let index = 0; index < count; index += 1) {
    await agent.till.sell(tea('1', { externalRef: `later ${index}` }))
    await agent.books.writing.settle()
  }
  if (synced) await agent.sync()
  // Without the checkpoint that an orderly stop writes.
  agent.chain.block = 'copied'
  await world.stop(agent)
  return world.path('T01')
}

/** A disconnected till that was killed after `count` sales, all of them in the journal still. */
async function killedWithJournal(count: number): Promise<{ directory: string; journal: string }> {
  const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
  for (let index = 0; index < count; index += 1) await agent.till.sell(tea())
  agent.chain.block = 'copied'
  const { open } = agent.books.writing
  agent.books.writing = { open, settle: () => Promise.reject(new Error('killed')) }
  await world.stop(agent)
  return { directory: world.path('T01'), journal: world.path('T01', 'sealed.log') }
}

/** Changes one byte in the middle of a line, counted from 0, or from the end. */
async function harmLine(path: string, at: number, harm: (byte: number) => number = (byte) => byte ^ 4) {
  const lines = (await readFile(path, 'latin1')).split(/(?<=\n)/)
  const line = Buffer.from(lines.at(at) ?? '', 'latin1')
  line[line.length >> 1] = harm(line[line.length >> 1] ?? 0)
  lines[at < 0 ? lines.length + at : at] = line.toString('latin1')
  await writeFile(path, lines.join(''), 'latin1')
}

async function reopen(directory: string, said: Said[] = []): Promise<Agent> {
  return world.agent(directory, { said })
}

const sequences = (numbers: readonly string[]): number[] => numbers.map((number) => Number(number.slice(-6)))

async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path)
  const middle = bytes.length >> 1
  bytes[middle] = (bytes[middle] ?? 0) ^ 4
  await writeFile(path, bytes)
}

/** Flips a bit in every file of every day book, and returns the numbers that were in them. */
async function allDamaged(agent: Agent): Promise<string[]> {
  const numbers = await numbersOf(agent)
  const books = await agent.books.onDisk()
  await world.stop(agent)
  for (const { id } of books) {
    const folder = world.path('T01', 'documents', id.slice(0, 2), id.slice(2))
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) await flipBit(join(entry.parentPath, entry.name))
  }
  return numbers
}

describe('damage on the terminal’s disk', () => {
  test.each([
    ['flipped bit', flipBit],
    ['truncated to half', async (path: string) => truncate(path, (await readFile(path)).length >> 1)],
    ['emptied', (path: string) => truncate(path, 0)],
  ])(
    'D2 N1 a %s in the middle: named, kept, its neighbours intact, and no number is used twice',
    async (_name, harm) => {
      const directory = await killedAfter(12)
      const files = await recordFiles(directory)
      const position = [...files.keys()].sort((a, b) => a - b).at(-4) ?? 0
      await harm(files.get(position) ?? '')
      const said: Said[] = []
      const agent = await reopen(directory, said)
      expect((await agent.status()).damage).toMatchObject([{ label: `${position}-${position}` }])
      expect(
        said.some(({ level, message }) => level === 'error' && message.includes('moved to quarantine')),
      ).toBe(true)
      // The next number follows the last that was given, not the last that can be read before the damage.
      const { record } = await agent.till.sell(tea())
      expect(sequences([record.body.number])).toEqual([before + 13])
      expect(await readdir(join(directory, 'quarantine'), { recursive: true })).not.toHaveLength(0)

      // What the relay never had is lost, and named; everything else reaches it, under the numbers it had.
      await agent.sync()
      const lost = position - 2
      const expected = Array.from({ length: before + 13 }, (_, index) => index + 1).filter(
        (sequence) => sequence !== lost,
      )
      expect(sequences(await relayNumbers(relay)).sort((a, b) => a - b)).toEqual(expected)
      await agent.sync()
      expect(await relayNumbers(relay)).toHaveLength(before + 12)
    },
  )

  test('D2 what the relay holds comes back: the damage heals, and the series goes on', async () => {
    const directory = await killedAfter(3, true)
    const files = await recordFiles(directory)
    const last = Math.max(...files.keys())
    await flipBit(files.get(last) ?? '')
    const agent = await reopen(directory)
    await expect(agent.till.sell(tea())).rejects.toThrow('next number cannot be known')
    const result = await agent.sync()
    expect(result.newEpoch).toBeUndefined()
    expect((await agent.status()).damage).toEqual([])
    expect(sequences(await numbersOf(agent))).toEqual(
      Array.from({ length: before + 3 }, (_, index) => index + 1),
    )
    expect(sequences([(await agent.till.sell(tea())).record.body.number])).toEqual([before + 4])
  })

  test('D2 all of a finished day damaged: what the relay holds comes back, and the damage is settled', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await agent.till.sell(tea())
    await agent.till.closeDay('Asha')
    await agent.sync()
    const numbers = await allDamaged(agent)
    const again = await reopen(world.path('T01'))
    expect(await numbersOf(again)).toEqual([])
    expect((await again.status()).damage).not.toEqual([])
    const result = await again.sync()
    expect(result.newEpoch).toBeUndefined()
    expect(await numbersOf(again)).toEqual(numbers)
    expect((await again.status()).damage).toEqual([])
    expect((await again.till.sell(tea())).record.body.number).toMatch(/^T01A.*2$/)
  })

  test('D2 N1 all of the open day damaged: what the relay holds comes back, and no number is used twice', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await agent.till.sell(tea())
    await agent.sync()
    const numbers = await allDamaged(agent)
    const again = await reopen(world.path('T01'))
    await again.sync()
    expect(await numbersOf(again)).toEqual(numbers)
    expect(numbers).not.toContain((await again.till.sell(tea())).record.body.number)
  })

  test('D2 N1 the last record damaged and never sent: a new epoch, rather than a number twice', async () => {
    const directory = await killedAfter(8)
    const files = await recordFiles(directory)
    await flipBit(files.get(Math.max(...files.keys())) ?? '')
    const agent = await reopen(directory)
    await expect(agent.till.sell(tea())).rejects.toThrow('next number cannot be known')
    expect((await agent.sync()).newEpoch).toBe('B')
    const { record } = await agent.till.sell(tea())
    expect(record.body.number).toMatch(/^T01B\/\d{4}\/000001$/)
    await agent.sync()
    expect(await relayNumbers(relay)).toHaveLength(before + 8)
  })

  test('D2 damaged data is never compacted over, and stays in quarantine through everything', async () => {
    const directory = await killedAfter(12)
    const files = await recordFiles(directory)
    const position = [...files.keys()].sort((a, b) => a - b).at(-4) ?? 0
    await flipBit(files.get(position) ?? '')
    const agent = await reopen(directory)
    for (let index = 0; index < 20; index += 1) await agent.till.sell(tea())
    await agent.sync()
    await agent.forceComplete('Asha', true)
    await world.stop(agent)
    for (const [at, path] of files) {
      if (at > position) expect((await readFile(path)).length).toBeGreaterThan(0)
    }
    const again = await reopen(directory)
    expect((await again.status()).damage).toHaveLength(1)
  })

  test('D2 N1 a line of the journal damaged: its neighbours are sold and synced, the lost one is named and its number gone', async () => {
    const { directory, journal } = await killedWithJournal(9)
    await harmLine(journal, 5)
    const agent = await reopen(directory)
    const { damage } = await agent.status()
    expect(damage).toMatchObject([{ label: '1-11', path: journal }])
    // The first line is the beginning of the epoch: the mode follows, so the sixth holds the fourth sale.
    expect(sequences(await numbersOf(agent))).toEqual([1, 2, 3, 5, 6, 7, 8, 9])
    expect(sequences([(await agent.till.sell(tea())).record.body.number])).toEqual([10])
    await agent.sync()
    expect(sequences(await relayNumbers(relay)).sort((a, b) => a - b)).toEqual([1, 2, 3, 5, 6, 7, 8, 9, 10])
    expect((await agent.status()).damage).toHaveLength(1)
    expect((await agent.status()).unreceipted.invoices).toBe(0)
  })

  test.each([
    ['last line', -1],
    ['first line', 0],
  ])('D2 N1 the %s of the journal damaged: a new epoch, rather than a number twice', async (_name, at) => {
    const { directory, journal } = await killedWithJournal(5)
    await harmLine(journal, at)
    const agent = await reopen(directory)
    await expect(agent.till.sell(tea())).rejects.toThrow('next number cannot be known')
    const kept = at === 0 ? [1, 2, 3, 4, 5] : [1, 2, 3, 4]
    expect(sequences(await numbersOf(agent))).toEqual(kept)
    expect((await agent.sync()).newEpoch).toBe('B')
    const { record } = await agent.till.sell(tea())
    expect(record.body.number).toMatch(/^T01B\/\d{4}\/000001$/)
    await agent.sync()
    expect(await relayNumbers(relay)).toHaveLength(kept.length + 1)
  })

  test('D2 N1 the line end of the last line damaged: the sale is not taken for one that was cut', async () => {
    const { directory, journal } = await killedWithJournal(3)
    const bytes = await readFile(journal)
    bytes[bytes.length - 1] = 0x0b
    await writeFile(journal, bytes)
    const agent = await reopen(directory)
    await expect(agent.till.sell(tea())).rejects.toThrow('next number cannot be known')
  })

  test('D3 a journal that ends within its last line goes on with the number that line had', async () => {
    const { directory, journal } = await killedWithJournal(3)
    await truncate(journal, (await readFile(journal)).length - 200)
    const agent = await reopen(directory)
    expect(sequences([(await agent.till.sell(tea())).record.body.number])).toEqual([3])
    expect((await agent.status()).damage).toEqual([])
  })

  test('D2 a damaged state file stops the start with its name and a remedy, and is left as it is', async () => {
    const directory = await killedAfter(2)
    const path = join(directory, 'terminal.json')
    await flipBit(path)
    const before = await readFile(path)
    await expect(reopen(directory)).rejects.toThrow(/terminal\.json is damaged.*pair this terminal again/)
    expect(await readFile(path)).toEqual(before)
  })

  test('D2 S3 a receipt whose bytes were changed counts for nothing', async () => {
    const directory = await killedAfter(2, true)
    const path = join(directory, 'receipts.log')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace(/"at":"20\d\d/g, '"at":"2099'))
    const said: Said[] = []
    const agent = await reopen(directory, said)
    expect((await agent.status()).unreceipted.invoices).toBe(before + 2)
    await agent.sync()
    expect((await agent.status()).unreceipted.invoices).toBe(0)
  })
})
