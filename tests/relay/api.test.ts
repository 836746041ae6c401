import { request } from 'node:http'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { JSON_BODY_BYTES } from '../../src/protocol/limits.js'
import { VERSION } from '../../src/protocol/version.js'
import { World, type RunningRelay } from '../support/world.js'
import { ask, type Answer } from './raw-http.js'
import { RawTerminal } from './raw-terminal.js'

const PROBLEM = 'application/problem+json; charset=utf-8'
const OPERATOR = 'operator-token-for-tests'

let world: World
let relay: RunningRelay
let terminal: RawTerminal
let session: string

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  terminal = await RawTerminal.paired(relay, 'T01')
  session = await terminal.session()
})
afterAll(() => world.end())

function problem(status: number, code: string): object {
  return { status, type: PROBLEM, body: { type: `counterfoil:${code}`, status } }
}

describe('health', () => {
  test('is told to whoever asks, with the version', async () => {
    expect(await ask(relay.url, 'GET', '/healthz')).toMatchObject({
      status: 200,
      body: { status: 'ok', version: VERSION },
    })
    expect(await ask(relay.url, 'GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'ready' } })
  })

  test('a relay that is stopping finishes what was begun and takes on nothing new', async () => {
    const other = await world.relay({ name: 'stopping' })
    const client = await RawTerminal.paired(other, 'T01')
    const token = await client.session()
    const { port } = new URL(other.url)
    const slow = request({
      port,
      method: 'POST',
      path: '/v1/sync',
      agent: false,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'content-length': 16,
        expect: '100-continue',
      },
    })
    // The relay has begun with it: it asks for the body.
    await once(slow, 'continue')
    slow.write('{"documents"')
    const stopped = world.stopRelay(other)
    slow.end(':[]}')
    const [answer] = (await once(slow, 'response')) as [{ statusCode: number; resume(): void }]
    answer.resume()
    expect(answer.statusCode).toBe(200)
    await stopped
    await expect(ask(other.url, 'GET', '/healthz')).rejects.toThrow('fetch failed')
  })
})

describe('what every answer has', () => {
  test.each(['/healthz', '/v1/nothing', '/v1/admin/status'])(
    'R1 %s tells nothing of how it is made',
    async (path) => {
      const { headers } = await fetch(`${relay.url}${path}`)
      expect(headers.get('x-powered-by')).toBeNull()
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('access-control-allow-origin')).toBeNull()
    },
  )

  test.each([
    ['GET', '/v1'],
    ['GET', '/v1/pair'],
    ['DELETE', '/v1/sync'],
    ['GET', '/v1/socket'],
    ['POST', '/v1/handoffs'],
    ['GET', '/../relay.json'],
    ['GET', '/v1/__proto__'],
  ])('R1 %s %s is a route that is not there', async (method, path) => {
    expect(await ask(relay.url, method, path)).toMatchObject(problem(404, 'no-such-route'))
  })

  test('R1 an address that cannot be decoded is told so', async () => {
    expect(await ask(relay.url, 'PUT', '/v1/handoffs/%zz')).toMatchObject(problem(400, 'bad-request'))
  })
})

type Route = [method: string, path: string, body?: unknown]

/** What a terminal may ask for, with a body that is right. */
const ROUTES: readonly Route[] = [
  ['POST', '/v1/epoch', { reason: 'copied' }],
  ['POST', '/v1/sync', { documents: [] }],
  ['POST', '/v1/pull', { documents: [] }],
  ['POST', '/v1/custody', { documents: [{ id: '4NMNnkMhL8jXrdJ9jamS58PAVdXu', heads: [] }] }],
  ['GET', '/v1/invoice?number=T01A26-27/000001'],
  ['POST', '/v1/stock', { received: [{ sku: 'TEA', quantity: '1' }] }],
  ['PUT', '/v1/handoffs/hand_00000000000000000000', { size: 1, sha256: '0'.repeat(64) }],
  ['PATCH', '/v1/handoffs/hand_00000000000000000000'],
  ['POST', '/v1/handoffs/hand_00000000000000000000/take'],
]

