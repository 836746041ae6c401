import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SIGNED_IN_IDLE_MS, SIGNED_IN_MS, type Person } from '../../src/relay/people.js'
import { PASSWORD_COST, Passwords } from '../../src/relay/passwords.js'
import { World, type RunningRelay } from '../support/world.js'
import { Browser, OPERATOR, PASSWORD } from './browser.js'
import { ask } from './raw-http.js'

let world: World
let relay: RunningRelay
beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  await relay.relay.shops.configure('Main', {})
  await relay.relay.shops.configure('Other', {})
  for (const [name, role, shop] of [
    ['Olga', 'operator'],
    ['Aud', 'auditor'],
    ['Mira', 'manager', 'Main'],
  ] as const) {
    await Browser.add(relay, name, role, shop)
  }
})
afterAll(() => world.end())

/** Signed in once: each password costs the relay some tenths of a second. */
const signedIn = new Map<string, Promise<Browser>>()
async function as(name: string): Promise<Browser> {
  const known = await signedIn.get(name)
  if (known && (await known.get('/v1/me')).status === 200) return known
  const fresh = Browser.signedIn(relay, name)
  signedIn.set(name, fresh)
  return fresh
}
function later(ms: number): void {
  const at = world.now().getTime() + ms
  world.now = () => new Date(at)
}

describe('signing in', () => {
  test('A1 the right password opens a session in a cookie that scripts and other sites do not get', async () => {
    const response = await Browser.post(relay.url, '/v1/sign-in', { name: 'Olga', password: PASSWORD })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ name: 'Olga', role: 'operator' })
    const cookie = response.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(
      /^counterfoil=[\w-]{43}; Max-Age=43200; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    )
    const browser = new Browser(relay.url, cookie)
    expect(await browser.get('/v1/me')).toMatchObject({ status: 200, body: { name: 'Olga' } })
  })

  test.each([
    ['a wrong password', 'Olga', `${PASSWORD}x`],
    ['no password of anyone', 'Olga', 'x'],
    ['a name nobody has', 'Nobody', PASSWORD],
    ['a name of every object', '__proto__', PASSWORD],
  ])('A1 %s is refused, in the same words', async (_what, name, password) => {
    const answer = await ask(relay.url, 'POST', '/v1/sign-in', { body: { name, password } })
    expect(answer).toMatchObject({
      status: 401,
      body: {
        type: 'counterfoil:wrong-password',
        detail: 'This is not the name and password of anyone here.',
      },
    })
  })

  test('A1 an unknown name costs the relay as much work as a known one', async () => {
    // The time itself depends on the machine; that the same hash is computed shows in processor time.
    const dear = await world.relay({ name: 'dear', passwordCost: PASSWORD_COST })
    await dear.relay.people.add({ name: 'Olga', role: 'operator' }, PASSWORD)
    const cost = async (name: string): Promise<number> => {
      const before = process.cpuUsage()
      await dear.relay.people.signIn(name, 'wrong password')
      const { user, system } = process.cpuUsage(before)
      return user + system
    }
    await cost('Olga')
    const [known, unknown] = [await cost('Olga'), await cost('Nobody at all')]
    expect(unknown / known).toBeGreaterThan(0.4)
    expect(unknown / known).toBeLessThan(2.5)
  })

  test('A1 the file keeps no password, and nobody else may read it', async () => {
    const path = join(relay.directory, 'people.json')
    const text = await readFile(path, 'utf8')
    expect(text).not.toContain(PASSWORD)
    expect(await new Passwords((bytes) => new Uint8Array(bytes)).hash(PASSWORD)).toMatch(
      /^scrypt\$131072\$8\$1\$/,
    )
    const hashes = [...text.matchAll(/"password": "([^"]+)"/g)].map(([, value]) => value)
    expect(hashes.length).toBeGreaterThan(1)
    expect(new Set(hashes).size).toBe(hashes.length)
    expect((await stat(path)).mode & 0o077).toBe(0)
  })

  test('A1 guesses at one account are held after ten, told when to come back, and noted; others get in', async () => {
    await Browser.add(relay, 'Guessed', 'auditor')
    const guess = (): ReturnType<typeof ask> =>
      ask(relay.url, 'POST', '/v1/sign-in', { body: { name: 'guessed', password: 'a wrong guess' } })
    for (let tries = 0; tries < 10; tries += 1) expect((await guess()).status).toBe(401)
    const response = await Browser.post(relay.url, '/v1/sign-in', { name: 'Guessed', password: PASSWORD })
    expect(response.status).toBe(429)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await Browser.signedIn(relay, 'Olga')).cookie).not.toBe('')
    later(61_000)
    expect((await Browser.signedIn(relay, 'Guessed')).cookie).not.toBe('')
    const noted = relay.relay.incidents.list().filter(({ kind }) => kind === 'sign-in-refused')
    expect(noted).toMatchObject(
      expect.arrayContaining([
        expect.objectContaining({ code: 'wrong-password', person: 'guessed' }),
        expect.objectContaining({ code: 'too-many-guesses', person: 'Guessed' }),
      ]) as object,
    )
    expect(JSON.stringify(noted)).not.toContain('a wrong guess')
  })

  test('A1 a name nobody has is not written down: it may be a password typed into the wrong field', async () => {
    const name = 'Tr0ub4dor-and-3'
    await ask(relay.url, 'POST', '/v1/sign-in', { body: { name, password: 'x' } })
    expect(JSON.stringify([relay.relay.incidents.list(), relay.said])).not.toContain(name)
  })

  test('A1 guesses from one address at many names are held', async () => {
    const guess = async (name: string): Promise<number> =>
      (await ask(relay.url, 'POST', '/v1/sign-in', { body: { name, password: 'x' } })).status
    later(3_600_000)
    const names = Array.from({ length: 31 }, (_none, index) => `name ${index}`)
    const statuses = await Promise.all(names.map(guess))
    expect(statuses.toSorted()).toEqual([...Array<number>(30).fill(401), 429])
    later(3_600_000)
  })
})

