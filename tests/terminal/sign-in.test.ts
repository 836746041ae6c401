import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { DocumentId } from '../../src/docs/naming.js'
import type { InvoiceLookup, TimelineLine } from '../../src/docs/generated/types.js'
import { recordsIn } from '../../src/docs/daybook.js'
import type { Agent } from '../../src/terminal/agent.js'
import type { ServedTerminal } from '../../src/terminal/serve.js'
import { SIGNED_IN_MS, TRIES } from '../../src/terminal/sign-in-limits.js'
import { cashiersOf, enter, SECRET, served, signIn, tell } from '../support/till-api.js'
import { tea, World, type RunningRelay } from '../support/world.js'

let world: World
let relay: RunningRelay
let agent: Agent
let till: ServedTerminal

beforeEach(async () => {
  world = await World.make()
  later(0)
  relay = await world.relay()
  agent = await world.terminal(relay, 'T01', { role: 'manager', mode: 'disconnected' })
  till = await served(world, agent)
})
afterEach(async () => {
  await till.stop()
  await world.end()
})

/** Sets the clock forward; it stands still between. */
function later(ms: number): void {
  const at = world.now().getTime() + ms
  world.now = () => new Date(at)
}

const STAFF = { Asha: ['cashier', '4711'], Mira: ['manager', '081500'] } as const
const sale = { lines: tea().lines, tenders: tea().tenders }
const me = (cookie: string) => tell(till.url, 'GET /v1/me', { headers: { cookie } })

async function records() {
  const [id] = [...agent.disk.names.entries()].find(([, name]) => name.kind === 'daybook') ?? []
  const doc = (await agent.books.open(id as DocumentId))?.doc()
  return [...(doc ? recordsIn(doc) : [])].map(({ body }) => [
    body.type === 'event' ? body.event : body.type,
    body.by,
  ])
}

describe('a shop without people', () => {
  test('is as it was: a name is what somebody typed, or the terminal', async () => {
    expect(await tell(till.url, 'GET /v1/sign-in')).toMatchObject({ body: { needed: false, names: [] } })
    expect(await tell(till.url, 'GET /v1/me')).toMatchObject({ status: 200, body: { person: null } })
    expect((await tell(till.url, 'POST /v1/sales', { body: { ...sale, by: 'Anybody' } })).status).toBe(201)
    expect((await tell(till.url, 'POST /v1/sales', { body: sale })).status).toBe(201)
    expect((await records()).slice(-2)).toEqual([
      ['invoice', 'Anybody'],
      ['invoice', 'T01'],
    ])
    const refused = await tell(till.url, 'POST /v1/sign-in', { body: { name: 'Asha', pin: '4711' } })
    expect(refused).toMatchObject({ status: 409, code: 'no-sign-in' })
  })
})