describe('what a terminal asks', () => {
  test.each(ROUTES)('A1 %s %s needs a session', async (...[method, path, body]: Route) => {
    const tokens = [undefined, 'x'.repeat(43), (await terminal.connect()).body.ticket]
    for (const token of tokens) {
      expect(await ask(relay.url, method, path, { body, token })).toMatchObject(problem(401, 'no-session'))
    }
    const operators = await ask(relay.url, method, path, { body, token: OPERATOR })
    expect(operators).toMatchObject(problem(403, 'not-allowed'))
  })

  test.each(ROUTES.filter(([, , body]) => body !== undefined))(
    'R1 %s %s wants JSON that fits its schema',
    async (...[method, path]: Route) => {
      const send = (body: unknown): Promise<Answer> => ask(relay.url, method, path, { body, token: session })
      // Whether it may be asked at all stands before what is asked.
      const role = path === '/v1/stock' ? problem(403, 'managers-only') : undefined
      for (const body of ['{', 'null', '"text"', '7']) {
        expect(await send(body)).toMatchObject(role ?? problem(400, 'not-json'))
      }
      expect(await ask(relay.url, method, path, { token: session })).toMatchObject(
        role ?? problem(400, 'not-json'),
      )
      expect(await send([])).toMatchObject(role ?? problem(400, 'invalid-input'))
      expect(await send({ zzz: 1 })).toMatchObject(role ?? problem(400, 'invalid-input'))
      expect(await send({ zzz: 'x'.repeat(JSON_BODY_BYTES) })).toMatchObject(
        role ?? problem(413, 'body-too-large'),
      )
    },
  )

  test.each([
    ['/v1/pair', { code: '', publicKey: 'x', proof: 'x' }, '/code'],
    ['/v1/pair', { code: 'ABCD', publicKey: 'x', proof: 'x' }, '/publicKey'],
    ['/v1/pair', { code: 'ABCD' }, "'publicKey'"],
    ['/v1/challenge', { terminal: '../..', nonce: 'A'.repeat(43) }, '/terminal'],
    ['/v1/challenge', { terminal: 'term_00000000000000000000' }, "'nonce'"],
    ['/v1/challenge', { terminal: 'term_00000000000000000000', nonce: 'short' }, '/nonce'],
    ['/v1/challenge', { terminal: 'term_00000000000000000000', nonce: 'A'.repeat(43), more: 1 }, '"more"'],
    ['/v1/connect', { terminal: 'term_00000000000000000000', epoch: 'A' }, "'nonce'"],
    ['/v1/sync', { documents: [{ name: { kind: 'shop', shop: 1 }, heads: [] }] }, '/documents/0/name'],
    ['/v1/sync', { documents: [{ name: { kind: 'nothing' }, heads: [] }] }, '/documents/0/name'],
    ['/v1/custody', { documents: [] }, '/documents'],
    ['/v1/custody', { documents: [{ id: '../../relay.json', heads: [] }] }, '/documents/0/id'],
    [
      '/v1/custody',
      { documents: [{ id: '4NMNnkMhL8jXrdJ9jamS58PAVdXu', heads: ['x'] }] },
      '/documents/0/heads/0',
    ],
    ['/v1/epoch', { reason: 'because' }, 'copied, restored, damaged'],
  ])('R1 POST %s with %j names what is wrong', async (path, body, named) => {
    const answer = await ask(relay.url, 'POST', path, { body, token: session })
    expect(answer).toMatchObject(problem(400, 'invalid-input'))
    expect(answer.body['detail']).toContain(named)
  })

  test('R1 a body of fifty megabytes is not read to its end', async () => {
    const answer = await ask(relay.url, 'POST', '/v1/pair', { body: `"${'x'.repeat(50_000_000)}"` }).catch(
      (error: Error) => error.message,
    )
    // Where it is hung up on while it still sends, the sender may not get to read why.
    if (typeof answer === 'string') expect(answer).toBe('fetch failed')
    else expect(answer).toMatchObject(problem(413, 'body-too-large'))
    expect((await ask(relay.url, 'GET', '/healthz')).status).toBe(200)
  })

  test.each(['', 'T01A26-27/000001', 'no number', '%00', '../../relay.json'])(
    'R1 an invoice %j that is not there is not found',
    async (number) => {
      const answer = await ask(relay.url, 'GET', `/v1/invoice?number=${number}`, { token: session })
      expect(answer).toMatchObject(problem(404, 'unknown-invoice'))
    },
  )

  test('R1 an invoice is named once', async () => {
    for (const query of ['', '?number=a&number=b']) {
      const answer = await ask(relay.url, 'GET', `/v1/invoice${query}`, { token: session })
      expect(answer).toMatchObject(problem(400, 'invalid-query'))
    }
  })
})

