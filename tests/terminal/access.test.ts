import type { Express, Router } from 'express'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { outside } from '../../src/cli/outside.js'
import type { Agent } from '../../src/terminal/agent.js'
import { ROUTES } from '../../src/terminal/api/access.js'
import { terminalApp, type ServedTerminal } from '../../src/terminal/serve.js'
import { enter, SECRET, served, signIn, tell, type Told } from '../support/till-api.js'
import { World } from '../support/world.js'

const ALL = 'nobody cashier manager command'
const PERSONS = 'cashier manager'
const READERS = 'cashier manager command'

/** Said once more, apart from the table: whoever changes who may do what changes it here too. */
const EXPECTED: Readonly<Record<string, string>> = {
  'GET /v1/sign-in': ALL,
  'POST /v1/sign-in': ALL,
  'POST /v1/sign-out': PERSONS,
  'GET /v1/me': PERSONS,
  'GET /v1/status': ALL,
  'GET /v1/events': PERSONS,
  'GET /v1/bills': PERSONS,
  'POST /v1/bills': PERSONS,
  'GET /v1/bills/:bill': PERSONS,
  'PATCH /v1/bills/:bill': PERSONS,
  'POST /v1/bills/:bill/lines': PERSONS,
  'PATCH /v1/bills/:bill/lines/:line': PERSONS,
  'POST /v1/bills/:bill/seal': PERSONS,
  'POST /v1/bills/:bill/practise': PERSONS,
  'POST /v1/training/start': 'manager',
  'POST /v1/training/end': PERSONS,
  'POST /v1/sales': PERSONS,
  'POST /v1/credit-notes': PERSONS,
  'GET /v1/invoices': PERSONS,
  'POST /v1/invoices/reprint': PERSONS,
  'POST /v1/drawer': PERSONS,
  'GET /v1/sealed': PERSONS,
  'GET /v1/day': PERSONS,
  'POST /v1/day/close': PERSONS,
  'GET /v1/items': PERSONS,
  'GET /v1/items/:sku': PERSONS,
  'POST /v1/items': 'manager',
  'GET /v1/stock/:sku': PERSONS,
  'GET /v1/taxes': PERSONS,
  'GET /v1/conflicts': PERSONS,
  'GET /v1/shop': PERSONS,
  'GET /v1/setup/users': 'manager',
  'POST /v1/setup/users': 'manager',
  'PUT /v1/setup/users/pin': 'manager',
  'POST /v1/setup/users/remove': 'manager',
  'PUT /v1/setup/shop': 'manager',
  'GET /v1/setup/printing': PERSONS,
  'PUT /v1/setup/printing': 'manager',
  'GET /v1/images': PERSONS,
  'GET /v1/images/:sha256': PERSONS,
  'PUT /v1/items/:sku/image': 'manager',
  'DELETE /v1/items/:sku/image': 'manager',
  'POST /v1/images/sync': READERS,
  'POST /v1/images/force': PERSONS,
  'POST /v1/sync': READERS,
  'POST /v1/online': PERSONS,
  'POST /v1/disconnect': PERSONS,
  'POST /v1/force': PERSONS,
  'GET /v1/force/preview': PERSONS,
  'POST /v1/work/cancel': PERSONS,
  'POST /v1/mark-synced': PERSONS,
  'GET /v1/log': READERS,
  'POST /v1/log/settle': 'manager',
  'GET /v1/export': READERS,
  'POST /v1/exports': READERS,
  'GET /v1/history': READERS,
  'GET /v1/as-of': READERS,
}

const PINS = { cashier: ['Asha', '471100'], manager: ['Mira', '081500'] } as const

let world: World
let agent: Agent
let till: ServedTerminal

