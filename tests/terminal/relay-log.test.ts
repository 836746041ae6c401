import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cosignerName, countersign, countersignedAt, readCheckpoint } from '../../src/docs/checkpoint.js'
import type {
  Countersignature,
  CountersignatureList,
  LogConsistency,
  LogEntries,
  LogInclusions,
  LogView,
} from '../../src/docs/generated/types.js'
import { entryHash } from '../../src/docs/log-entry.js'
import { verifyConsistency, verifyInclusion } from '../../src/docs/merkle.js'
import { nodeDisk } from '../../src/storage/disk.js'
import type { Agent } from '../../src/terminal/agent.js'
import { ask, type Answer } from '../relay/raw-http.js'
import { OPERATOR } from '../relay/browser.js'
import { RawTerminal } from '../relay/raw-terminal.js'
import { FaultyDisk } from '../storage/disks.js'
import { tea, World, type RunningRelay } from '../support/world.js'

let world: World
let relay: RunningRelay

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterEach(() => world.end())

const bytes = (hashes: readonly string[]): Uint8Array[] => hashes.map((text) => Buffer.from(text, 'base64'))

function audit<T>(path: string): Promise<Answer<T>> {
  return ask<T>(relay.url, 'GET', `/v1/admin/log${path}`, { token: OPERATOR })
}

function checkpointOf(note: string) {
  const { id, signer } = relay.relay.identity
  return readCheckpoint(note, id, signer.publicKey)
}

/** Starts the relay on its address again, after `change` was done to its stopped directory. */
async function restarted(change: () => Promise<unknown>): Promise<void> {
  const port = Number(new URL(relay.url).port)
  await world.stopRelay(relay)
  await change()
  relay = await world.relay({ port })
}

async function sold(agent: Agent): Promise<void> {
  await agent.till.sell(tea())
  await agent.sync()
}

describe('the relay’s log, from a sale to its proof', () => {
  test('H2 every receipt and every day close is in it, and terminals countersign what they saw', async () => {
    const one = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    const two = await world.terminal(relay, 'T02', { mode: 'disconnected' })
    for (const agent of [one, two, one]) await sold(agent)
    const { hash, body } = await one.till.closeDay('Asha')
    await one.sync()
    await relay.relay.backlog.settled()
    await one.sync()

    const { entries, checkpoint } = (await audit<LogEntries>('/entries')).body
    const { size, root } = checkpointOf(checkpoint)
    expect(entries).toHaveLength(size)
    const serials = entries.flatMap((entry) =>
      entry?.type === 'custody-receipt' ? entry.receipt.body.serial : [],
    )
    expect(serials).toEqual(Array.from({ length: relay.relay.issued.serial }, (_, at) => at + 1))
    expect(entries.filter((entry) => entry?.type === 'day-close')).toEqual([
      {
        v: 1,
        type: 'day-close',
        terminal: one.identity.terminal,
        code: 'T01',
        epoch: 'A',
        position: body.chain.position,
        hash,
      },
    ])
    for (const [index, entry] of entries.entries()) {
      if (!entry) continue
      const leaf = Buffer.from(entryHash(entry))
      const { proofs } = (await audit<LogInclusions>(`/inclusion?leaf=${leaf.toString('base64url')}`)).body
      expect(proofs[0]?.index).toBe(index)
      expect(verifyInclusion(leaf, index, size, bytes(proofs[0]?.path ?? []), root)).toBe(true)
    }

    expect(one.disk.checkpoints.seen).toMatchObject({ size, unproven: 0, alarm: null })
    const { countersignatures } = (await audit<CountersignatureList>('/countersignatures')).body
    expect(countersignatures.map(({ code }) => code).sort()).toEqual(['T01', 'T02'])
    for (const { terminal, note, size: from } of countersignatures) {
      const key = relay.relay.shops.keyOf(terminal, 'A') ?? ''
      expect(countersignedAt(note, cosignerName(relay.relay.identity.id, terminal), key)).toBeInstanceOf(Date)
      const { path } = (await audit<LogConsistency>(`/consistency?from=${from}`)).body
      expect(verifyConsistency(from, size, bytes(path), checkpointOf(note).root, root)).toBe(true)
    }
  })

  test('H2 a terminal is shown what the others of its shop countersigned, and nobody else’s', async () => {
    const one = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await sold(one)
    const view = async (shop: string, name: string): Promise<LogView> => {
      const raw = await RawTerminal.paired(relay, name, { shop })
      return (await ask<LogView>(relay.url, 'GET', '/v1/log', { token: await raw.session() })).body
    }
    const near = await view('Main', 'T02')
    expect(near.countersigned.map(({ terminal }) => terminal)).toEqual([one.identity.terminal])
    expect((await view('Branch', 'X01')).countersigned).toEqual([])
  })

  test('S1 S4 a log that cannot be written holds up no sale, no sync and no receipt, and fills up later', async () => {
    const disk = new FaultyDisk(nodeDisk)
    const port = Number(new URL(relay.url).port)
    await world.stopRelay(relay)
    relay = await world.relay({ port, disk })
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    disk.decide = ({ name, path }) =>
      name === 'write' && path.startsWith(join(relay.directory, 'log')) ? { code: 'ENOSPC' } : undefined
    await agent.till.sell(tea())
    expect(await agent.sync()).toMatchObject({ complete: true })
    const status = await agent.status()
    expect(status).toMatchObject({ log: null, unreceipted: { invoices: 0 } })
    expect(agent.disk.checkpoints.seen.unproven).toBeGreaterThan(0)
    disk.decide = () => undefined
    await agent.sync()
    expect(agent.disk.checkpoints.seen).toMatchObject({ unproven: 0, alarm: null })
  })

  test('a relay that had no log yet fills it at its first start', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await sold(agent)
    await agent.till.closeDay('Asha')
    await agent.sync()
    await relay.relay.backlog.settled()
    const { size } = await relay.relay.merkleLog.checkpoint()
    await restarted(() => rm(join(relay.directory, 'log'), { recursive: true }))
    const { entries } = (await audit<LogEntries>('/entries')).body
    expect(entries).toHaveLength(size)
    expect(entries.filter((entry) => entry?.type === 'day-close')).toHaveLength(1)
  })
})

