import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { TerminalReport } from '../../src/docs/generated/types.js'
import { fleetRows } from '../../src/relay/watch/fleet-rows.js'
import { tea, World, type RunningRelay } from '../support/world.js'

const PATIENCE_MS = 60_000

let world: World
let relay: RunningRelay

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterEach(() => world.end())

/** What the relay's operator sees of the one terminal there is. */
function seen(): { report: Partial<TerminalReport>; alarms: readonly string[] } {
  const [row] = fleetRows(relay.relay, undefined)
  return { report: row?.last?.report ?? {}, alarms: row?.alarms ?? [] }
}

/** A report goes by itself after a sync, and nothing waits for it. */
const told = (what: object): Promise<void> =>
  vi.waitFor(() => expect(seen()).toMatchObject(what), { timeout: PATIENCE_MS })

/** The relay forgets its first receipt and its log. */
async function forgetLog(): Promise<void> {
  const { port } = new URL(relay.url)
  await world.stopRelay(relay)
  const receipts = join(relay.directory, 'receipts.log')
  const [, ...rest] = (await readFile(receipts, 'utf8')).split('\n')
  await writeFile(receipts, rest.join('\n'))
  await rm(join(relay.directory, 'log'), { recursive: true })
  relay = await world.relay({ port: Number(port) })
}

test('H2 an alarm of the relay’s log is told to its operator, until it is settled at the terminal', async () => {
  const till = await world.terminal(relay, 'T01', { mode: 'disconnected' })
  await till.till.sell(tea())
  await till.sync()
  await told({ report: { damage: 0, unreceipted: { invoices: 0 } }, alarms: [] })
  await forgetLog()
  await till.till.sell(tea())
  const { complete, logAlarm } = await till.sync()
  expect([complete, logAlarm]).toEqual([true, expect.objectContaining({ kind: expect.any(String) })])
  const at = expect.any(String)
  await told({ report: { logAlarm: { kind: logAlarm?.kind, at } }, alarms: expect.arrayContaining(['log']) })
  await till.settleLog('Mira')
  await till.sync()
  await vi.waitFor(() => expect(seen().report.logAlarm).toBeUndefined(), { timeout: PATIENCE_MS })
  expect(seen().alarms).not.toContain('log')
})

test('training mode is told, and is no alarm', async () => {
  const till = await world.terminal(relay, 'T01', { mode: 'disconnected' })
  await till.training.start('Mira')
  await till.sync()
  await told({ report: { training: { by: 'Mira' } }, alarms: [] })
  await till.desk.endTraining('Ravi')
  await till.sync()
  await vi.waitFor(() => expect(seen().report.training).toBeUndefined(), { timeout: PATIENCE_MS })
})
