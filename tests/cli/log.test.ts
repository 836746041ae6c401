import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseNote } from '../../src/docs/signed-note.js'
import { tea, World } from '../support/world.js'
import { jsonHere, runHere } from './run-here.js'

interface Told {
  readonly note: string
  readonly size: number
  readonly continues?: boolean
}

let world: World
let relayData: string
let tillData: string
/** An older checkpoint of the relay. */
let older: string
let kept: string

beforeAll(async () => {
  world = await World.make()
  const relay = await world.relay()
  relayData = relay.directory
  const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
  tillData = world.path('T01')
  kept = world.path('checkpoint.txt')
  older = (await relay.relay.merkleLog.checkpoint()).note
  await writeFile(kept, older)
  await agent.till.sell(tea())
  await agent.sync()
  await world.stop(agent)
  await world.stopRelay(relay)
})
afterAll(() => world.end())

describe('counterfoil log', () => {
  test('prints the checkpoint of a relay and of a terminal, as a note that can be kept', async () => {
    const atRelay = await runHere(['log', 'checkpoint', '--data', relayData])
    expect(atRelay).toMatchObject({ code: 0, stderr: '' })
    expect(parseNote(atRelay.stdout).signatures).toHaveLength(1)
    const atTill = await runHere(['log', 'checkpoint', '--data', tillData])
    expect(atTill).toMatchObject({ code: 0, stdout: atRelay.stdout })
  })

  test('H2 says whether the log continues a checkpoint that was kept', async () => {
    const told = await jsonHere<Told>(['log', 'checkpoint', '--data', relayData, '--since', kept])
    expect(told.continues).toBe(true)
    expect(told.size).toBeGreaterThan(0)
    const changed = world.path('changed.txt')
    await writeFile(changed, older.replace(/\n\d+\n/, '\n9\n'))
    const refused = await runHere(['log', 'checkpoint', '--data', relayData, '--since', changed])
    expect(refused).toMatchObject({ code: 5, stdout: '' })
    expect(refused.stderr).toContain('it is not signed by the relay’s key')
    const absent = await runHere(['log', 'checkpoint', '--data', relayData, '--since', world.path('none')])
    expect(absent.code).toBe(3)
  })

  test('H2 proves a receipt, also by the hash of its leaf', async () => {
    const proven = await jsonHere<{ leaf: string; index: number; verified: boolean }>([
      'log',
      'prove',
      '--data',
      relayData,
      '--receipt',
      '1',
    ])
    expect(proven).toMatchObject({ index: 0, verified: true })
    const again = await runHere(['log', 'prove', '--data', relayData, '--leaf', proven.leaf])
    expect(again.stdout).toContain('Verified against the checkpoint:')
    const none = await runHere(['log', 'prove', '--data', relayData, '--receipt', '99'])
    expect(none).toMatchObject({ code: 3 })
    expect(none.stderr).toContain('Receipt 99 is not in the log.')
    const both = await runHere(['log', 'prove', '--data', relayData])
    expect(both).toMatchObject({ code: 2 })
    expect((await runHere(['log', 'prove', '--data', tillData, '--receipt', '1'])).code).toBe(5)
  })

  test('there is nothing to settle where there is no alarm', async () => {
    const settled = await runHere(['log', 'settle', '--data', tillData, '--by', 'Mira'])
    expect(settled).toMatchObject({ code: 1 })
    expect(settled.stderr).toContain('There is no alarm of the relay’s log to settle.')
  })

  test('H2 ends with 6 where the log does not continue what was kept', async () => {
    const newest = world.path('newest.txt')
    const told = await jsonHere<Told>(['log', 'checkpoint', '--data', relayData])
    await writeFile(newest, told.note)
    const receipts = join(relayData, 'receipts.log')
    const [, ...rest] = (await readFile(receipts, 'utf8')).split('\n')
    await writeFile(receipts, rest.join('\n'))
    await rm(join(relayData, 'log'), { recursive: true })
    const found = await runHere(['log', 'checkpoint', '--data', relayData, '--since', newest])
    expect(found.code).toBe(6)
    expect(found.stderr).toContain('does not continue')
  })
})
