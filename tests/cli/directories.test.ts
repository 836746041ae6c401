import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readChecked, writeChecked } from '../../src/storage/atomic-file.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { World } from '../support/world.js'
import { contentsOf } from './files.js'
import { jsonHere, runHere } from './run-here.js'

let world: World
let relayData: string
let terminal: string

beforeAll(async () => {
  world = await World.make()
  const relay = await world.relay()
  terminal = await world.paired(relay, 'T1', { role: 'manager' })
  await world.stopRelay(relay)
  relayData = relay.directory
})
afterAll(() => world.end())

/** A command of each kind, over a directory. */
const TERMINAL_COMMANDS = (data: string): string[][] => [
  ['terminal', 'status', '--data', data],
  ['terminal', 'sync', '--data', data],
  ['terminal', 'online', '--data', data],
  ['terminal', 'disconnect', '--data', data],
  ['terminal', 'force', '--data', data],
  ['terminal', 'mark-synced', '--data', data],
  ['terminal', 'replay', '--data', data, '--sales', 'nowhere.csv'],
  ['catalogue', 'import', '--data', data, '--file', 'nowhere.csv'],
]
const RELAY_COMMANDS = (data: string): string[][] => [
  ['relay', 'status', '--data', data],
  ['relay', 'pair', '--data', data, '--shop', 'Main', '--terminal', 'T9'],
  ['relay', 'shop', '--data', data, '--shop', 'Main', '--currency', 'EUR'],
]
const EITHER = (data: string): string[][] => [
  ['history', '--data', data],
  ['export', '--data', data, '--format', 'json'],
]
const SERVING = (data: string): string[][] => [
  ['relay', 'serve', '--data', data, '--port', '0'],
  ['terminal', 'serve', '--data', data, '--port', '0'],
]

async function expectEach(
  commands: readonly string[][],
  code: number,
  message: string | RegExp,
): Promise<void> {
  for (const args of commands) {
    const ended = await runHere(args)
    expect(ended, args.join(' ')).toMatchObject({ code, stdout: '' })
    expect(ended.stderr, args.join(' ')).toMatch(message)
    // One message, and no stack.
    expect(ended.stderr.split('\n'), args.join(' ')).toHaveLength(2)
  }
}

describe('a data directory that is none', () => {
  const commands = (data: string): string[][] => [
    ...TERMINAL_COMMANDS(data),
    ...EITHER(data),
    ['relay', 'status', '--data', data],
    ['terminal', 'serve', '--data', data, '--port', '0'],
  ]
  const NOT_ONE = /is not a data directory\. Check the path, or have a new directory made\./

  test('R1 that is not there: ends with 3, names it, and makes nothing', async () => {
    const data = world.path('missing')
    await expectEach(commands(data), 3, NOT_ONE)
    expect(existsSync(data)).toBe(false)
  })

  test('R1 that is empty: ends with 3, and stays empty', async () => {
    const data = world.path('empty')
    await mkdir(data)
    await expectEach(commands(data), 3, NOT_ONE)
    expect(await contentsOf(data)).toEqual({})
    expect(existsSync(join(data, 'lock'))).toBe(false)
  })

  test('R1 that is a file: ends with an error that says so, and the file stays', async () => {
    const data = world.path('file')
    await writeFile(data, 'mine')
    await expectEach(commands(data), 3, NOT_ONE)
    const pair = ['terminal', 'pair', '--data', data, '--relay', 'http://127.0.0.1:9', '--code', 'x']
    await expectEach(
      [...RELAY_COMMANDS(data).slice(1), ...SERVING(data).slice(0, 1), pair],
      1,
      /Could not write .*file.*: a part of this path is a file, not a folder/,
    )
    expect(await readFile(data, 'utf8')).toBe('mine')
  })

  test('R1 that holds other things: nothing is made in it, with 5', async () => {
    const data = world.path('documents')
    await mkdir(data)
    await writeFile(join(data, 'letter.txt'), 'mine')
    const before = await contentsOf(data)
    const pair = ['terminal', 'pair', '--data', data, '--relay', 'http://127.0.0.1:9', '--code', 'x']
    await expectEach(
      [...RELAY_COMMANDS(data).slice(1), ...SERVING(data).slice(0, 1), pair],
      5,
      /is no data directory and is not empty: it holds letter\.txt\. Choose an empty directory\./,
    )
    await expectEach(commands(data), 3, NOT_ONE)
    expect(await contentsOf(data)).toEqual(before)
    expect(existsSync(join(data, 'lock'))).toBe(false)
  })
})