beforeAll(async () => {
  world = await World.make()
  const relay = await world.relay()
  agent = await world.terminal(relay, 'T01', { role: 'manager', mode: 'disconnected' })
  await enter(relay, agent, { Asha: ['cashier', '471100'], Mira: ['manager', '081500'] })
  till = await served(world, agent)
})
afterAll(async () => {
  await till.stop()
  await world.end()
})

interface Layer {
  readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> }
  readonly handle: { readonly stack?: readonly Layer[] }
  /** What the router that is mounted here was mounted under. */
  readonly rawPath?: unknown
}

/** Every route that a router answers, however deep it is mounted. */
function routesOf(router: { readonly stack: readonly Layer[] }, prefix = ''): string[] {
  return router.stack.flatMap((layer) => {
    if (layer.route) {
      const { path, methods } = layer.route
      return Object.keys(methods).map((method) => `${method.toUpperCase()} ${prefix}${path}`)
    }
    if (!layer.handle.stack) return []
    const { rawPath } = layer
    if (typeof rawPath !== 'string') throw new Error('It cannot be told where a router is mounted')
    return routesOf({ stack: layer.handle.stack }, prefix + (rawPath === '/' ? '' : rawPath))
  })
}

const appOf = (): Express => terminalApp(agent, { secret: SECRET, outside }, () => 0)
const stackOf = (app: { readonly router: unknown }) => app.router as { readonly stack: readonly Layer[] }

describe('the access table of a terminal', () => {
  test('A2 has an entry for every route, and no route is missing of an entry', () => {
    const registered = routesOf(stackOf(appOf()))
    const tabled = ROUTES.map(({ method, path }) => `${method} ${path}`)
    expect(registered.length).toBeGreaterThan(25)
    expect(registered.toSorted()).toEqual(tabled.toSorted())
  })

  test('A2 a route that is added without an entry would be found, and is refused to everybody', async () => {
    const app = appOf()
    const mounted = stackOf(app).stack.findLast(({ handle }) => handle.stack)?.handle as unknown as Router
    mounted.get('/smuggled', (_request, response) => void response.json({ reached: true }))
    expect(routesOf(stackOf(app))).toContain('GET /v1/smuggled')
    const server = app.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    const headers = { authorization: `Bearer ${SECRET}` }
    const answer = await tell(`http://127.0.0.1:${port}`, 'GET /v1/smuggled', { headers })
    server.close()
    expect(answer).toMatchObject({ status: 404, code: 'no-such-route' })
  })

  test('A2 no two entries fit one request', () => {
    const entries = ROUTES.map(({ method, path }) => ({ name: `${method} ${path}`, parts: path.split('/') }))
    for (const { name, parts } of entries) {
      const fits = entries.filter(
        (other) =>
          other.name.split(' ')[0] === name.split(' ')[0] &&
          other.parts.length === parts.length &&
          other.parts.every(
            (part, at) => part === parts[at] || part.startsWith(':') || parts[at]?.startsWith(':'),
          ),
      )
      expect(fits.map((fit) => fit.name)).toEqual([name])
    }
  })

  test('is what this test says it is', () => {
    expect(
      Object.fromEntries(ROUTES.map(({ method, path, who }) => [`${method} ${path}`, who.join(' ')])),
    ).toEqual(EXPECTED)
  })
})

/** What the guard refuses with. Anything else was answered by the route. */
const REFUSED = new Set(['sign-in-needed', 'managers-only', 'foreign-host', 'foreign-origin'])

async function ask(route: string, headers: Readonly<Record<string, string>>): Promise<Told> {
  const path = route.replace(':bill', 'bill_00000000000000000000').replaceAll(/:(line|sku)/g, 'none')
  // A body that no route takes: whoever is let in is told so, and nothing happens.
  return tell(till.url, path, { headers, ...(route.startsWith('GET') ? {} : { body: { zzz: true } }) })
}

const asPerson = async (role: keyof typeof PINS): Promise<Record<string, string>> => {
  const [name, pin] = PINS[role]
  const { cookie } = await signIn(till.url, name, pin)
  return { cookie }
}