describe('what the operator asks', () => {
  const ADMIN: readonly Route[] = [
    ['POST', '/v1/admin/pairings', { shop: 'Main', terminal: 'T02' }],
    ['PUT', '/v1/admin/shops?name=Main', { rounding: 'line' }],
    ['GET', '/v1/admin/status'],
    ['GET', '/v1/admin/export'],
    ['GET', '/v1/admin/history'],
  ]

  test.each(ADMIN)('A1 %s %s needs the operator’s token', async (...[method, path, body]: Route) => {
    for (const token of [undefined, '', `${OPERATOR}x`, OPERATOR.slice(0, -1), OPERATOR.toUpperCase()]) {
      const answer = await ask(relay.url, method, path, { body, token })
      expect(answer).toMatchObject(problem(401, 'sign-in-first'))
    }
    const terminals = await ask(relay.url, method, path, { body, token: session })
    expect(terminals).toMatchObject(problem(403, 'not-allowed'))
    const { status } = await ask(relay.url, method, path, { body, token: OPERATOR })
    expect([200, 201]).toContain(status)
  })

  const admin = (method: string, path: string, body?: unknown) =>
    ask(relay.url, method, `/v1/admin${path}`, { body, token: OPERATOR })

  test('A1 a route that is not there is there for nobody', async () => {
    expect(await ask(relay.url, 'GET', '/v1/admin/nothing')).toMatchObject(problem(404, 'no-such-route'))
    expect(await admin('GET', '/nothing')).toMatchObject(problem(404, 'no-such-route'))
  })

  test('no answer holds a private key or a code that is pending', async () => {
    const { body } = await admin('POST', '/pairings', { shop: 'Main', terminal: 'T03' })
    const told = JSON.stringify([await admin('GET', '/status'), await admin('GET', '/history')])
    expect(told).not.toContain('PRIVATE KEY')
    expect(told).not.toContain(String(body['code']))
  })

  test('A3 evidence comes as a file to keep, which no browser shows or guesses a type of', async () => {
    const bytes = new TextEncoder().encode('<script>alert(1)</script>')
    await relay.relay.incidents.note({ kind: 'frame-refused', code: 'test', reason: 'a test', bytes })
    const { body } = await admin('GET', '/incidents')
    const [incident] = body['incidents'] as { serial: number; code: string; count: number }[]
    expect(incident).toMatchObject({ code: 'test', count: 1 })
    const response = await fetch(`${relay.url}/v1/admin/evidence/${incident?.serial}`, {
      headers: { authorization: `Bearer ${OPERATOR}` },
    })
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="incident-${incident?.serial}.bin"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    for (const serial of ['0', '999999', '..%2Frelay.json', '1e3', '-1']) {
      expect(await admin('GET', `/evidence/${serial}`)).toMatchObject(problem(404, 'no-evidence'))
    }
  })

  test('says which terminals are connected', async () => {
    const connected = async (): Promise<unknown> => {
      const { body } = await admin('GET', '/status')
      const shops = body['shops'] as { terminals: { id: string; connected: boolean }[] }[]
      return shops[0]?.terminals.find(({ id }) => id === terminal.id)?.connected
    }
    expect(await connected()).toBe(false)
    const socket = await terminal.joined()
    expect(await connected()).toBe(true)
    await socket.end()
  })

  test.each([
    ['PUT', '/shops?name=Main', { currency: 'rupees' }, 400, 'invalid-input'],
    ['PUT', '/shops?name=Main', { timeZone: 'Mars/Olympus' }, 400, 'unknown-time-zone'],
    ['PUT', '/shops?name=Main', { catalogueShards: 3 }, 409, 'shards-are-fixed'],
    ['PUT', '/shops?name=Main', { currency: 'EUR' }, 409, 'currency-is-fixed'],
    ['PUT', '/shops', {}, 400, 'invalid-query'],
    ['PUT', `/shops?name=${'x'.repeat(501)}`, {}, 400, 'invalid-query'],
    ['POST', '/pairings', { shop: '', terminal: 'T01' }, 400, 'invalid-input'],
    ['POST', '/pairings', { shop: 'Main', terminal: 'T01', role: 'owner' }, 400, 'invalid-input'],
    ['POST', '/pairings', 'x'.repeat(70_000), 413, 'body-too-large'],
    ['GET', '/export?from=yesterday', undefined, 400, 'invalid-date'],
  ])('R1 %s %s with %j is refused', async (method, path, body, status, code) => {
    expect(await admin(method, path, body)).toMatchObject(problem(status, code))
  })

  test.each(['constructor', '__proto__', 'toString', 'ड.', '../x'])(
    'R1 a shop may be called %s',
    async (name) => {
      const { status, body } = await admin('PUT', `/shops?name=${encodeURIComponent(name)}`, {})
      expect(status).toBe(200)
      expect(body).toMatchObject({ name, policy: { currency: 'INR' } })
    },
  )
})
