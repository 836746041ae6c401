import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { NONCE_LIFE_MS, SESSION_LIFE_MS, TICKET_LIFE_MS } from '../../src/protocol/limits.js'
import { PROTOCOL_VERSION } from '../../src/protocol/version.js'
import { newSigner } from '../support/keys.js'
import { World, type RunningRelay } from '../support/world.js'
import { ask, bearer, exchange, talk, upgrade } from './raw-http.js'
import { RawSocket } from './raw-socket.js'
import { RawTerminal, strangeId } from './raw-terminal.js'

let world: World
let relay: RunningRelay
let terminal: RawTerminal

beforeAll(async () => {
  world = await World.make()
  later(0)
  relay = await world.relay()
  terminal = await RawTerminal.paired(relay, 'T01')
})
afterAll(() => world.end())

/** Sets the clock forward; it stands still between. */
function later(ms: number): void {
  const at = world.now().getTime() + ms
  world.now = () => new Date(at)
}

const NOT_PAIRED = { status: 401, body: { type: 'counterfoil:not-paired' } }

describe('challenge and response', () => {
  test('A1 whoever proves to hold the key gets a session and a ticket', async () => {
    const { status, body } = await terminal.connect()
    expect(status).toBe(200)
    expect(body).toMatchObject({ epoch: 'A', role: 'till', lastPosition: 0, serial: 0 })
    const asked = { token: body.session, body: { documents: [] } }
    expect((await ask(relay.url, 'POST', '/v1/sync', asked)).status).toBe(200)
  })

  test('A1 a nonce can be answered once: a replay is refused', async () => {
    const response = terminal.response(await terminal.challenge())
    expect((await terminal.answer(response)).status).toBe(200)
    expect(await terminal.answer(response)).toMatchObject(NOT_PAIRED)
  })

  test('A1 of two answers to one nonce at the same moment one is let in', async () => {
    const response = terminal.response(await terminal.challenge())
    const answers = await Promise.all([terminal.answer(response), terminal.answer(response)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
  })

  test('A1 a nonce ends after ten seconds', async () => {
    const [early, late] = [await terminal.challenge(), await terminal.challenge()]
    later(NONCE_LIFE_MS - 1)
    expect((await terminal.answer(terminal.response(early))).status).toBe(200)
    later(1)
    expect(await terminal.answer(terminal.response(late))).toMatchObject(NOT_PAIRED)
  })

  test('A1 a nonce given to one terminal is worth nothing to another', async () => {
    const other = await RawTerminal.paired(relay, 'T02')
    expect(await terminal.answer(terminal.response(await other.challenge()))).toMatchObject(NOT_PAIRED)
  })

  test('A1 a nonce that was never given is refused', async () => {
    expect(await terminal.answer(terminal.response('A'.repeat(43)))).toMatchObject(NOT_PAIRED)
  })

  test.each([
    ['another key', () => newSigner()],
    ['nothing that is a signature', () => ({ ...newSigner(), sign: () => 'A'.repeat(86) })],
  ])('A1 a signature by %s is refused', async (_by, make) => {
    const forger = new RawTerminal(relay, terminal.granted, make())
    expect(await forger.connect()).toMatchObject(NOT_PAIRED)
  })

  test.each([
    ['another relay', { relay: 'relay_00000000000000000000' }],
    ['another terminal', { terminal: 'term_00000000000000000000' }],
    ['another epoch', { epoch: 'B' }],
    ['another protocol', { protocol: PROTOCOL_VERSION + 1 }],
    ['another nonce', { nonce: 'B'.repeat(43) }],
  ])('A1 a signature given to %s is refused here', async (_to, over) => {
    const nonce = await terminal.challenge()
    const { signature } = terminal.response(nonce, over)
    expect(await terminal.answer({ ...terminal.response(nonce), signature })).toMatchObject(NOT_PAIRED)
  })

  test('A1 a stranger is answered as a terminal is, and learns nothing', async () => {
    const stranger = new RawTerminal(relay, { ...terminal.granted, terminal: strangeId() }, newSigner())
    expect(await stranger.challenge()).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const refused = await stranger.connect()
    const forger = new RawTerminal(relay, terminal.granted, newSigner())
    expect(refused).toMatchObject(NOT_PAIRED)
    expect(refused).toEqual(await forger.connect())
  })

  test('terminals of another protocol version are told so, with the version that is spoken here', async () => {
    const { status, body } = await terminal.connect({ protocol: PROTOCOL_VERSION + 1 })
    expect(status).toBe(409)
    expect(body).toMatchObject({ type: 'counterfoil:protocol-mismatch', protocol: PROTOCOL_VERSION })
  })

  test('A1 a session ends after an hour, and the next request is told to connect', async () => {
    const token = await terminal.session()
    const asked = { token, body: { documents: [] } }
    later(SESSION_LIFE_MS - 1)
    expect((await ask(relay.url, 'POST', '/v1/sync', asked)).status).toBe(200)
    later(1)
    expect(await ask(relay.url, 'POST', '/v1/sync', asked)).toMatchObject({
      status: 401,
      body: { type: 'counterfoil:no-session' },
    })
  })
})

/** Each returns what to ask for an upgrade with. */
const INTRUDERS: Record<string, () => Promise<string>> = {
  'no ticket': async () => upgrade('/v1/socket'),
  'a ticket nobody gave': async () => upgrade('/v1/socket', [bearer('A'.repeat(43))]),
  'an empty ticket': async () => upgrade('/v1/socket', ['Authorization: Bearer ']),
  'a session instead of a ticket': async () =>
    upgrade('/v1/socket', [bearer((await terminal.connect()).body.session)]),
  'a ticket in the address': async () =>
    upgrade(`/v1/socket?ticket=${(await terminal.connect()).body.ticket}`),
  'a ticket for another address': async () =>
    upgrade('/v1/other', [bearer((await terminal.connect()).body.ticket)]),
  'a used ticket': async () => {
    const { ticket } = (await terminal.connect()).body
    const socket = await RawSocket.open(relay.url, ticket)
    await socket.end()
    return upgrade('/v1/socket', [bearer(ticket)])
  },
  'a ticket that has expired': async () => {
    const { ticket } = (await terminal.connect()).body
    later(TICKET_LIFE_MS)
    return upgrade('/v1/socket', [bearer(ticket)])
  },
  'a ticket of a terminal whose sessions were ended': async () => {
    const { ticket } = (await terminal.connect()).body
    relay.relay.sessions.end(terminal.id)
    return upgrade('/v1/socket', [bearer(ticket)])
  },
  'a nonce instead of a ticket': async () => upgrade('/v1/socket', [bearer(await terminal.challenge())]),
}

describe('the upgrade', () => {
  test.each(Object.entries(INTRUDERS))('A1 with %s there is no WebSocket', async (_what, ask) => {
    const heard = await exchange(relay.url, await ask())
    expect(heard).toMatch(/^HTTP\/1\.1 401 /)
    expect(heard).not.toMatch(/sec-websocket-accept/i)
    await vi.waitFor(() => expect(relay.relay.isConnected(terminal.id)).toBe(false))
  })

  test('A1 a ticket opens a WebSocket until its thirty seconds are over', async () => {
    const { ticket } = (await terminal.connect()).body
    later(TICKET_LIFE_MS - 1)
    const socket = await RawSocket.open(relay.url, ticket)
    await socket.join(terminal.id)
    expect(relay.relay.isConnected(terminal.id)).toBe(true)
    await socket.end()
  })

  test('A1 of two upgrades with one ticket at the same moment one is let in', async () => {
    const { ticket } = (await terminal.connect()).body
    const sockets = await Promise.allSettled([
      RawSocket.open(relay.url, ticket),
      RawSocket.open(relay.url, ticket),
    ])
    expect(sockets.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    for (const socket of sockets) if (socket.status === 'fulfilled') await socket.value.end()
  })

  test.each(['//', 'http://[', '*', '/%', 'http://', '\\\\'])(
    'R1 an upgrade to %j is refused and ends no relay',
    async (path) => {
      expect(await exchange(relay.url, upgrade(path))).toMatch(/^HTTP\/1\.1 40[01] /)
      expect((await ask(relay.url, 'GET', '/healthz')).status).toBe(200)
    },
  )

  test.each([
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01'],
    ['an unknown version of HTTP', 'GET / HTTP/9.9\r\n\r\n'],
    ['an endless header', `GET / HTTP/1.1\r\nA: ${'a'.repeat(20_000)}`],
  ])('R1 %s is told that it is no HTTP here, and hung up on', async (_what, text) => {
    expect(await exchange(relay.url, text)).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect((await ask(relay.url, 'GET', '/healthz')).status).toBe(200)
  })

  test('R1 a refused client that never hangs up does not hold up the end of the relay', async () => {
    const other = await world.relay({ name: 'other' })
    const port = Number(new URL(other.url).port)
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    try {
      expect(await talk(socket, upgrade('/v1/socket'))).toMatch(/^HTTP\/1\.1 401 /)
      await world.stopRelay(other)
    } finally {
      socket.destroy()
    }
  })
})