describe('a relay whose log is not what it was', () => {
  test('S5 H2 restored from an old backup is named by the terminal, which bills on and loses nothing', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    const other = await world.terminal(relay, 'T02', { mode: 'disconnected' })
    await sold(agent)
    const backup = world.path('backup')
    await restarted(() => cp(relay.directory, backup, { recursive: true }))
    for (let count = 0; count < 3; count += 1) await sold(agent)
    await restarted(async () => {
      await rm(relay.directory, { recursive: true })
      await cp(backup, relay.directory, { recursive: true })
    })
    // Its log grows anew before the terminal comes.
    await sold(other)
    expect(await agent.sync()).toMatchObject({ relayBehind: true, complete: true })
    expect((await agent.status()).log).toMatchObject({ kind: 'restored' })
    await sold(agent)
    expect((await agent.status()).unreceipted.invoices).toBe(0)

    await agent.settleLog('Mira')
    await sold(agent)
    expect((await agent.status()).log).toBeNull()
    expect(agent.disk.checkpoints.seen).toMatchObject({
      size: relay.relay.merkleLog.size,
      unproven: 0,
    })
  })

  test('H2 made anew from receipts of which one was taken out is found, though each proof of it verifies', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await sold(agent)
    await sold(agent)
    const receipts = join(relay.directory, 'receipts.log')
    await restarted(async () => {
      await rm(join(relay.directory, 'log'), { recursive: true })
      const [, ...rest] = (await readFile(receipts, 'utf8')).split('\n')
      await writeFile(receipts, rest.join('\n'))
    })
    await sold(agent)
    expect((await agent.status()).log).toMatchObject({ kind: 'rewritten' })
    expect((await agent.status()).unreceipted.invoices).toBe(0)
  })
})

describe('R1 what is left at the relay as a countersignature', () => {
  let till: RawTerminal
  const leave = (note: string): Promise<Answer<Countersignature>> =>
    till.post<Countersignature>('/v1/log/countersignature', { note })

  beforeEach(async () => {
    till = await RawTerminal.paired(relay, 'T01')
  })

  test('is of the relay’s own log, by the terminal that leaves it', async () => {
    const checkpoint = await relay.relay.merkleLog.checkpoint()
    const name = cosignerName(relay.relay.identity.id, till.id)
    const good = countersign(checkpoint, name, till.signer, new Date())
    expect(await leave(good)).toMatchObject({ status: 201, body: { terminal: till.id, size: 0 } })

    const other = await RawTerminal.paired(relay, 'T02')
    const others = countersign(checkpoint, name, other.signer, new Date())
    expect(await leave(others)).toMatchObject({
      status: 400,
      body: { type: 'counterfoil:not-countersigned' },
    })
    expect(await leave(checkpoint.note)).toMatchObject({ body: { type: 'counterfoil:not-countersigned' } })
    expect(await leave(good.replace('\n0\n', '\n1\n'))).toMatchObject({
      body: { type: 'counterfoil:bad-checkpoint' },
    })
    expect(await leave('x')).toMatchObject({ status: 400, body: { type: 'counterfoil:bad-checkpoint' } })
  })

  test.each([
    ['/v1/log?from=-1', 'invalid-query'],
    ['/v1/log/receipts', 'invalid-query'],
    ['/v1/log/receipts?serials=0', 'invalid-query'],
    ['/v1/log/receipts?serials=1,,2', 'invalid-query'],
    ['/v1/log/receipts?serials=1&size=9999', 'log-shorter'],
  ])('GET %s is refused with a reason', async (path, code) => {
    const answer = await ask(relay.url, 'GET', path, { token: await till.session() })
    expect(answer.body).toMatchObject({ type: `counterfoil:${code}` })
  })

  test.each([
    ['/inclusion', 'invalid-query'],
    ['/inclusion?serial=1&leaf=x', 'invalid-query'],
    [`/inclusion?leaf=${'A'.repeat(43)}`, 'not-in-log'],
    ['/consistency', 'invalid-query'],
    ['/consistency?from=99', 'log-shorter'],
    ['/entries?from=x', 'invalid-query'],
  ])('GET /v1/admin/log%s is refused with a reason', async (path, code) => {
    expect((await audit(path)).body).toMatchObject({ type: `counterfoil:${code}` })
  })
})