describe('signing in', () => {
  beforeEach(() => enter(relay, agent, STAFF))

  test('A1 A2 with name and PIN, offline; every record and change names the person, and no other', async () => {
    await world.stopRelay(relay)
    expect(await tell(till.url, 'GET /v1/sign-in')).toMatchObject({
      body: { needed: true, names: ['Asha', 'Mira'] },
    })
    const answer = await tell(till.url, 'POST /v1/sign-in', { body: { name: ' asha ', pin: '4711' } })
    expect(answer).toMatchObject({ status: 200, body: { me: { person: { name: 'Asha', role: 'cashier' } } } })
    expect(answer.setCookie).toMatch(/^counterfoil-term_\w+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    const headers = { cookie: answer.cookie ?? '' }
    const sold = await tell(till.url, 'POST /v1/sales', { headers, body: sale })
    expect(sold.status).toBe(201)
    // By the token too, as a command does it; and under the own name, however it is written.
    const bearer = { authorization: `Bearer ${String(answer.body['token'])}` }
    const named = { ...sale, by: 'ASHA' }
    expect((await tell(till.url, 'POST /v1/sales', { headers: bearer, body: named })).status).toBe(201)
    const other = await tell(till.url, 'POST /v1/sales', { headers, body: { ...sale, by: 'Mira' } })
    expect(other).toMatchObject({ status: 403, code: 'not-you' })
    const bill = await tell(till.url, 'POST /v1/bills', { headers, body: {} })
    expect(bill.body['opened']).toMatchObject({ by: 'Asha' })
    expect((await tell(till.url, 'POST /v1/sign-out', { headers, body: {} })).body).toEqual({ person: null })
    expect((await records()).slice(-4)).toEqual([
      ['login', 'Asha'],
      ['invoice', 'Asha'],
      ['invoice', 'Asha'],
      ['logout', 'Asha'],
    ])
    const lines: TimelineLine[] = JSON.parse(
      JSON.stringify(
        (await tell(till.url, 'GET /v1/history', { headers: { authorization: `Bearer ${SECRET}` } })).body[
          'history'
        ],
      ),
    )
    expect(lines.filter(({ what }) => what.startsWith('bill')).map(({ by }) => by)).toContain('Asha')
    expect(new Set(lines.filter(({ did }) => did === 'seal invoice').map(({ by }) => by))).toEqual(
      new Set(['Asha']),
    )
  })

  test('A2 the catalogue is edited by people with the role manager only', async () => {
    const body = { items: [{ sku: 'TEA', name: 'Tea', price: { minor: 100 } }], whileDisconnected: true }
    const asha = await signIn(till.url, 'Asha', '4711')
    const refused = await tell(till.url, 'POST /v1/items', { headers: { cookie: asha.cookie }, body })
    expect(refused).toMatchObject({ status: 403, code: 'managers-only' })
    const mira = await signIn(till.url, 'Mira', '081500')
    expect(await tell(till.url, 'POST /v1/items', { headers: { cookie: mira.cookie }, body })).toMatchObject({
      status: 200,
    })
    expect(await agent.catalogue.item('TEA')).toMatchObject({ name: 'Tea' })
  })

  test('A2 the hash of a PIN is in no answer: not in the history, not in the shop', async () => {
    const { cookie } = await signIn(till.url, 'Mira', '081500')
    const history = await tell(till.url, 'GET /v1/history', { headers: { cookie } })
    expect(JSON.stringify(history.body)).toMatch(/person person_\w+ pin.*\(not shown\)/)
    for (const route of ['GET /v1/history', 'GET /v1/shop', 'GET /v1/status', 'GET /v1/sign-in'])
      expect(JSON.stringify((await tell(till.url, route, { headers: { cookie } })).body)).not.toContain(
        'scrypt',
      )
  })

  test('R1 A1 wrong PINs are counted by name; then the name waits, longer each time, and the right PIN waits too', async () => {
    const attempt = (name: string, pin: string) => tell(till.url, 'POST /v1/sign-in', { body: { name, pin } })
    for (let left = TRIES - 1; left > 0; left -= 1)
      expect(await attempt('Asha', '0000')).toMatchObject({
        status: 401,
        code: 'wrong-pin',
        body: { triesLeft: left },
      })
    for (const seconds of [30, 60, 120, 240, 480, 900, 900]) {
      const waiting = { status: 429, code: 'wait-after-wrong-pins', body: { seconds } }
      expect(await attempt('ASHA', '0000')).toMatchObject(waiting)
      expect(await attempt('Asha', '4711')).toMatchObject(waiting)
      later((seconds - 1) * 1000)
      expect(await attempt('Asha', '4711')).toMatchObject({ status: 429, body: { seconds: 1 } })
      later(1000)
    }
    // Others do not wait with it; and whoever comes in has a clean slate.
    expect((await attempt('Mira', '081500')).status).toBe(200)
    expect((await attempt('Asha', '4711')).status).toBe(200)
    expect(await attempt('Asha', '0000')).toMatchObject({ body: { triesLeft: TRIES - 1 } })
  })

  test('A1 tries made at the same moment are counted one after the other', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        tell(till.url, 'POST /v1/sign-in', { body: { name: 'Asha', pin: '0000' } }),
      ),
    )
    expect(answers.filter(({ code }) => code === 'wrong-pin')).toHaveLength(TRIES - 1)
    expect(answers.filter(({ code }) => code === 'wait-after-wrong-pins')).toHaveLength(8 - TRIES + 1)
  })

  test('A1 a name nobody has takes as long as one somebody has', async () => {
    const timed = async (name: string): Promise<number> => {
      const begun = process.hrtime.bigint()
      expect(await tell(till.url, 'POST /v1/sign-in', { body: { name, pin: '0000' } })).toMatchObject({
        status: 401,
      })
      return Number(process.hrtime.bigint() - begun)
    }
    const known: number[] = []
    const unknown: number[] = []
    for (const strangers of ['Nobody', 'Nemo', 'No One']) {
      known.push(await timed('Asha'))
      unknown.push(await timed(strangers))
    }
    // The fastest of each: what else the machine does only adds. Without the work a stranger would take a hundredth.
    const ratio = Math.min(...unknown) / Math.min(...known)
    expect(ratio).toBeGreaterThan(0.4)
    expect(ratio).toBeLessThan(2.5)
  })

  test('R1 what is no name and PIN is refused as that, and is counted to nobody', async () => {
    for (const body of [
      {},
      { name: 'Asha' },
      { name: '', pin: '4711' },
      { name: 'Asha', pin: 4711 },
      { name: 'A\nsha', pin: '4711' },
      { name: 'Asha', pin: '4711', more: 1 },
    ])
      expect(await tell(till.url, 'POST /v1/sign-in', { body })).toMatchObject({
        status: 400,
        code: 'invalid-input',
      })
    const large = await tell(till.url, 'POST /v1/sign-in', { body: { name: 'Asha', pin: '1'.repeat(5_000) } })
    expect(large).toMatchObject({ status: 413, code: 'body-too-large' })
    expect(await tell(till.url, 'POST /v1/sign-in', { body: { name: 'Asha', pin: '0000' } })).toMatchObject({
      body: { triesLeft: TRIES - 1 },
    })
  })
})