const CALLERS: Readonly<Record<string, () => Promise<Record<string, string>>>> = {
  nobody: () => Promise.resolve({}),
  cashier: () => asPerson('cashier'),
  manager: () => asPerson('manager'),
  command: () => Promise.resolve({ authorization: `Bearer ${SECRET}` }),
}

describe.each(Object.keys(EXPECTED))('A2 %s', (route) => {
  test.each(Object.keys(CALLERS))('asked by: %s', async (caller) => {
    const { status, code } = await ask(route, (await CALLERS[caller]?.()) ?? {})
    const letIn = !REFUSED.has(code ?? '')
    expect(letIn, `${status} ${code}`).toBe(EXPECTED[route]?.split(' ').includes(caller))
    expect(status).toBeLessThan(500)
    if (!letIn) expect(status).toBe(code === 'managers-only' ? 403 : 401)
  })

  test.each([
    ['a page of another site', { origin: 'https://evil.example' }],
    ['a page of another program of this machine', { 'sec-fetch-site': 'same-site' }],
    ['a link on another site', { 'sec-fetch-site': 'cross-site' }],
    ['a name that was made to point here', { host: 'evil.example' }],
  ])('from %s nobody is let in, not even a manager', async (_from, headers) => {
    const answer = await ask(route, { ...headers, authorization: `Bearer ${SECRET}` })
    expect(answer.status).toBe(403)
    expect(answer.code).toMatch(/^foreign-(host|origin)$/)
    expect(await ask(route, { ...headers, ...(await manager) })).toMatchObject({ status: 403 })
  })
})

let manager: Promise<Record<string, string>>
beforeAll(() => {
  manager = asPerson('manager')
})

describe('what proves nothing', () => {
  test.each([
    ['a token nobody gave', { authorization: `Bearer ${'A'.repeat(43)}` }],
    ['the secret, spelled otherwise', { authorization: `Bearer ${SECRET.toUpperCase()}` }],
    ['the secret as a cookie', { cookie: `counterfoil-x=${SECRET}` }],
    ['an empty token', { authorization: 'Bearer ' }],
    ['another scheme', { authorization: `Basic ${SECRET}` }],
  ])('A2 %s', async (_what, headers) => {
    expect(await tell(till.url, 'GET /v1/export', { headers })).toMatchObject({
      status: 401,
      code: 'sign-in-needed',
    })
  })

  test('A2 a session’s cookie is worth nothing beside a token that is wrong', async () => {
    const headers = { ...(await asPerson('manager')), authorization: `Bearer ${'A'.repeat(43)}` }
    expect(await tell(till.url, 'GET /v1/me', { headers })).toMatchObject({ status: 401 })
  })

  test.each([
    'GET /V1/export',
    'GET /v1/Export',
    'GET /v1/export/',
    'GET /v1//export',
    'GET /v1/%65xport',
    'PUT /v1/export',
  ])('A2 “%s” is no way round the table', async (route) => {
    const headers = { authorization: `Bearer ${SECRET}` }
    expect((await tell(till.url, route, { headers })).status).toBe(404)
  })

  test('A2 who may not ask sends no body: it is not read', async () => {
    const body = `{"zzz":"${'x'.repeat(3 * 1024 * 1024)}"}`
    const answer = await tell(till.url, 'POST /v1/sales', { body }).catch(
      (error: NodeJS.ErrnoException) => error,
    )
    // Refused before the body came to its end; the connection may be cut while it is still sent.
    if (answer instanceof Error) expect(['EPIPE', 'ECONNRESET']).toContain(answer.code)
    else expect(answer).toMatchObject({ status: 401, code: 'sign-in-needed' })
  })

  test('R1 the page’s files are there for everybody, and hold nothing of the shop', async () => {
    const answer = await tell(till.url, 'GET /')
    expect(answer.status).toBe(200)
  })
})
