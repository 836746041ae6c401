import { randomBytes } from 'node:crypto'
import { Router } from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentId } from '../../src/docs/naming.js'
import { ROUTES as TABLE } from '../../src/relay/access-table.js'
import { InFlight } from '../../src/relay/in-flight.js'
import { relayApp } from '../../src/relay/app.js'
import { HTTP_LIMITS } from '../../src/relay/http-limits.js'
import { LimitNotes } from '../../src/relay/limit-notes.js'
import { PROTOCOL_VERSION } from '../../src/protocol/version.js'
import { newSigner } from '../support/keys.js'
import { World, type RunningRelay } from '../support/world.js'
import { Browser, OPERATOR, PASSWORD } from './browser.js'
import { cell, ROUTES, SOCKET, WHO, type Who } from './matrix.js'
import { ask, bearer, exchange, upgrade } from './raw-http.js'
import { pairBody, RawTerminal, strangeId } from './raw-terminal.js'
import { MIDDLEWARE, routesOf, wrongWith } from './routes-of.js'

let world: World
let relay: RunningRelay
let till: RawTerminal
let manager: RawTerminal
let stranger: RawTerminal
let revoked: RawTerminal
let ticketOfRevoked: string
let serial: number
/** What each caller shows with every request. */
let shown: Record<Who, Readonly<Record<string, string>>>

const authorization = (token: string) => ({ authorization: `Bearer ${token}` })
const nonsense = (): string => randomBytes(32).toString('base64url')

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  till = await RawTerminal.paired(relay, 'T01')
  manager = await RawTerminal.paired(relay, 'M01', { role: 'manager' })
  stranger = await RawTerminal.paired(relay, 'X01', { shop: 'Branch', role: 'manager' })
  revoked = await RawTerminal.paired(relay, 'R01', { role: 'manager' })
  const ended = await revoked.session()
  ticketOfRevoked = (await revoked.connect()).body.ticket
  const order = { shop: 'Main', terminal: 'R01' }
  await ask(relay.url, 'POST', '/v1/admin/terminals/revoke', { body: order, token: OPERATOR })
  await Browser.add(relay, 'Aud', 'auditor')
  await Browser.add(relay, 'Olga', 'operator')
  await Browser.add(relay, 'Mira', 'manager', 'Main')
  const bytes = new Uint8Array([1, 2, 3])
  await relay.relay.incidents.note({ kind: 'frame-refused', code: 'bad-frame', reason: 'a test', bytes })
  serial = relay.relay.incidents.list()[0]?.serial ?? 0
  const cookie = async (name: string) => ({ cookie: (await Browser.signedIn(relay, name)).cookie })
  shown = {
    nobody: {},
    'an unpaired terminal': authorization(nonsense()),
    'a till': authorization(await till.session()),
    'a manager’s terminal': authorization(await manager.session()),
    'a terminal of another shop': authorization(await stranger.session()),
    'a revoked terminal': authorization(ended),
    'an auditor': await cookie('Aud'),
    'an operator': await cookie('Olga'),
    'a manager': await cookie('Mira'),
    'a command on the relay’s machine': authorization(OPERATOR),
  }
})
afterAll(() => world.end())

interface Probe {
  readonly path?: string
  readonly body?: () => unknown
  readonly headers?: (who: Who) => Promise<Record<string, string>> | Record<string, string>
  /** How it is answered to whoever may ask: by the handler, after every check of who it is. */
  readonly good: number
  /** The code of the problem document, where `good` is one. */
  readonly code?: string
}

const handoff = '/v1/handoffs/hand_00000000000000000000'
/** A session of its own for a sign-out, which ends it. */
const PEOPLE: Partial<Record<Who, string>> = {
  'an auditor': 'Aud',
  'an operator': 'Olga',
  'a manager': 'Mira',
}