describe('a directory of the other kind', () => {
  test('a relay’s, given to a terminal’s command: ends with 5, and nothing of it changes', async () => {
    const before = await contentsOf(relayData)
    await expectEach(
      TERMINAL_COMMANDS(relayData),
      5,
      /is the directory of a relay, not of a terminal\. Check the path\./,
    )
    const args = ['terminal', 'pair', '--data', relayData, '--relay', 'http://127.0.0.1:9', '--code', 'x']
    await expectEach([args, ...SERVING(relayData).slice(1)], 5, /belongs to a relay, not to a terminal\./)
    expect(await contentsOf(relayData)).toEqual(before)
  })

  test('a terminal’s, given to a relay’s command: ends with 5, and nothing of it changes', async () => {
    const before = await contentsOf(terminal)
    await expectEach(
      RELAY_COMMANDS(terminal),
      5,
      /is the directory of a terminal, not of a relay\. Check the path\./,
    )
    await expectEach(SERVING(terminal).slice(0, 1), 5, /belongs to a terminal, not to a relay\./)
    expect(await contentsOf(terminal)).toEqual(before)
  })
})

describe('a directory that cannot be read', () => {
  /** Changes what a directory says of itself while a test runs. */
  async function saying(data: string, change: object, then: () => Promise<void>): Promise<void> {
    const path = join(data, 'counterfoil.json')
    const bytes = await readFile(path)
    await writeChecked(nodeDisk, path, { ...((await readChecked(nodeDisk, path)) as object), ...change })
    try {
      await then()
    } finally {
      await writeFile(path, bytes)
    }
  }

  test.each([['the same kind'], ['a kind nobody knows yet']])(
    'R1 of a newer version, of %s: ends with 5 and the remedy, and nothing of it changes',
    async (kind) => {
      const change = { format: 2, ...(kind === 'the same kind' ? {} : { kind: 'warehouse' }) }
      const message =
        /has format 2, and this software knows formats up to 1\. Install the version that wrote it, or a later one\./
      await saying(terminal, change, async () => {
        const before = await contentsOf(terminal)
        const pair = ['terminal', 'pair', '--data', terminal, '--relay', 'http://127.0.0.1:9', '--code', 'x']
        await expectEach([...TERMINAL_COMMANDS(terminal), ...EITHER(terminal), pair], 5, message)
        await expectEach(SERVING(terminal), 5, message)
        expect(await contentsOf(terminal)).toEqual(before)
      })
      await saying(relayData, change, () =>
        expectEach([...RELAY_COMMANDS(relayData), ...EITHER(relayData), ...SERVING(relayData)], 5, message),
      )
      // With the version that wrote it, everything is as it was.
      expect(await jsonHere(['terminal', 'status', '--data', terminal])).toMatchObject({ damage: [] })
    },
  )

  test('D2 a damaged state file: ends with 6, names it, and leaves it as it is', async () => {
    const path = join(terminal, 'counterfoil.json')
    const bytes = await readFile(path)
    const flipped = Buffer.from(bytes)
    flipped[10] = (flipped[10] ?? 0) ^ 1
    await writeFile(path, flipped)
    try {
      await expectEach(
        [...TERMINAL_COMMANDS(terminal), ...EITHER(terminal)],
        6,
        /counterfoil\.json is damaged: its checksum does not match\. Restore it from a backup/,
      )
      expect(await readFile(path)).toEqual(flipped)
    } finally {
      await writeFile(path, bytes)
    }
  })
})
