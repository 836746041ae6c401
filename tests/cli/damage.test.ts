import { readdir, readFile, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Damage } from '../../src/storage/quarantine.js'
import { useProcesses, type Ended } from '../support/processes.js'
import { tea, World, type RunningRelay } from '../support/world.js'
import { contentsOf } from './files.js'
import { jsonHere, runHere } from './run-here.js'

const processes = useProcesses('test')
let world: World
let relay: RunningRelay

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterEach(() => world.end())

interface Exported {
  readonly invoices: readonly { readonly number: string; readonly terminal: string }[]
}

/** The files of records, by the first of the positions in the chain that their names tell. */
async function recordFiles(data: string): Promise<[number, string][]> {
  const entries = await readdir(join(data, 'documents'), { recursive: true, withFileTypes: true })
  return entries
    .flatMap((entry): [number, string][] => {
      const position = /\.(\d+)-\d+$/.exec(entry.name)?.[1]
      return entry.isFile() && position ? [[Number(position), join(entry.parentPath, entry.name)]] : []
    })
    .sort(([a], [b]) => a - b)
}

async function halve(path: string): Promise<void> {
  await truncate(path, (await readFile(path)).length >> 1)
}

const sequences = (invoices: Exported['invoices']): number[] =>
  invoices.map(({ number }) => Number(number.slice(-6)))

describe('a truncated file', () => {
  test('D2 of a terminal: status, export and history end with 6 and name it; everything else is there, now and later', async () => {
    const agent = await world.terminal(relay, 'T1', { mode: 'disconnected' })
    const data = world.path('T1')
    let sales = 0
    // Until the last sales lie in files of their own: now and then all are put into one.
    while ((await recordFiles(data)).length < 4) {
      await agent.till.sell(tea())
      await agent.books.writing.settle()
      sales += 1
    }
    // Without the checkpoint that an orderly stop writes.
    agent.chain.block = 'copied'
    await world.stop(agent)
    const [, path = ''] = (await recordFiles(data)).at(-4) ?? []
    const lost = sales - 3
    await halve(path)
    const before = await contentsOf(join(data, 'documents'))

    const status = await processes.tryRun(['terminal', 'status', '--data', data])
    expect(status.code).toBe(6)
    expect(status.stdout).toContain(`Damaged: ${path} (`)
    expect(status.stdout).toContain(`moved to ${join(data, 'quarantine')}`)
    // Two messages, and no stack.
    expect(status.stderr).toMatch(
      /^counterfoil: a damaged file was moved to quarantine \(.*\)\ncounterfoil: sealed records are damaged; .*\n$/,
    )

    const whole = Array.from({ length: sales }, (_, index) => index + 1).filter((n) => n !== lost)
    const told = `counterfoil: ${path} is damaged (`
    for (const format of ['json', 'csv']) {
      const exported = await runHere(['export', '--data', data, '--format', format])
      expect(exported.code).toBe(6)
      expect(exported.stderr).toContain(told)
      expect(exported.stderr).toContain('what it held may be missing from this.')
      const numbers = [...exported.stdout.matchAll(/T1A\/\d{4}\/\d{6}/g)].map(([number]) => ({
        number,
        terminal: '',
      }))
      expect([...new Set(sequences(numbers))]).toEqual(whole)
    }
    const history = await runHere(['history', '--data', data])
    expect(history.code).toBe(6)
    expect(history.stderr).toContain(told)

    const after = await contentsOf(join(data, 'documents'))
    const name = path.slice(join(data, 'documents').length + 1)
    expect(after).toMatchObject(Object.fromEntries(Object.entries(before).filter(([file]) => file !== name)))
    // The two exports stand in the journal; nothing else was written.
    expect(Object.keys(after).filter((file) => !(file in before))).toHaveLength(2)

    // A process that serves the directory tells the same.
    await processes.serve(['terminal', 'serve', '--data', data, '--port', '0'])
    const served = await runHere(['terminal', 'status', '--data', data, '--json'])
    expect(served.code).toBe(6)
    expect((JSON.parse(served.stdout) as { damage: Damage[] }).damage).toMatchObject([{ path }])
  })

  test('D2 of a relay: export and status end with 6 and name it; the other terminals’ sales are all there', async () => {
    for (const name of ['T1', 'T2']) {
      const agent = await world.terminal(relay, name, { mode: 'disconnected' })
      for (let sale = 1; sale <= 3; sale += 1) await agent.till.sell(tea())
      await agent.sync()
      await world.stop(agent)
    }
    const books = new Map([...relay.relay.registry.entries()].map(([id, name]) => [id, name]))
    await world.stopRelay(relay)
    const data = relay.directory
    const healthy = await jsonHere<Exported>(['export', '--data', data, '--format', 'json'])
    expect(healthy.invoices).toHaveLength(6)

    const [id = ''] = [...books].find(([, name]) => name.kind === 'daybook' && name.code === 'T1') ?? []
    const folder = join(data, 'documents', id.slice(0, 2), id.slice(2))
    const files = await readdir(folder, { recursive: true, withFileTypes: true })
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name))
    for (const path of paths) await halve(path)

    const expectNamed = ({ code, stderr }: Pick<Ended, 'code' | 'stderr'>): void => {
      expect(code).toBe(6)
      for (const path of paths) expect(stderr).toContain(`counterfoil: ${path} is damaged (`)
    }
    const exported = await processes.tryRun(['export', '--data', data, '--format', 'json'])
    expectNamed(exported)
    expect((JSON.parse(exported.stdout) as Exported).invoices).toEqual(
      healthy.invoices.filter(({ terminal }) => terminal !== 'T1'),
    )
    const status = await processes.tryRun(['relay', 'status', '--data', data, '--json'])
    expect(status.code).toBe(6)
    const { damage } = JSON.parse(status.stdout) as { damage: Damage[] }
    expect(damage.map(({ path }) => path).sort()).toEqual(paths.sort())
  })

  test('D2 is found at once also where no terminal is connected that could be asked for what it held', async () => {
    // The repo asks the network for what it cannot read, and waits a minute for one that is not ready.
    const { networkSubsystem } = relay.relay.durable.repo
    expect(networkSubsystem.adapters).toHaveLength(1)
    expect(networkSubsystem.isReady()).toBe(true)
    await networkSubsystem.whenReady()
  })
})