/** One good request for each route. */
const PROBES: Readonly<Record<string, Probe>> = {
  'GET /': { good: 200 },
  'GET /web/:file': { path: '/web/style.css', good: 200 },
  'GET /healthz': { good: 200 },
  'GET /readyz': { good: 200 },
  'GET /metrics': { good: 200 },
  'POST /v1/pair': { body: () => pairBody(code, newSigner()), good: 201 },
  'POST /v1/challenge': { body: () => ({ terminal: strangeId(), nonce: nonsense() }), good: 200 },
  'POST /v1/connect': {
    body: () => ({
      terminal: strangeId(),
      epoch: 'A',
      nonce: 'A'.repeat(43),
      signature: 'A'.repeat(86),
      protocol: PROTOCOL_VERSION + 1,
    }),
    good: 409,
    code: 'protocol-mismatch',
  },
  'POST /v1/sign-in': { body: () => ({ name: 'Aud', password: PASSWORD }), good: 200 },
  'POST /v1/epoch': { body: () => ({ reason: 'no reason' }), good: 400, code: 'invalid-input' },
  'POST /v1/sync': { body: () => ({ documents: [] }), good: 200 },
  'POST /v1/custody': {
    body: () => ({ documents: [{ id: documentId('org', { kind: 'shop', shop: 'x' }), heads: [] }] }),
    good: 200,
  },
  'POST /v1/pull': { body: () => ({ documents: [] }), good: 200 },
  'POST /v1/books': { good: 400, code: 'no-bytes' },
  'POST /v1/report': { body: () => ({ mode: 'online' }), good: 400, code: 'invalid-input' },
  'GET /v1/invoice': { path: '/v1/invoice?number=T01A26-27/000001', good: 404, code: 'unknown-invoice' },
  'POST /v1/stock': { body: () => ({ received: [{ sku: 'TEA', quantity: '1' }] }), good: 200 },
  'GET /v1/cashiers': { good: 200 },
  'POST /v1/cashiers': { body: () => ({ by: 'Mira', name: 'Asha' }), good: 400, code: 'invalid-input' },
  'PUT /v1/cashiers/pin': {
    body: () => ({ by: 'Mira', name: 'Nobody', pin: '471100' }),
    good: 404,
    code: 'unknown-cashier',
  },
  'POST /v1/cashiers/remove': {
    body: () => ({ by: 'Mira', name: 'Nobody' }),
    good: 404,
    code: 'unknown-cashier',
  },
  'PUT /v1/shop': { body: () => ({ by: 'Mira', address: '1 Main Street' }), good: 200 },
  'POST /v1/images': { body: () => ({ images: ['0'.repeat(64)] }), good: 200 },
  'PATCH /v1/images/:sha256': { path: `/v1/images/${'0'.repeat(64)}`, good: 400, code: 'no-offset' },
  'GET /v1/images/:sha256': { path: `/v1/images/${'0'.repeat(64)}`, good: 404, code: 'no-such-image' },
  'PUT /v1/handoffs/:id': { path: handoff, body: () => ({ size: 1, sha256: '0'.repeat(64) }), good: 200 },
  'PATCH /v1/handoffs/:id': { path: handoff, good: 400, code: 'no-offset' },
  'POST /v1/handoffs/:id/take': {
    path: '/v1/handoffs/hand_11111111111111111111/take',
    good: 404,
    code: 'unknown-handoff',
  },
  'POST /v1/sign-out': {
    body: () => ({}),
    headers: async (who) => {
      const name = PEOPLE[who]
      return name === undefined ? {} : { cookie: (await Browser.signedIn(relay, name)).cookie }
    },
    good: 200,
  },
  'GET /v1/me': { good: 200 },
  'POST /v1/admin/pairings': { body: () => ({ shop: 'Main', terminal: 'T50' }), good: 201 },
  'PUT /v1/admin/shops': { path: '/v1/admin/shops?name=Main', body: () => ({}), good: 200 },
  'GET /v1/log': { path: '/v1/log?from=0', good: 200 },
  'GET /v1/log/receipts': { path: '/v1/log/receipts?serials=1,2', good: 200 },
  'POST /v1/log/countersignature': { body: () => ({ note: 'none' }), good: 400, code: 'bad-checkpoint' },
  'GET /v1/admin/log/checkpoint': { good: 200 },
  'GET /v1/admin/log/inclusion': {
    path: '/v1/admin/log/inclusion?serial=1000',
    good: 404,
    code: 'not-in-log',
  },
  'GET /v1/admin/log/consistency': { path: '/v1/admin/log/consistency?from=0', good: 200 },
  'GET /v1/admin/log/entries': { good: 200 },
  'GET /v1/admin/log/countersignatures': { good: 200 },
  'GET /v1/admin/status': { good: 200 },
  'GET /v1/admin/fleet': { good: 200 },
  'GET /v1/admin/fleet/:terminal': { path: '/v1/admin/fleet/TERMINAL', good: 200 },
  'GET /v1/admin/events': { good: 200 },
  'GET /v1/admin/exceptions': { good: 200 },
  'GET /v1/admin/health': { good: 200 },
  'GET /v1/admin/export': { good: 200 },
  'GET /v1/admin/records': { good: 200 },
  'GET /v1/admin/records/:document/:position': {
    path: '/v1/admin/records/nothing/1',
    good: 404,
    code: 'unknown-record',
  },
  'GET /v1/admin/bundle': { path: '/v1/admin/bundle?format=none', good: 400, code: 'unknown-format' },
  'GET /v1/admin/verification': { good: 200 },
  'GET /v1/admin/audit': { good: 200 },
  'GET /v1/admin/history': { good: 200 },
  'GET /v1/admin/as-of': { path: '/v1/admin/as-of?at=2026-04-01T12:00:00Z', good: 200 },
  'GET /v1/admin/reads': { good: 200 },
  'GET /v1/admin/images/:sha256': {
    path: `/v1/admin/images/${'0'.repeat(64)}?shop=Main`,
    good: 404,
    code: 'no-such-image',
  },
  'GET /v1/admin/incidents': { good: 200 },
  'GET /v1/admin/evidence/:serial': { path: '/v1/admin/evidence/SERIAL', good: 200 },
  'POST /v1/admin/incidents/accept': {
    body: () => ({ serial: 999_999, reason: 'looked at' }),
    good: 404,
    code: 'no-incident',
  },
  'GET /v1/admin/cashiers': { path: '/v1/admin/cashiers?shop=Main', good: 200 },
  'POST /v1/admin/cashiers': {
    body: () => ({ shop: 'Main', name: 'T01', pin: '1234' }),
    good: 409,
    code: 'name-of-a-terminal',
  },
  'PUT /v1/admin/cashiers/pin': {
    body: () => ({ shop: 'Main', name: 'Nobody', pin: '1234' }),
    good: 404,
    code: 'unknown-cashier',
  },
  'POST /v1/admin/cashiers/remove': {
    body: () => ({ shop: 'Main', name: 'Nobody' }),
    good: 404,
    code: 'unknown-cashier',
  },
  'POST /v1/admin/terminals/revoke': { body: () => ({ shop: 'Main', terminal: 'R01' }), good: 200 },
  'POST /v1/admin/terminals/reinstate': {
    body: () => ({ shop: 'Main', terminal: 'T01' }),
    good: 409,
    code: 'not-revoked',
  },
  'POST /v1/admin/terminals/intake': {
    body: () => ({ shop: 'Main', terminal: 'T01', seconds: 60 }),
    good: 409,
    code: 'not-revoked',
  },
  'POST /v1/admin/terminals/close-intake': {
    body: () => ({ shop: 'Main', terminal: 'Nobody' }),
    good: 404,
    code: 'unknown-terminal',
  },
  'POST /v1/admin/terminals/settle-fork': {
    body: () => ({ shop: 'Main', terminal: 'Nobody' }),
    good: 404,
    code: 'unknown-terminal',
  },
  'POST /v1/admin/terminals/move-epoch': {
    body: () => ({ shop: 'Main', terminal: 'Nobody' }),
    good: 404,
    code: 'unknown-terminal',
  },
  'POST /v1/admin/terminals/rename': {
    body: () => ({ shop: 'Main', terminal: 'Nobody', name: 'Somebody' }),
    good: 404,
    code: 'unknown-terminal',
  },
  'GET /v1/admin/people': { good: 200 },
  'POST /v1/admin/people': {
    body: () => ({ name: 'Olga', role: 'operator', password: PASSWORD }),
    good: 409,
    code: 'person-exists',
  },
  'PUT /v1/admin/people/password': {
    body: () => ({ name: 'Nobody', password: PASSWORD }),
    good: 404,
    code: 'unknown-person',
  },
  'DELETE /v1/admin/people': {
    path: '/v1/admin/people?name=Nobody',
    body: () => ({}),
    good: 404,
    code: 'unknown-person',
  },
}
let code = ''