describe('a session', () => {
  test('A1 ends an hour after it was used, and after twelve hours in any case', async () => {
    const idle = await Browser.signedIn(relay, 'Olga')
    later(SIGNED_IN_IDLE_MS - 1)
    expect((await idle.get('/v1/me')).status).toBe(200)
    later(SIGNED_IN_IDLE_MS)
    expect((await idle.get('/v1/me')).status).toBe(401)

    const busy = await Browser.signedIn(relay, 'Olga')
    const step = SIGNED_IN_IDLE_MS / 2
    for (let used = step; used < SIGNED_IN_MS; used += step) {
      later(step)
      expect((await busy.get('/v1/me')).status).toBe(200)
    }
    later(step)
    expect((await busy.get('/v1/me')).status).toBe(401)
  })

  test('A1 ends when the person signs out, and no other of the same person does', async () => {
    const [one, two] = [await Browser.signedIn(relay, 'Olga'), await Browser.signedIn(relay, 'Olga')]
    expect((await one.send('POST', '/v1/sign-out', {})).status).toBe(200)
    expect((await one.get('/v1/me')).status).toBe(401)
    expect((await two.get('/v1/me')).status).toBe(200)
  })

  test('A1 ends with a new password, and with the person', async () => {
    await Browser.add(relay, 'Gone', 'operator')
    const before = await Browser.signedIn(relay, 'Gone')
    const operator = await as('Olga')
    const next = { name: 'Gone', password: 'another long password' }
    expect((await operator.send('PUT', '/v1/admin/people/password', next)).status).toBe(200)
    expect((await before.get('/v1/me')).status).toBe(401)
    expect(
      (await ask(relay.url, 'POST', '/v1/sign-in', { body: { ...next, password: PASSWORD } })).status,
    ).toBe(401)
    const after = await Browser.signedIn(relay, 'Gone', next.password)
    expect((await operator.send('DELETE', '/v1/admin/people?name=Gone', {})).status).toBe(200)
    expect((await after.get('/v1/me')).status).toBe(401)
    expect((await ask(relay.url, 'POST', '/v1/sign-in', { body: next })).status).toBe(401)
  })

  test('A1 outlives no restart, while the account does', async () => {
    const first = await world.relay({ name: 'restarted' })
    await Browser.add(first, 'Olga', 'operator')
    const browser = await Browser.signedIn(first, 'Olga')
    await world.stopRelay(first)
    const second = await world.relay({ name: 'restarted' })
    expect((await new Browser(second.url, browser.cookie).get('/v1/me')).status).toBe(401)
    expect((await (await Browser.signedIn(second, 'Olga')).get('/v1/me')).status).toBe(200)
  })
})

