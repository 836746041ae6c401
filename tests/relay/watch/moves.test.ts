import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FleetDetail, FleetResponse, FleetRow } from '../../../src/docs/generated/types.js'
import type { Agent } from '../../../src/terminal/agent.js'
import { FaultyDisk } from '../../storage/disks.js'
import { nodeDisk } from '../../../src/storage/disk.js'
import { numbersOf, relayNumbers, tea, until, World, type RunningRelay } from '../../support/world.js'
import { Browser, OPERATOR } from '../browser.js'
import { ask } from '../raw-http.js'
import { RawTerminal } from '../raw-terminal.js'

let world: World
let relay: RunningRelay

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterEach(() => world.end())

const order = (what: string, body: object) =>
  ask(relay.url, 'POST', `/v1/admin/terminals/${what}`, { body, token: OPERATOR })
const main = { shop: 'Main', terminal: 'T01' }

async function row(name: string): Promise<FleetRow | undefined> {
  const { body } = await ask<FleetResponse>(relay.url, 'GET', '/v1/admin/fleet', { token: OPERATOR })
  return body.terminals.find((one) => one.name === name)
}

/** Resolves when the relay has the report that a terminal sends at the end of what it does. */
async function reported(agent: Agent, wanted: (row: FleetRow | undefined) => boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    const { events } = relay.relay.watch.streams
    const look = (): void => {
      void row(agent.identity.name).then((one) => {
        if (!wanted(one)) return undefined
        events.off('terminal', look)
        return resolve()
      })
    }
    events.on('terminal', look)
    look()
  })
}

describe('what a terminal tells of itself', () => {
  test('follows each sync, with what has no receipt, the next numbers and the storage', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await agent.till.sell(tea('2'))
    await agent.till.sell(tea('1'))
    await agent.sync()
    await reported(
      agent,
      (one) => (one?.last?.report.serial ?? 0) > 0 && one?.last?.report.mode === 'disconnected',
    )
    const told = await row('T01')
    expect(told?.last?.report).toMatchObject({
      mode: 'disconnected',
      epoch: 'A',
      unreceipted: { invoices: 0, creditNotes: 0, payable: 0, documents: 0 },
      serial: agent.disk.ledger.serial,
      next: [
        { type: 'invoice', number: expect.stringMatching(/^T01A\/\d{4}\/000003$/) as string },
        { type: 'credit-note', number: expect.stringMatching(/^T01A\/\d{4}\/C00001$/) as string },
      ],
      damage: 0,
    })
    expect(told?.last?.report.storage.used).toBeGreaterThan(1_000)
    expect(told?.last?.report.storage.free).toBeGreaterThan(1_000)
    expect(told?.receipt?.serial).toBe(agent.disk.ledger.serial)
    expect(Math.abs(told?.last?.skewMs ?? 1e9)).toBeLessThan(60_000)
  })

  test('S1 is no matter of the sync: a relay that refuses or loses reports gets everything else', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await agent.till.sell(tea())
    const { report } = relay.relay.watch
    relay.relay.watch.report = () => {
      throw new Error('no report today')
    }
    expect(await agent.sync()).toMatchObject({ complete: true })
    expect((await agent.status()).unreceipted).toMatchObject({ invoices: 0, documents: 0 })
    expect(await relayNumbers(relay)).toEqual(await numbersOf(agent))
    relay.relay.watch.report = report
  })

  test('comes while it is online, and once more when it works disconnected', async () => {
    const agent = await world.terminal(relay, 'T01')
    agent.start()
    await until(agent, () => agent.link.state.state === 'up')
    await reported(agent, (one) => one?.link === 'up' && one.last?.report.mode === 'online')
    await agent.disconnect('Asha')
    await reported(agent, (one) => one?.link === 'down' && one.last?.report.mode === 'disconnected')
    expect(agent.link.session).toBeUndefined()
  })
})

