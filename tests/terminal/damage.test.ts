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

/** The files of day-book records, by their position in the chain. */
async function recordFiles(directory: string): Promise<Map<number, string>> {
  const entries = await readdir(join(directory, 'documents'), { recursive: true, withFileTypes: true })
  const found = new Map<number, string>()
  for (const entry of entries) {
    const label = /\.(\d+)(?:-[ic]-\d{4}-\d+)?$/.exec(entry.name)
    if (entry.isFile() && label) found.set(Number(label[1]), join(entry.parentPath, entry.name))
  }
  return found
}

/** So many sales at least are in one snapshot; those after it lie in files of their own until it is time to compact. */
const AT_LEAST = 70
/** How many there are: those of the last test that asked for them. */
let before = 0

/** A disconnected till that was killed `count` sales after a compaction. */
async function killedAfter(count: number, synced = false): Promise<string> {
  const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
  // When the repo compacts depends on when it saved before.
  for (before = 0; before < AT_LEAST || (await recordFiles(world.path('T01'))).size > 0; before += 1) {
    await agent.till.sell(tea('1', { externalRef: `${Math.random()}` }))
    await agent.disk.durable.repo.flush()
  }
  for (let index = 0; index < count; index += 1) {
    await agent.till.sell(tea('1', { externalRef: `later ${index}` }))
    await agent.disk.durable.repo.flush()
  }
  if (synced) await agent.sync()
  // Without the checkpoint that an orderly stop writes.
  agent.chain.block = 'copied'
  await world.stop(agent)
  return world.path('T01')
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
      expect((await agent.status()).damage).toMatchObject([
        { label: expect.stringMatching(`^${position}(-|$)`) as string },
      ])
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