async function asked(route: string, who: Who): Promise<{ status: number; text: string }> {
  const [method = '', pattern = ''] = route.split(' ')
  const { path = pattern, body, headers } = PROBES[route] as Probe
  if (route === 'POST /v1/pair') {
    const shop = who === 'a terminal of another shop' ? 'Branch' : 'Main'
    ;({ code } = await relay.relay.pairings.create(shop, `New of ${shop}`, 'till'))
  }
  const response = await fetch(
    `${relay.url}${path.replace('SERIAL', String(serial)).replace('TERMINAL', till.id)}`,
    {
      method,
      headers: {
        ...shown[who],
        ...(await headers?.(who)),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body()) } : {}),
    },
  )
  return { status: response.status, text: await textOf(response) }
}

/** Of a stream that goes on, what comes first. */
async function textOf(response: Response): Promise<string> {
  if (response.headers.get('content-type') !== 'text/event-stream; charset=utf-8') return response.text()
  const reader = response.body?.getReader()
  const { value } = (await reader?.read()) ?? {}
  await reader?.cancel()
  return Buffer.from(value ?? []).toString()
}

const app = (change: (app: ReturnType<typeof relayApp>) => void = () => undefined) => {
  const made = relayApp(relay.relay, {
    machine: OPERATOR,
    hosts: [],
    proxies: [],
    limits: HTTP_LIMITS,
    notes: new LimitNotes(relay.relay),
    stopping: () => false,
    inFlight: new InFlight(),
  })
  change(made)
  return made
}

