import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FleetChange, Incident } from '../../../src/docs/generated/types.js'
import { World, type RunningRelay } from '../../support/world.js'
import { Browser, OPERATOR } from '../browser.js'
import { RawTerminal } from '../raw-terminal.js'
import { reportOf } from './reports-of.js'
import { Stream } from './stream.js'

let world: World
let relay: RunningRelay
let till: RawTerminal
let other: RawTerminal
let olga: Browser
const streams: Stream[] = []

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  till = await RawTerminal.paired(relay, 'T01')
  other = await RawTerminal.paired(relay, 'X01', { shop: 'Branch' })
  await Browser.add(relay, 'Olga', 'operator')
  await Browser.add(relay, 'Mira', 'manager', 'Main')
})
beforeEach(async () => {
  olga = await Browser.signedIn(relay, 'Olga')
})
afterAll(async () => {
  for (const stream of streams) stream.close()
  await world.end()
})

async function listen(who: Browser): Promise<Stream> {
  const stream = await Stream.open(relay.url, { cookie: who.cookie })
  streams.push(stream)
  return stream
}

const names = (change: FleetChange | undefined) => change?.terminals.map(({ name }) => name)

describe('the stream of events', () => {
  test('tells of a report, of a socket that opens and closes, and of a decision, together where they come so', async () => {
    const stream = await listen(olga)
    await till.post('/v1/report', reportOf(world.now(), { serial: 42 }))
    const told = await stream.next<FleetChange>('fleet')
    expect(told).toMatchObject({
      shops: [{ name: 'Main' }],
      terminals: [{ name: 'T01', last: { report: { serial: 42 } } }],
    })

    const socket = await till.joined()
    expect(await stream.next<FleetChange>('fleet')).toMatchObject({ terminals: [{ link: 'up' }] })
    await socket.end()
    expect(await stream.next<FleetChange>('fleet')).toMatchObject({ terminals: [{ link: 'down' }] })

    const order = { shop: 'Branch', terminal: 'X01' }
    await Promise.all([
      till.post('/v1/report', reportOf(world.now())),
      olga.send('POST', '/v1/admin/terminals/revoke', order),
    ])
    expect(names(await stream.next('fleet'))?.toSorted()).toEqual(['T01', 'X01'])
    await olga.send('POST', '/v1/admin/terminals/reinstate', order)
  })

  test('tells an operator of what was refused, and of its acceptance', async () => {
    const stream = await listen(olga)
    const note = { kind: 'change-refused', code: 'change-schema', reason: 'bad', terminal: till.id } as const
    await relay.relay.incidents.note(note)
    const told = await stream.next<Incident>('incident')
    expect(told).toMatchObject({ code: 'change-schema', count: 1 })
    await olga.send('POST', '/v1/admin/incidents/accept', { serial: told?.serial, reason: 'seen' })
    expect(await stream.next<Incident>('incident')).toMatchObject({ accepted: { by: 'Olga' } })
  })

  test('A2 tells a manager of the own shop, and nothing of incidents', async () => {
    const stream = await listen(await Browser.signedIn(relay, 'Mira'))
    await relay.relay.incidents.note({ kind: 'limit', code: 'x', reason: 'x', address: '10.0.0.1' })
    relay.relay.watch.changed(other.id)
    relay.relay.watch.changed(till.id)
    expect(names(await stream.next('fleet'))).toEqual(['T01'])
    stream.close()
  })

  test('A2 ends when its session does, and is no sign of life of it', async () => {
    const stream = await listen(olga)
    await olga.send('POST', '/v1/sign-out', {})
    relay.relay.watch.changed(till.id)
    expect(await stream.next('fleet')).toBeUndefined()

    const idle = await Browser.signedIn(relay, 'Olga')
    const late = await listen(idle)
    const began = Date.now()
    world.now = () => new Date(began + 61 * 60_000)
    relay.relay.watch.changed(till.id)
    expect(await late.next('fleet')).toBeUndefined()
    world.now = () => new Date()
    expect((await idle.get('/v1/me')).status).toBe(200)
  })

  test('S4 is refused where too many are open, and told when to try again', async () => {
    const many: Stream[] = []
    for (;;) {
      const stream = await Stream.open(relay.url, { authorization: `Bearer ${OPERATOR}` })
      many.push(stream)
      if (stream.status !== 200) break
    }
    expect(many.length).toBeLessThanOrEqual(201)
    expect(many.at(-1)?.status).toBe(429)
    for (const stream of many) stream.close()
  })

  test('ends with the relay, at once', async () => {
    const second = await world.relay({ name: 'second' })
    const stream = await Stream.open(second.url, { authorization: `Bearer ${OPERATOR}` })
    const ended = stream.next('fleet')
    await world.stopRelay(second)
    expect(await ended).toBeUndefined()
  })
})
