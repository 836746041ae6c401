import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { keyOfAddress } from '../../src/relay/addresses.js'
import { Buckets } from '../../src/relay/buckets.js'
import { HTTP_LIMITS, type HttpLimits } from '../../src/relay/http-limits.js'
import { World, type RunningRelay } from '../support/world.js'
import { ask, bearer, exchange, upgrade } from './raw-http.js'
import { RawSocket } from './raw-socket.js'
import { RawTerminal, strangeId } from './raw-terminal.js'

let world: World
beforeAll(async () => {
  world = await World.make()
})
afterAll(() => world.end())

let made = 0
function limited(limits: Partial<HttpLimits>, proxies: string[] = []): Promise<RunningRelay> {
  made += 1
  return world.relay({ name: `relay-${made}`, limits, proxies })
}

/** Sends the beginning of something and waits until the relay hangs up; resolves to what it said. */
function hungUp(url: string, text: string): Promise<string> {
  return exchange(url, text)
}

const codes = ({ relay }: RunningRelay): string[] =>
  relay.incidents
    .list()
    .filter(({ kind }) => kind === 'limit')
    .map(({ code }) => code)

describe('slow senders', () => {
  const QUICK = { headersMs: 150, requestMs: 300, checkMs: 50 }

  test.each([
    ['nothing at all', ''],
    ['half a request line', 'GET /heal'],
    ['headers without end', 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\n'],
    [
      'a body without end',
      'POST /v1/challenge HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"t',
    ],
  ])('R1 who sends %s is hung up on, and others go on', async (_what, text) => {
    const relay = await limited(QUICK)
    const slow = hungUp(relay.url, text)
    const terminal = await RawTerminal.paired(relay, 'T01')
    expect((await terminal.connect()).status).toBe(200)
    expect(await slow).toMatch(/^(HTTP\/1\.1 408 Request Timeout|$)/)
    expect((await terminal.connect()).status).toBe(200)
  })

  test('R1 who sends a byte now and then is hung up on at the same time', async () => {
    const relay = await limited(QUICK)
    const socket = connect(Number(new URL(relay.url).port), '127.0.0.1')
    const drip = setInterval(() => socket.write('x'), 20)
    socket.write('GET /healthz HTTP/1.1\r\nX-Slow: ')
    socket.on('error', () => undefined)
    socket.resume()
    await once(socket, 'close')
    clearInterval(drip)
    expect((await ask(relay.url, 'GET', '/healthz')).status).toBe(200)
  })
})

describe('large senders', () => {
  test('R1 headers above the limit are refused', async () => {
    const relay = await limited({})
    const header = 'x'.repeat(HTTP_LIMITS.headerBytes)
    const answer = await hungUp(
      relay.url,
      `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ${header}\r\n\r\n`,
    )
    expect(answer).toContain('431 Request Header Fields Too Large')
  })

  test('R1 headers after the sixtieth say nothing: a token among them lets nobody in', async () => {
    const relay = await limited({})
    const terminal = await RawTerminal.paired(relay, 'T01')
    const request = async (many: number): Promise<string> => {
      const lines = ['GET /v1/invoice?number=x HTTP/1.1', 'Host: localhost', 'Connection: close']
      for (let index = 0; index < many; index += 1) lines.push(`X-${index}: 1`)
      lines.push(bearer(await terminal.session()))
      return hungUp(relay.url, `${lines.join('\r\n')}\r\n\r\n`)
    }
    expect(await request(10)).toContain('404 Not Found')
    expect(await request(HTTP_LIMITS.headerCount)).toContain('401 Unauthorized')
  })
})

/** Resolves when a connection is closed by the other side. */
async function isDropped(socket: Socket): Promise<boolean> {
  socket.on('error', () => undefined)
  socket.resume()
  await once(socket, 'close')
  return true
}

describe('many connections', () => {
  test('R1 of one address, above the limit, are dropped; when others end there is room again', async () => {
    const relay = await limited({ connectionsPerAddress: 3 })
    const port = Number(new URL(relay.url).port)
    const held: Socket[] = []
    for (let index = 0; index < 3; index += 1) {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      held.push(socket)
    }
    expect(await isDropped(connect(port, '127.0.0.1'))).toBe(true)
    // Another address is another sender.
    const other = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    other.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const [answer] = (await once(other, 'data')) as [Buffer]
    expect(answer.toString()).toContain('200 OK')
    other.destroy()
    const ends = once(held[0] as Socket, 'close')
    held[0]?.end('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    held[0]?.resume()
    await ends
    const again = connect(port, '127.0.0.1')
    again.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n')
    expect(String((await once(again, 'data'))[0])).toContain('200 OK')
    for (const socket of [...held, again]) socket.destroy()
    expect(codes(relay)).toEqual(['too-many-connections'])
  })

  test('R1 from everywhere, above the limit, are dropped', async () => {
    const relay = await limited({ connections: 2 })
    const port = Number(new URL(relay.url).port)
    const held = [connect(port, '127.0.0.1'), connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' })]
    for (const socket of held) await once(socket, 'connect')
    expect(await isDropped(connect({ port, host: '127.0.0.1', localAddress: '127.0.0.3' }))).toBe(true)
    for (const socket of held) socket.destroy()
  })

  test('R1 sockets of one address, above the limit, are told when to come back', async () => {
    const relay = await limited({ socketsPerAddress: 2 })
    const terminals = [await RawTerminal.paired(relay, 'T01'), await RawTerminal.paired(relay, 'T02')]
    const sockets = await Promise.all(terminals.map((terminal) => terminal.joined()))
    const third = await RawTerminal.paired(relay, 'T03')
    const { ticket } = (await third.connect()).body
    const answer = await exchange(relay.url, upgrade('/v1/socket', [bearer(ticket)]))
    expect(answer).toContain('429 Too Many Requests')
    expect(answer).toContain('Retry-After: 30')
    // The ticket was not used up, and there is room once another has ended.
    await sockets[0]?.end()
    const socket = await RawSocket.open(relay.url, ticket)
    await socket.join(third.id)
    await Promise.all([socket.end(), sockets[1]?.end()])
    expect(codes(relay)).toEqual(['too-many-sockets'])
  })

  test('A1 a WebSocket that a web page asks for is refused, with whatever ticket', async () => {
    const relay = await limited({})
    const terminal = await RawTerminal.paired(relay, 'T01')
    const { ticket } = (await terminal.connect()).body
    const answer = await exchange(relay.url, upgrade('/v1/socket', [bearer(ticket), `Origin: ${relay.url}`]))
    expect(answer).toContain('403 Forbidden')
    await (await RawSocket.open(relay.url, ticket)).end()
  })
})

describe('many requests that prove nothing', () => {
  const FEW = { unproven: { burst: 5, perSecond: 0.1 } }
  const challenge = (url: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${url}/v1/challenge`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ terminal: strangeId(), nonce: 'A'.repeat(43) }),
    })
  const flood = async (url: string): Promise<Response> => {
    for (;;) {
      const response = await challenge(url)
      await response.arrayBuffer()
      if (response.status !== 200) return response
    }
  }

  test('R1 of one address are held, and told when to come back; a terminal that is in goes on', async () => {
    const relay = await limited(FEW)
    const terminal = await RawTerminal.paired(relay, 'T01')
    const token = await terminal.session()
    const held = await flood(relay.url)
    expect(held.status).toBe(429)
    expect(Number(held.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(held.headers.get('content-type')).toContain('application/problem+json')
    const asked = { token, body: { documents: [] } }
    expect((await ask(relay.url, 'POST', '/v1/sync', asked)).status).toBe(200)
    for (const path of ['/v1/pair', '/v1/connect', '/v1/sign-in']) {
      expect((await ask(relay.url, 'POST', path, { body: {} })).status).toBe(429)
    }
    expect(codes(relay)).toEqual(['too-many-requests'])
  })

  test('R1 are let in again with time', async () => {
    const relay = await limited(FEW)
    await flood(relay.url)
    const at = world.now().getTime()
    world.now = () => new Date(at + 10_001)
    expect((await challenge(relay.url)).status).toBe(200)
    expect((await challenge(relay.url)).status).toBe(429)
  })

  test('R1 cannot be made to look like others’ by who is no proxy; a proxy of the config speaks for others', async () => {
    const plain = await limited(FEW)
    await flood(plain.url)
    expect((await challenge(plain.url, { 'x-forwarded-for': '192.0.2.1' })).status).toBe(429)
    const behind = await limited(FEW, ['127.0.0.1'])
    for (let index = 0; index < 5; index += 1) await challenge(behind.url, { 'x-forwarded-for': '192.0.2.1' })
    expect((await challenge(behind.url, { 'x-forwarded-for': '192.0.2.1' })).status).toBe(429)
    // What the client itself wrote stands to the left of what the proxy saw.
    expect((await challenge(behind.url, { 'x-forwarded-for': '192.0.2.9, 192.0.2.1' })).status).toBe(429)
    expect((await challenge(behind.url, { 'x-forwarded-for': '192.0.2.2' })).status).toBe(200)
  })

  test('A1 what a proxy says of https counts only from a proxy of the config', async () => {
    const cookie = async ({ url, relay }: RunningRelay): Promise<string> => {
      await relay.people.add({ name: 'Olga', role: 'operator' }, 'correct horse battery')
      const response = await fetch(`${url}/v1/sign-in`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-proto': 'https' },
        body: JSON.stringify({ name: 'Olga', password: 'correct horse battery' }),
      })
      return response.headers.get('set-cookie') ?? ''
    }
    expect(await cookie(await limited({}, ['127.0.0.0/8']))).toMatch(/^__Host-counterfoil=.*; Secure/)
    expect(await cookie(await limited({}))).toMatch(/^counterfoil=(?!.*Secure)/)
  })

  test('R1 a proxy that is no address is refused when the relay starts', async () => {
    await expect(limited({}, ['proxy.example'])).rejects.toMatchObject({ code: 'bad-proxies' })
  })
})

test('R1 a thousand terminals behind one address return at once and are all let in', () => {
  const buckets = new Buckets(HTTP_LIMITS.unproven, () => 0)
  const held = Array.from({ length: 2_000 }, () => buckets.take('203.0.113.5')).filter((wait) => wait > 0)
  expect(held).toEqual([])
  expect(HTTP_LIMITS.connectionsPerAddress).toBeGreaterThan(3_000)
  expect(HTTP_LIMITS.socketsPerAddress).toBeGreaterThan(1_000)
})

test('R1 ever new keys are forgotten, the oldest first, and take no memory without end', () => {
  const buckets = new Buckets({ burst: 1, perSecond: 1 }, () => 0)
  expect(buckets.take('first')).toBe(0)
  expect(buckets.take('first')).toBe(1)
  for (let index = 0; index < 20_000; index += 1) buckets.take(`key ${index}`)
  expect(buckets.take('first')).toBe(0)
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::1', '2001:db8:1:2'],
  ['2001:0db8:0001:0002::ffff', '2001:db8:1:2'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  [undefined, ''],
])('R1 the address %s is counted as %s', (address, key) => {
  expect(keyOfAddress(address)).toBe(key)
})