describe('another site', () => {
  const body = { shop: 'Main', terminal: 'T09' }
  const pairings = '/v1/admin/pairings'

  test.each([
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'json-only'],
    ['text that looks like JSON', { 'content-type': 'text/plain' }, 'json-only'],
    ['JSON in another wrapping', { 'content-type': 'text/plain; application/json' }, 'json-only'],
    ['JSON from another site', { 'sec-fetch-site': 'cross-site' }, 'foreign-origin'],
    ['JSON from a neighbouring name', { 'sec-fetch-site': 'same-site' }, 'foreign-origin'],
    ['another origin', { origin: 'https://evil.example' }, 'foreign-origin'],
    ['no origin to speak of', { origin: 'null' }, 'foreign-origin'],
    ['the right host on another port', { origin: 'http://127.0.0.1:1' }, 'foreign-origin'],
  ])('A2 with a cookie and %s nothing is changed (CSRF)', async (_what, headers, code) => {
    const operator = await as('Olga')
    const answer = await operator.send('POST', pairings, body, headers)
    expect(answer).toMatchObject({ status: 403, body: { type: `counterfoil:${code}` } })
  })

  test('A2 from its own page the same request is good', async () => {
    const operator = await as('Olga')
    const headers = { origin: relay.url, 'sec-fetch-site': 'same-origin' }
    expect((await operator.send('POST', pairings, body, headers)).status).toBe(201)
  })

  test.each(['evil.example', 'evil.example:80', 'localhost.evil.example', '127.0.0.1.evil.example', ''])(
    'A2 under the foreign name %j pages and cookies are refused (DNS rebinding)',
    async (host) => {
      const operator = await as('Olga')
      for (const [path, cookie] of [
        ['/', undefined],
        ['/v1/me', operator.cookie],
        ['/web/app.js', undefined],
      ] as const) {
        const answer = await Browser.underName(relay.url, path, host, cookie)
        // Without a Host there is no HTTP/1.1 request at all.
        expect(answer.split('\r\n')[0]).toMatch(host === '' ? /40[03]/ : /403/)
        expect(answer).not.toContain('Olga')
      }
    },
  )

  test('A2 the names of the config are good, and terminals use any', async () => {
    const named = await world.relay({ name: 'named', hosts: ['Relay.Example'] })
    for (const host of ['relay.example', 'RELAY.example:8700', 'localhost', '[::1]:8700', '10.0.0.7']) {
      expect(await Browser.underName(named.url, '/', host)).toContain('200 OK')
    }
    expect(await Browser.underName(named.url, '/', 'other.example')).toContain('403 Forbidden')
    expect(await Browser.underName(named.url, '/healthz', 'other.example')).toContain('200 OK')
  })
})

