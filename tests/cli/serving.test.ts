import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DataDirectory } from '../../src/storage/data-directory.js'
import { nodeDisk } from '../../src/storage/disk.js'
import type { Status } from '../../src/terminal/status.js'
import { useProcesses, type Served } from '../support/processes.js'
import { tea, World, type RunningRelay } from '../support/world.js'
import { jsonHere, runHere } from './run-here.js'

const processes = useProcesses('all')
let world: World
let relay: RunningRelay
let data: string
let till: Served

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  data = await world.paired(relay, 'T1')
  await jsonHere(['terminal', 'sync', '--data', data])
  till = await processes.serve(['terminal', 'serve', '--data', data, '--port', '0', '--mode', 'disconnected'])
})
afterAll(() => world.end())

async function sell(url: string): Promise<Response> {
  const response = await fetch(`${url}/v1/sales`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(tea()),
  })
  expect(response.status).toBe(201)
  return response
}

const statusOf = async (url: string): Promise<Status> =>
  (await (await fetch(`${url}/v1/status`)).json()) as Status

describe('a directory that is served', () => {
  test('N2 is not opened by a second process, which says who has it; the first goes on', async () => {
    const [second, pair] = await Promise.all([
      processes.tryRun(['terminal', 'serve', '--data', data, '--port', '0']),
      processes.tryRun(['terminal', 'pair', '--data', data, '--relay', relay.url, '--code', 'any']),
    ])
    for (const refused of [second, pair]) {
      expect(refused).toMatchObject({ code: 1, stdout: '' })
      expect(refused.stderr).toContain(`counterfoil: ${data} is in use by process ${till.pid} since `)
      expect(refused.stderr).toContain('Stop that process, or give this one a directory of its own.')
    }
    await sell(till.url)
  })

  test('a command talks to the process that serves it', async () => {
    const before = await statusOf(till.url)
    expect(before.markedSynced).toBeNull()
    await sell(till.url)
    const told = await jsonHere<Status>(['terminal', 'mark-synced', '--data', data])
    expect(told.unreceipted.invoices).toBe(before.unreceipted.invoices + 1)
    expect((await statusOf(till.url)).markedSynced).toBe(told.markedSynced)
  })

  test('N2 and then killed: its sales are there for the next command, whatever it left behind', async () => {
    const killed = await world.paired(relay, 'T2')
    await jsonHere(['terminal', 'sync', '--data', killed])
    const first = await processes.serve(['terminal', 'serve', '--data', killed, '--port', '0'])
    await sell(first.url)
    await first.kill()
    expect(existsSync(join(killed, 'control.json'))).toBe(true)
    const { invoices } = await jsonHere<{ invoices: unknown[] }>([
      'export',
      '--data',
      killed,
      '--format',
      'json',
    ])
    expect(invoices).toHaveLength(1)
    expect(existsSync(join(killed, 'control.json'))).toBe(false)
  })

  test('by a process that tells nobody its address: a command says so instead of waiting for ever', async () => {
    const silent = world.path('silent')
    const options = {
      directory: silent,
      kind: 'relay',
      create: true,
      disk: nodeDisk,
      now: () => new Date(),
    } as const
    const held = await DataDirectory.open(options)
    const status = await processes.tryRun(['relay', 'status', '--data', silent])
    await held.release()
    expect(status).toMatchObject({ code: 1, stdout: '' })
    expect(status.stderr).toBe(
      `counterfoil: ${silent} is in use by a process that cannot be talked to. End it first.\n`,
    )
  })
})

describe('a port in use', () => {
  test('R1 is named with what helps, and the directory is free again', async () => {
    const { port } = new URL(till.url)
    const other = world.path('other-relay')
    const free = await world.paired(relay, 'T3')
    for (const args of [
      ['relay', 'serve', '--data', other, '--port', port],
      ['terminal', 'serve', '--data', free, '--port', port],
    ]) {
      expect(await runHere(args)).toEqual({
        code: 1,
        stdout: '',
        stderr: `counterfoil: Port ${port} of 127.0.0.1 is in use. Give another one with --port, or 0 for any free one.\n`,
      })
    }
    expect(await jsonHere(['relay', 'status', '--data', other])).toMatchObject({ shops: [] })
    expect(await jsonHere(['terminal', 'status', '--data', free])).toMatchObject({ damage: [] })
    await sell(till.url)
  })

  test('R1 an address this machine does not have, or a name nobody knows, is named too', async () => {
    const other = world.path('addresses')
    const serve = (host: string) =>
      runHere(['relay', 'serve', '--data', other, '--port', '0', '--host', host])
    expect(await serve('192.0.2.1')).toMatchObject({
      code: 1,
      stderr: 'counterfoil: This machine has no address 192.0.2.1. Give another one with --host.\n',
    })
    expect(await serve('no-such-host.invalid')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The name no-such-host.invalid could not be looked up.') as string,
    })
  })
})

describe('SIGTERM', () => {
  test.each(['terminal', 'relay'] as const)(
    'ends a %s in good order, and its address is withdrawn',
    async (kind) => {
      const directory = kind === 'relay' ? world.path('stopped-relay') : await world.paired(relay, 'T4')
      const served = await processes.serve([kind, 'serve', '--data', directory, '--port', '0'])
      expect(existsSync(join(directory, 'control.json'))).toBe(true)
      const ended = await served.stop()
      expect(ended).toMatchObject({ code: 0, signal: null })
      expect(ended.stdout).toBe(`${JSON.stringify({ url: served.url, pid: served.pid })}\n`)
      expect(existsSync(join(directory, 'control.json'))).toBe(false)
    },
  )
})
