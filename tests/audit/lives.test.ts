import { cp, rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/storage/disk.js'
import { verifyPath } from '../../src/evidence/open.js'
import { writeExport } from '../../src/evidence/write-export.js'
import type { Verdict } from '../../src/docs/generated/types.js'
import { Findings } from '../../src/docs/verify/findings.js'
import type { GivenKeys } from '../../src/docs/verify/trust.js'
import type { Agent } from '../../src/terminal/agent.js'
import { settle } from '../relay/counted-books.js'
import { RawBook } from '../relay/raw-book.js'
import { RawTerminal } from '../relay/raw-terminal.js'
import { tea, World, type RunningRelay } from '../support/world.js'

let world: World
let relay: RunningRelay

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterEach(() => world.end())

const progress = { update: () => undefined, end: () => undefined }

function keysOf({ identity }: Agent): GivenKeys {
  const { relayKey, code, epoch, signer } = identity
  return { relay: relayKey, terminals: new Map([[`${code}${epoch}`, signer.publicKey]]) }
}

const look = (path: string, given: GivenKeys): Promise<Verdict> =>
  verifyPath(path, { given, findings: new Findings(), progress, disk: nodeDisk })
const found = ({ findings }: Verdict): string[] =>
  findings.map(({ code, sentence }) => `${code}: ${sentence}`)

async function exported(name: string): Promise<string> {
  const out = world.path(name)
  await relay.relay.merkleLog.checkpoint()
  const now = (): Date => world.now()
  await writeExport(relay.directory, out, { format: 'records', from: null, to: null, disk: nodeDisk, now })
  return out
}

describe('H2: what happens to a terminal', () => {
  test('H2: a purge takes nothing from what the relay shows, and the terminal says where its chain begins now', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    for (let sale = 0; sale < 4; sale += 1) await agent.till.sell(tea())
    await agent.sync()
    const before = await look(await exported('before.zip'), keysOf(agent))
    await agent.forceComplete('Asha', true)
    await agent.till.sell(tea())
    const own = await look(world.path('T01'), keysOf(agent))
    expect(found(own)).toEqual([])
    expect(own.chains[0]?.first).toBeGreaterThan(4)
    await agent.sync()
    const after = await look(await exported('after.zip'), keysOf(agent))
    expect([found(before), found(after)]).toEqual([[], []])
    expect(after.chains[0]).toMatchObject({ first: 1, last: own.chains[0]?.last ?? 0 })
    expect(after.records).toBeGreaterThan(before.records)
  })

  test('H2: a directory that was copied goes on in a new epoch, with a chain of its own that verifies', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await agent.till.sell(tea())
    await agent.sync()
    await world.stop(agent)
    await cp(world.path('T01'), world.path('copy'), { recursive: true })
    await rm(world.path('T01'), { recursive: true })
    const copy = await world.agent(world.path('copy'))
    await copy.sync()
    await copy.till.sell(tea())
    await copy.sync()
    const { relay: relayKey = '' } = keysOf(copy)
    const verdict = await look(await exported('lives.zip'), { relay: relayKey, terminals: new Map() })
    expect(found(verdict)).toEqual([])
    expect(verdict.chains.map(({ terminal, epoch, first }) => `${terminal}${epoch} ${first}`)).toEqual([
      'T01A 1',
      'T01B 1',
    ])
  })

  test('H2: while a till sells, syncs and settles its records into day books, every look at either side verifies', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    const keys = keysOf(agent)
    const running = new Set(['selling'])
    const selling = (async () => {
      for (let sale = 0; sale < 400; sale += 1) {
        await agent.till.sell(tea())
        if (sale % 100 === 99) await agent.sync()
      }
    })().finally(() => running.clear())
    let looks = 0
    let seen = 0
    while (running.size > 0) {
      const own = await look(world.path('T01'), keys)
      const theirs = await look(relay.directory, keys)
      expect([...found(own), ...found(theirs)]).toEqual([])
      expect(own.records).toBeGreaterThanOrEqual(seen)
      seen = own.records
      looks += 1
    }
    await selling
    expect(looks).toBeGreaterThan(1)
    expect((await look(world.path('T01'), keys)).records).toBeGreaterThan(400)
  })

  test('H2: two copies that sealed at one time are found, with the first record they differ in', async () => {
    const at = new Date('2026-04-01T06:00:00Z')
    world.now = () => at
    const till = await RawTerminal.paired(relay, 'Till')
    const book = new RawBook(till, at)
    book.sell('1')
    await settle(relay.relay, book)
    const copy = new RawBook(till, at, { part: 2 })
    copy.state = book.state
    book.sell('2')
    copy.sell('3')
    copy.sell('4')
    await settle(relay.relay, book)
    await settle(relay.relay, copy)

    const out = await exported('fork.zip')
    const { relay: relayKey } = await look(out, { terminals: new Map() }).then(({ keys }) => ({
      relay: keys.find(({ of }) => of === 'relay')?.key,
    }))
    const verdict = await look(out, { relay: relayKey, terminals: new Map() })
    const doubled = verdict.findings.filter(({ code }) => code === 'doubled')
    expect(doubled.map(({ where }) => where.position)).toEqual([book.state.position])
    expect(doubled[0]?.sentence).toContain('two directories sealed as this terminal')
    // This book was begun by hand, without the event that begins an epoch.
    expect(found(verdict).filter((text) => !text.startsWith('doubled'))).toEqual([
      'wrong-start: Record 1 of T01A does not begin its epoch.',
      'number-doubled: Number T01A/2627/000002 was used twice.',
    ])
  })
})