describe('roles', () => {
  test('A2 a manager sees and changes one shop, and nothing of the others', async () => {
    const manager = await as('Mira')
    const status = await manager.get('/v1/admin/status')
    expect((status.body['shops'] as { name: string }[]).map(({ name }) => name)).toEqual(['Main'])
    expect(status.body).not.toHaveProperty('documents')
    const told = JSON.stringify([
      status.body,
      (await manager.get('/v1/admin/history')).body,
      (await manager.get('/v1/admin/export')).body,
    ])
    const other = relay.relay.shops.byName('Other')
    expect(told).not.toContain(other?.id)
    expect(told).not.toContain('Other')
    expect((await manager.send('PUT', '/v1/admin/shops?name=Main', { payableStep: 50 })).status).toBe(200)
    for (const name of ['Other', 'New', '__proto__']) {
      expect(await manager.send('PUT', `/v1/admin/shops?name=${name}`, {})).toMatchObject({
        status: 403,
        body: { type: 'counterfoil:not-your-shop' },
      })
    }
    expect(relay.relay.shops.byName('New')).toBeUndefined()
    for (const [method, path, body] of [
      ['POST', '/v1/admin/cashiers', { shop: 'Other', name: 'Cash', pin: '1234' }],
      ['PUT', '/v1/admin/cashiers/pin', { shop: 'Other', name: 'Cash', pin: '1234' }],
      ['POST', '/v1/admin/cashiers/remove', { shop: 'Nowhere', name: 'Cash' }],
    ] as const) {
      expect(await manager.send(method, path, body)).toMatchObject({
        status: 403,
        body: { type: 'counterfoil:not-your-shop' },
      })
    }
  })

  test('H1 what is changed over the API is changed in the name of the person', async () => {
    const operator = await as('Olga')
    await operator.send('PUT', '/v1/admin/shops?name=Named', { payableStep: 7 })
    const { body } = await operator.get('/v1/admin/history')
    const lines = body['history'] as { by: string; did: string }[]
    expect(lines.filter(({ by }) => by === 'Olga').map(({ did }) => did)).toContain('found shop')
  })

  test('H1 a terminal that is paired is entered in the name of who made its code', async () => {
    const operator = await as('Olga')
    const { body } = await operator.send('POST', '/v1/admin/pairings', { shop: 'Main', terminal: 'T77' })
    await world.pairWith(relay, 'T77', String(body['code']))
    const told = await operator.get('/v1/admin/history')
    const lines = told.body['history'] as { by: string; did: string }[]
    expect(lines.filter(({ did }) => did === 'pair terminal T77').map(({ by }) => by)).toContain('Olga')
  })
})

describe('people', () => {
  test.each([
    [{ name: 'Olga', role: 'auditor', password: PASSWORD }, 409, 'person-exists'],
    [{ name: 'OLGA ', role: 'auditor', password: PASSWORD }, 409, 'person-exists'],
    [{ name: 'Ｏｌｇａ', role: 'auditor', password: PASSWORD }, 409, 'person-exists'],
    [{ name: 'Nina', role: 'manager', password: PASSWORD }, 400, 'managers-have-a-shop'],
    [{ name: 'Nina', role: 'operator', shop: 'Main', password: PASSWORD }, 400, 'managers-have-a-shop'],
    [{ name: 'Nina', role: 'manager', shop: 'Nowhere', password: PASSWORD }, 404, 'unknown-shop'],
    [{ name: 'Nina', role: 'auditor', password: 'nine char' }, 400, 'invalid-input'],
    [{ name: 'Ni\u001Bna', role: 'auditor', password: PASSWORD }, 400, 'invalid-input'],
    [{ name: 'Nina', role: 'owner', password: PASSWORD }, 400, 'invalid-input'],
  ])('R1 %j is refused', async (body, status, code) => {
    const answer = await ask(relay.url, 'POST', '/v1/admin/people', { body, token: OPERATOR })
    expect(answer).toMatchObject({ status, body: { type: `counterfoil:${code}` } })
  })

  test('are listed without anything of their passwords', async () => {
    const { body } = await ask<{ people: Person[] }>(relay.url, 'GET', '/v1/admin/people', {
      token: OPERATOR,
    })
    expect(body.people).toContainEqual(
      expect.objectContaining({ name: 'Mira', role: 'manager', shop: 'Main' }),
    )
    expect(JSON.stringify(body)).not.toMatch(/salt|hash|scrypt/)
  })
})
