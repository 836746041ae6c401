import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DocumentId } from '../../src/docs/naming.js'
import { nodeDisk } from '../../src/storage/disk.js'
import type { Agent } from '../../src/terminal/agent.js'
import { FaultyDisk } from '../storage/disks.js'
import { numbersOf, relayNumbers, tea, World, type RunningRelay } from '../support/world.js'
import { cancelAt, Rounds, type Cancelling, type Round, type Step } from './cancelling.js'

let world: World
let relay: RunningRelay

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterEach(() => world.end())

const STEPS = {
  'before a document is written': {
    operation: 'open create',
    file: 'handoff.bundle.body',
    state: 'exporting',
  },
  'when the bundle is fsynced': { operation: 'sync', file: 'handoff.bundle', state: 'exporting' },
  'when the journal is to say uploading': { operation: 'rename', file: 'handoff.json', state: 'exporting' },
  'before a part is sent': { operation: 'open read', file: 'handoff.bundle', state: 'uploading' },
  'when the receipts are written': { operation: 'sync', file: 'receipts.log', state: 'uploading' },
  'when the journal is to say verified': { operation: 'rename', file: 'handoff.json', state: 'uploading' },
} satisfies Record<string, Step>

const rightly: Cancelling = (agent) => agent.cancel()

/** Rounds at every file operation from the cancelling on, up to one that nothing killed, or that has a fault. */
async function rounds(step: Step, cancel: Cancelling): Promise<Round[]> {
  const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
  await world.stop(agent)
  const terminal = new Rounds(world, relay, world.path('T01'))
  const all: Round[] = []
  for (;;) {
    const round = await terminal.run(step, all.length, cancel)
    all.push(round)
    if (round.done < all.length || round.faults.length > 0) return all
  }
}

describe('a force-complete that is cancelled', () => {
  for (const [moment, step] of Object.entries(STEPS)) {
    test(`D3 P1 killed at any file operation, cancelled ${moment}: as if never cancelled, or cancelled for good`, async () => {
      const all = await rounds(step, rightly)
      expect(all.flatMap(({ faults }) => faults)).toEqual([])
      // The first was killed before anything of it was written, the last not at all.
      expect(all[0]).toMatchObject({ found: 'under way', answered: false })
      expect(all.at(-1)).toMatchObject({ found: 'cancelled', answered: true })
      expect(all.length).toBeGreaterThan(6)
    })
  }

  const DOUBLES: Record<string, readonly [Cancelling, string]> = {
    'answers before it is written': [
      async (agent) => {
        agent.cancel().catch(() => undefined)
        return true
      },
      'a person was told that it is cancelled, and it is not',
    ],
    'deletes what has no receipt': [
      async (agent) => {
        const answered = await agent.cancel()
        const { journal } = agent.force
        const documents = journal?.state === 'uploading' ? journal.bundle.documents : []
        for (const { id } of documents) await agent.disk.durable.forget(id as DocumentId)
        return answered
      },
      'gone without a receipt: ',
    ],
  }
  for (const [fault, [cancel, said]] of Object.entries(DOUBLES)) {
    test(`the same looks find a double that ${fault}`, async () => {
      const all = await rounds(STEPS['before a part is sent'], cancel)
      expect(all.at(-1)?.faults.join('\n')).toContain(said)
    })
  }

  /** A terminal with one sale, and the disk it is on. */
  async function terminal(): Promise<{ agent: Agent; disk: FaultyDisk; sold: string }> {
    const disk = new FaultyDisk(nodeDisk)
    const agent = await world.agent(await world.paired(relay, 'T01', { role: 'manager' }), { disk })
    await agent.sync()
    await agent.catalogue.edit('Asha', 'import', [{ sku: 'TEA', name: 'Tea', price: { minor: 10_000 } }])
    await agent.sync()
    await agent.disconnect('Asha')
    const { record } = await agent.till.sell(tea())
    return { agent, disk, sold: record.body.number }
  }

  async function restarted(agent: Agent): Promise<Agent> {
    await world.stop(agent)
    const again = await world.agent(world.path('T01'))
    again.start()
    return again
  }

  test('it rests through a restart, and goes on in the name of the person who starts it again', async () => {
    const { agent, disk, sold } = await terminal()
    expect((await cancelAt(agent, disk, STEPS['before a part is sent'])).answered).toBe(true)
    const { journal } = agent.force
    const again = await restarted(agent)
    expect(again.force).toMatchObject({ running: false, pending: true, journal })
    expect(await again.force.resume()).toBeUndefined()
    expect(await numbersOf(again)).toEqual([sold])
    await again.forceComplete('Ravi', true)
    // The same upload, and another's deed.
    expect(again.force.journal?.order).toEqual({ ...journal?.order, by: 'Ravi' })
    expect(again.force.journal).toMatchObject({ state: 'purged' })
    expect(await relayNumbers(relay)).toEqual([sold])
    expect(await numbersOf(again)).toEqual([])
  })

  test('P1 started again with the other choice about the catalogue, the new choice counts', async () => {
    const { agent, disk, sold } = await terminal()
    const step = STEPS['before a part is sent']
    const force = agent.force.run('Asha', false)
    void force.catch(() => undefined)
    await expect(cancelAt(agent, disk, step)).resolves.toMatchObject({ answered: true })
    await expect(force).rejects.toThrow('It was cancelled')
    const again = await restarted(agent)
    await again.forceComplete('Asha', true)
    expect((await again.catalogue.item('TEA')).name).toBe('Tea')
    expect(await relayNumbers(relay)).toEqual([sold])
    expect(await numbersOf(again)).toEqual([])
  })

  test('where there is nothing to hand over it has ended, and is not said to be cancelled', async () => {
    const { agent, disk } = await terminal()
    await agent.forceComplete('Asha', true)
    agent.chain.block = 'copied'
    await agent.forceComplete('Asha', true)
    const step: Step = { operation: 'unlink', file: 'handoff.bundle', state: 'exporting' }
    expect(await cancelAt(agent, disk, step)).toMatchObject({ answered: false })
    expect(agent.force.journal).toMatchObject({ state: 'purged', purged: 0 })
  })

  test('P1 it is too late when the receipts are noted', async () => {
    const { agent, disk, sold } = await terminal()
    const step: Step = { operation: 'rename', file: 'handoff.json', state: 'verified' }
    expect(await cancelAt(agent, disk, step)).toMatchObject({ answered: false })
    expect(agent.force.journal).toMatchObject({ state: 'purged' })
    expect(await relayNumbers(relay)).toEqual([sold])
  })

  test('D4 on a disk that is full a person is told so, and not that it is cancelled', async () => {
    const { agent, disk, sold } = await terminal()
    const told: Promise<unknown>[] = []
    await cancelAt(agent, disk, STEPS['before a part is sent'], async () => {
      const cancelled = agent.cancel()
      disk.decide = ({ name }) => (name === 'write' ? { code: 'ENOSPC' } : undefined)
      told.push(cancelled.catch((error: Error) => error.message))
      return cancelled
    })
    expect(await Promise.all(told)).toEqual([expect.stringContaining('the disk is full')])
    disk.decide = () => undefined
    expect(await readFile(world.path('T01', 'handoff.json'), 'utf8')).not.toContain('cancelledAt')
    const again = await restarted(agent)
    await again.force.resume()
    expect(await relayNumbers(relay)).toEqual([sold])
  })
})