describe('every route', () => {
  const rows = Object.keys(ROUTES)

  test('A2 of the relay stands in the access table and in the matrix, and nothing else answers', () => {
    expect(routesOf(app()).routes.length).toBeGreaterThan(25)
    expect(wrongWith(app(), TABLE, rows)).toEqual([])
    expect(Object.keys(PROBES).toSorted()).toEqual(rows.toSorted())
    for (const row of [...Object.values(ROUTES), SOCKET]) expect(row.split(/\s+/)).toHaveLength(WHO.length)
  })

  test('A2 that is added without an entry or a row is found, wherever it is put', () => {
    const unlisted = app((made) => made.get('/v1/unlisted', (_request, response) => void response.json({})))
    expect(wrongWith(unlisted, TABLE, rows)).toEqual([
      'GET /v1/unlisted has no entry in the access table',
      'GET /v1/unlisted has no row in the matrix',
    ])
    const method = app((made) => made.delete('/v1/sync', (_request, response) => void response.json({})))
    expect(wrongWith(method, TABLE, rows)).toContain('DELETE /v1/sync has no entry in the access table')
    const twice = app((made) => made.get('/healthz', (_request, response) => void response.json({})))
    expect(wrongWith(twice, TABLE, rows)).toEqual(['GET /healthz is there twice'])
    const nested = Router()
    nested.get('/hidden', (_request, response) => void response.json({}))
    expect(
      wrongWith(
        app((made) => made.use('/v1', nested)),
        TABLE,
        rows,
      ),
    ).toEqual([`the middleware is ${[...MIDDLEWARE, 'router'].join(', ')}`])
    const listed = {
      ...TABLE,
      more: { method: 'GET', path: '/v1/more', who: ['anyone'], purpose: '' },
    } as const
    expect(wrongWith(app(), listed, rows)).toEqual(['GET /v1/more has an entry and no route'])
    expect(wrongWith(app(), TABLE, rows.slice(1))).toEqual(['GET / has no row in the matrix'])
    expect(wrongWith(app(), TABLE, [...rows, 'GET /v1/old'])).toEqual(['GET /v1/old has a row and no route'])
  })

  const cells = rows.flatMap((route) => WHO.map((who) => [route, who] as const))

  test.each(cells)('A2 %s, asked by %s', async (route, who) => {
    const { status, text } = await asked(route, who)
    const allowed = cell(ROUTES[route] ?? '', who)
    const { good, code: problem } = PROBES[route] as Probe
    expect({ status, text }).toMatchObject({ status: { y: good, 1: 401, 3: 403 }[allowed] })
    const told = text.startsWith('{') ? (JSON.parse(text) as { type?: unknown }).type : undefined
    if (allowed === 'y') expect(told).toBe(problem === undefined ? undefined : `counterfoil:${problem}`)
    else expect(told).toMatch(/^counterfoil:(no-session|sign-in-first|not-allowed|managers-only)$/)
    // Of the first shop, nobody of another learns anything.
    if (who === 'a terminal of another shop') expect(text).not.toContain(till.granted.shop)
  })
})

describe('the WebSocket', () => {
  test('A1 opens for no ticket that a terminal had when it was revoked, and it gets no other', async () => {
    const answer = await exchange(relay.url, upgrade('/v1/socket', [bearer(ticketOfRevoked)]))
    expect(answer).toContain('401 Unauthorized')
    expect(await revoked.connect()).toMatchObject({ status: 403, body: { type: 'counterfoil:revoked' } })
  })

  test.each(WHO)('A1 opens for %s only as the matrix says', async (who) => {
    const terminal = {
      'a till': till,
      'a manager’s terminal': manager,
      'a terminal of another shop': stranger,
    }
    const ticket =
      who in terminal ? (await terminal[who as keyof typeof terminal].connect()).body.ticket : undefined
    const headers = Object.entries(shown[who]).map(([name, value]) => `${name}: ${value}`)
    if (cell(SOCKET, who) === 'y') {
      expect(ticket).toBeDefined()
      const socket = await terminal[who as keyof typeof terminal].joined()
      await socket.end()
      // What opens the API does not open a socket.
      expect(await exchange(relay.url, upgrade('/v1/socket', headers))).toContain('401 Unauthorized')
    } else {
      expect(await exchange(relay.url, upgrade('/v1/socket', headers))).toContain('401 Unauthorized')
      expect(await exchange(relay.url, upgrade('/v1/socket', [bearer(nonsense())]))).toContain('401')
    }
  })
})