describe('a session ends', () => {
  beforeEach(() => enter(relay, agent, STAFF))

  test('A1 after twelve hours', async () => {
    const { cookie } = await signIn(till.url, 'Asha', '4711')
    later(SIGNED_IN_MS - 1)
    expect((await me(cookie)).status).toBe(200)
    later(1)
    expect(await me(cookie)).toMatchObject({ status: 401, code: 'sign-in-needed' })
  })

  test('A1 when the person signs out, and the other session of the same person goes on', async () => {
    const [one, two] = [await signIn(till.url, 'Asha', '4711'), await signIn(till.url, 'Asha', '4711')]
    await tell(till.url, 'POST /v1/sign-out', { headers: { cookie: one.cookie } })
    expect((await me(one.cookie)).status).toBe(401)
    expect((await me(two.cookie)).status).toBe(200)
  })

  test('A1 when another signs in at the same window', async () => {
    const { cookie } = await signIn(till.url, 'Asha', '4711')
    const body = { name: 'Mira', pin: '081500' }
    const next = await tell(till.url, 'POST /v1/sign-in', { headers: { cookie }, body })
    expect((await me(cookie)).status).toBe(401)
    expect(await me(next.cookie ?? '')).toMatchObject({ body: { person: { name: 'Mira' } } })
  })

  test('A2 when the person is removed, as soon as the terminal hears of it', async () => {
    const { cookie } = await signIn(till.url, 'Asha', '4711')
    await cashiersOf(relay).remove('Main', 'Asha')
    expect((await me(cookie)).status).toBe(200)
    await agent.sync()
    expect((await me(cookie)).status).toBe(401)
    expect(await tell(till.url, 'POST /v1/sign-in', { body: { name: 'Asha', pin: '4711' } })).toMatchObject({
      status: 401,
      code: 'wrong-pin',
    })
    // Back under the same name, with a new PIN; the old session stays ended.
    await cashiersOf(relay).add('Main', 'Asha', 'cashier', '4711')
    await agent.sync()
    expect((await me(cookie)).status).toBe(401)
    await signIn(till.url, 'Asha', '4711')
  })

  test('A2 when the person has a new PIN', async () => {
    const { cookie } = await signIn(till.url, 'Asha', '4711')
    await cashiersOf(relay).changePin('Main', 'asha', '99990000')
    await agent.sync()
    expect((await me(cookie)).status).toBe(401)
    await signIn(till.url, 'Asha', '99990000')
  })

  test('A2 and what is told to the page ends with it', async () => {
    const { cookie } = await signIn(till.url, 'Asha', '4711')
    const asked = httpRequest(`${till.url}/v1/events`, { headers: { cookie }, agent: false })
    asked.end()
    const [response] = (await once(asked, 'response')) as [NodeJS.ReadableStream]
    await once(response.setEncoding('utf8'), 'data')
    await cashiersOf(relay).remove('Main', 'Asha')
    const ended = once(response.resume(), 'end')
    await agent.sync()
    await ended
    const again = await tell(till.url, 'GET /v1/events', { headers: { cookie } })
    expect(again).toMatchObject({ status: 401, code: 'sign-in-needed' })
  })

  test('with the process', async () => {
    const { cookie } = await signIn(till.url, 'Asha', '4711')
    await till.stop()
    agent = await world.agent(world.path('T01'))
    till = await served(world, agent)
    expect((await me(cookie)).status).toBe(401)
    await signIn(till.url, 'Asha', '4711')
  })
})

describe('people who are gone', () => {
  test('when the last is removed nobody is asked any more', async () => {
    await enter(relay, agent, { Asha: ['cashier', '4711'] })
    expect((await tell(till.url, 'POST /v1/sales', { body: sale })).status).toBe(401)
    await cashiersOf(relay).remove('Main', 'Asha')
    await agent.sync()
    expect((await tell(till.url, 'POST /v1/sales', { body: sale })).status).toBe(201)
  })

  test('whoever comes to a till that may not seal gets in all the same', async () => {
    await enter(relay, agent, STAFF)
    agent.chain.block = 'copied'
    const { cookie } = await signIn(till.url, 'Asha', '4711')
    const answer = await tell(till.url, 'POST /v1/sales', { headers: { cookie }, body: sale })
    expect(answer).toMatchObject({ status: 409 })
    const found: Partial<InvoiceLookup> = (await tell(till.url, 'GET /v1/invoices', { headers: { cookie } }))
      .body
    expect(found).toMatchObject({ invoices: [] })
  })
})