describe('a move to the next epoch', () => {
  test('N1 N2 is taken with the next sync: new series, the old sales kept, nothing sealed twice', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await agent.till.sell(tea())
    const answer = await order('move-epoch', { ...main, reason: 'a new year', by: 'Olga' })
    expect(answer).toMatchObject({ status: 200, body: { epoch: 'A', move: { by: 'Olga', epoch: 'A' } } })
    expect(await row('T01')).toMatchObject({ epoch: 'A', moving: true })
    // Until it has heard of it, it seals as it did.
    await agent.till.sell(tea())
    expect(await agent.sync()).toMatchObject({ complete: true, newEpoch: 'B' })
    await agent.till.sell(tea())
    const numbers = await numbersOf(agent)
    expect(numbers.map((number) => number.replace(/\/\d{4}\//, ' '))).toEqual([
      'T01A 000001',
      'T01A 000002',
      'T01B 000001',
    ])
    expect(await agent.sync()).toMatchObject({ complete: true })
    expect((await agent.sync()).newEpoch).toBeUndefined()
    expect(await relayNumbers(relay)).toEqual(numbers)
    expect(await row('T01')).not.toHaveProperty('moving')
    const { body } = await ask<FleetDetail>(relay.url, 'GET', `/v1/admin/fleet/${agent.identity.terminal}`, {
      token: OPERATOR,
    })
    expect(body.epochs).toMatchObject([
      { epoch: 'A', reason: 'paired' },
      { epoch: 'B', reason: 'moved', from: 'A' },
    ])
    expect(relay.relay.fleet.forks.open()).toEqual([])
  })

  test('S1 reaches a terminal that is connected at once, and sealing goes on meanwhile', async () => {
    const agent = await world.terminal(relay, 'T01')
    agent.start()
    await until(agent, () => agent.link.state.state === 'up' && !agent.syncer.running)
    const enough = new AbortController()
    const sold = (async () => {
      while (!enough.signal.aborted) await agent.till.sell(tea())
    })()
    await order('move-epoch', main)
    await until(agent, () => agent.identity.epoch === 'B')
    enough.abort()
    await sold
    await agent.till.sell(tea())
    // The first may have begun before the last sale.
    for (const _ of [1, 2]) await agent.sync()
    const numbers = await numbersOf(agent)
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(numbers.at(-1)).toMatch(/^T01B/)
    expect((await relayNumbers(relay)).toSorted()).toEqual(numbers.toSorted())
  })

  test('N2 whose answer is lost gives the same epoch when it is asked for again', async () => {
    const till = await RawTerminal.paired(relay, 'T01')
    await order('move-epoch', main)
    expect((await till.connect()).body.move).toMatchObject({ epoch: 'A' })
    const asked = 'ask_0123456789'
    expect((await till.post('/v1/epoch', { reason: 'moved', asked })).body).toEqual({ epoch: 'B' })
    expect((await till.post('/v1/epoch', { reason: 'moved', asked })).body).toEqual({ epoch: 'B' })
    // Nobody decided on a second one.
    const more = await till.post('/v1/epoch', { reason: 'moved', asked: 'ask_9876543210' })
    expect(more.status).toBe(409)
  })

  test('D3 N2 is whole or absent at the terminal that is killed in the middle of it', async () => {
    const disk = new FaultyDisk(nodeDisk)
    const directory = await world.paired(relay, 'T01')
    const agent = await world.agent(directory, { disk })
    await agent.sync()
    await agent.till.sell(tea())
    await order('move-epoch', main)
    // The answer is on the wire when the identity can be written no more.
    disk.decide = ({ path, name }) =>
      name.startsWith('open') && path.includes('terminal.json') ? { code: 'KILLED' } : undefined
    await expect(agent.sync()).rejects.toThrow('KILLED')
    expect(agent.identity.epoch).toBe('A')
    await world.abandon(agent, disk)
    const again = await world.agent(directory)
    const result = await again.sync()
    expect(result.newEpoch).toBe('B')
    await again.till.sell(tea())
    await again.sync()
    const numbers = await numbersOf(again)
    expect(numbers.map((number) => number.slice(0, 4))).toEqual(['T01A', 'T01B'])
    expect(relay.relay.fleet.forks.open()).toEqual([])
  })

  test('is refused for one that is revoked, and asked for by nobody else', async () => {
    const till = await RawTerminal.paired(relay, 'T01')
    const uncalled = await till.post('/v1/epoch', { reason: 'moved', asked: 'ask_0123456789' })
    expect(uncalled).toMatchObject({ status: 409, body: { type: 'counterfoil:not-moved' } })
    await order('revoke', main)
    expect(await order('move-epoch', main)).toMatchObject({
      status: 409,
      body: { type: 'counterfoil:terminal-revoked' },
    })
  })
})

describe('another name', () => {
  test('H1 reaches the terminal with its next sync, and stands in the history; code and numbers stay', async () => {
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await agent.till.sell(tea())
    await Browser.add(relay, 'Olga', 'operator')
    const olga = await Browser.signedIn(relay, 'Olga')
    const answer = await olga.send('POST', '/v1/admin/terminals/rename', { ...main, name: '  Front   desk ' })
    expect(answer).toMatchObject({ status: 200, body: { name: 'Front desk', code: 'T01', epoch: 'A' } })
    await agent.sync()
    expect((await agent.status()).terminal).toMatchObject({ name: 'Front desk', code: 'T01' })
    await agent.till.sell(tea())
    expect((await numbersOf(agent)).every((number) => number.startsWith('T01A'))).toBe(true)
    const { history } = (await olga.get('/v1/admin/history')).body as {
      history: { by: string; did: string }[]
    }
    expect(history.find(({ did }) => did === 'rename terminal T01 to Front desk')?.by).toBe('Olga')
    await world.stop(agent)
    expect((await world.agent(world.path('T01'))).identity.name).toBe('Front desk')
  })

  test('ends the codes made for the old and the new one, and must be nobody else’s', async () => {
    await RawTerminal.paired(relay, 'T01')
    await RawTerminal.paired(relay, 'T02')
    const cashier = { shop: 'Main', name: 'Asha', pin: '4711' }
    await ask(relay.url, 'POST', '/v1/admin/cashiers', { body: cashier, token: OPERATOR })
    for (const name of ['T02', 't02', 'Relay', 'asha']) {
      expect(await order('rename', { ...main, name })).toMatchObject({
        status: 409,
        body: { type: 'counterfoil:name-taken' },
      })
    }
    const codes = await Promise.all(
      ['T01', 'Front'].map((name) => relay.relay.pairings.create('Main', name, 'till')),
    )
    expect(await order('rename', { ...main, name: 'Front' })).toMatchObject({ status: 200 })
    for (const { code } of codes)
      await expect(relay.relay.pairings.redeem(code, '127.0.0.1')).rejects.toThrow('not valid')
    expect(await order('rename', { ...main, name: 'Other' })).toMatchObject({ status: 404 })
  })

  test.each(['', ' ', 'two\nlines', 'x'.repeat(81), 'right\u202Eleft'])('R1 %j is none', async (name) => {
    await RawTerminal.paired(relay, 'T01')
    expect(await order('rename', { ...main, name })).toMatchObject({
      status: 400,
      body: { type: 'counterfoil:invalid-input' },
    })
  })
})
