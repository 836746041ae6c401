import { readFile, writeFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { FleetDetail, FleetResponse, FleetRow } from '../../../src/docs/generated/types.js'
import { writeTerminal } from '../../../src/docs/shop.js'
import { VERSION } from '../../../src/protocol/version.js'
import { newSigner } from '../../support/keys.js'
import { World, type RunningRelay } from '../../support/world.js'
import { Browser, OPERATOR } from '../browser.js'
import { ask } from '../raw-http.js'
import { RawTerminal } from '../raw-terminal.js'
import { reportOf } from './reports-of.js'

const AT = new Date('2026-04-01T06:00:00Z')

let world: World
let relay: RunningRelay
let till: RawTerminal
let other: RawTerminal
let olga: Browser
let mira: Browser
let aud: Browser

beforeAll(async () => {
  world = await World.make()
  world.now = () => AT
  relay = await world.relay()
  till = await RawTerminal.paired(relay, 'T01')
  other = await RawTerminal.paired(relay, 'X01', { shop: 'Branch' })
  await Browser.add(relay, 'Olga', 'operator')
  await Browser.add(relay, 'Aud', 'auditor')
  await Browser.add(relay, 'Mira', 'manager', 'Main')
  olga = await Browser.signedIn(relay, 'Olga')
  aud = await Browser.signedIn(relay, 'Aud')
  mira = await Browser.signedIn(relay, 'Mira')
})
afterAll(() => world.end())

async function fleet(who = olga): Promise<FleetResponse> {
  return (await who.get('/v1/admin/fleet')).body as unknown as FleetResponse
}

async function rowOf(name: string, who = olga): Promise<FleetRow | undefined> {
  return (await fleet(who)).terminals.find((row) => row.name === name)
}

describe('a terminal’s report', () => {
  test('is shown with its age, and its clock as far as it is off', async () => {
    const ahead = new Date(AT.getTime() + 5_000)
    expect(await till.post('/v1/report', reportOf(ahead))).toMatchObject({ status: 200 })
    expect(await rowOf('T01')).toMatchObject({
      shop: till.granted.shop,
      code: 'T01',
      link: 'down',
      standing: 'active',
      seenAt: AT.toISOString(),
      last: { receivedAt: AT.toISOString(), skewMs: 5_000, report: reportOf(ahead) },
      alarms: [],
    })
  })

  test('speaks of the terminal whose key was proven, and of no other', async () => {
    const before = await rowOf('X01')
    await till.post('/v1/report', reportOf(AT, { serial: 99 }))
    expect(await rowOf('X01')).toEqual(before)
    expect(await rowOf('T01')).toMatchObject({ last: { report: { serial: 99 } } })
  })

  test.each([
    ['nothing', undefined],
    ['a number too long', reportOf(AT, { next: [{ type: 'invoice', number: 'T01A/2627/00000004' }] })],
    ['markup for a version', reportOf(AT, { version: '<img src=x>' })],
    [
      'more series than there are',
      { ...reportOf(AT), next: Array.from({ length: 9 }, () => ({ type: 'invoice', number: 'A' })) },
    ],
    ['a count below none', { ...reportOf(AT), damage: -1 }],
    ['an endless text', { ...reportOf(AT), storageFailure: 'x'.repeat(301) }],
    ['what nobody asked', { ...reportOf(AT), custody: 'all of it' }],
    ['money that is no number', { ...reportOf(AT), unreceipted: { invoices: 1, payable: '1e999' } }],
  ])('R1 that says %s is refused, and what was said before stays', async (_what, body) => {
    const before = await rowOf('T01')
    expect(await till.post('/v1/report', body)).toMatchObject({ status: 400 })
    expect(await rowOf('T01')).toEqual(before)
  })

  test('R1 whose clock shows a day that no calendar has harms nobody', async () => {
    expect(
      await till.post('/v1/report', reportOf(AT, { at: '2026-99-99T99:99:99.999Z' } as never)),
    ).toMatchObject({ status: 400 })
    expect((await fleet()).terminals).toHaveLength(2)
  })

  test('raises what it says itself, an old version and a wrong clock as alarms', async () => {
    const clock = new Date(AT.getTime() - 10 * 60_000)
    const logAlarm = { at: AT.toISOString(), kind: 'rewritten' } as const
    const said = {
      version: '0.0.9',
      logAlarm,
      blocked: 'damaged',
      damage: 2,
      storageFailure: 'ENOSPC',
    } as const
    await till.post('/v1/report', reportOf(clock, said))
    expect((await rowOf('T01'))?.alarms).toEqual([
      'old-version',
      'clock',
      'log',
      'blocked',
      'damage',
      'storage',
    ])
    await till.post('/v1/report', reportOf(AT))
    expect((await rowOf('T01'))?.alarms).toEqual([])
  })

  test('is there when the relay starts again, and one that is damaged stops no start', async () => {
    await till.post('/v1/report', reportOf(AT, { serial: 12 }))
    const before = await rowOf('T01')
    await world.stopRelay(relay)
    relay = await world.relay()
    olga = await Browser.signedIn(relay, 'Olga')
    expect(await rowOf('T01')).toEqual(before)

    await world.stopRelay(relay)
    const path = join(relay.directory, 'reports.json')
    await writeFile(path, (await readFile(path, 'utf8')).replace('"serial": 12', '"serial": 13'))
    relay = await world.relay()
    ;[olga, aud, mira] = (await Promise.all(
      ['Olga', 'Aud', 'Mira'].map((name) => Browser.signedIn(relay, name)),
    )) as [Browser, Browser, Browser]
    expect(await rowOf('T01')).not.toHaveProperty('last')
    const kept = (await readdir(relay.directory)).filter((name) => name.endsWith('.damaged'))
    expect(kept).toHaveLength(1)
    till = new RawTerminal(relay, till.granted, till.signer)
    other = new RawTerminal(relay, other.granted, other.signer)
    await till.post('/v1/report', reportOf(AT))
    expect(await rowOf('T01')).toHaveProperty('last')
  })
})

describe('the fleet', () => {
  test('A2 of one shop is all that its manager sees, of a list and of one terminal', async () => {
    expect((await fleet(mira)).terminals.map(({ name }) => name)).toEqual(['T01'])
    expect((await fleet(mira)).shops.map(({ name }) => name)).toEqual(['Main'])
    expect((await fleet(aud)).terminals).toHaveLength(2)
    expect(await mira.get(`/v1/admin/fleet/${till.id}`)).toMatchObject({ status: 200 })
    const foreign = await mira.get(`/v1/admin/fleet/${other.id}`)
    expect(foreign).toMatchObject({ status: 403, body: { type: 'counterfoil:not-your-shop' } })
    // Nor whether there is one.
    expect(await mira.get('/v1/admin/fleet/term_00000000000000000000')).toEqual(foreign)
    expect(await olga.get('/v1/admin/fleet/term_00000000000000000000')).toMatchObject({
      status: 404,
      body: { type: 'counterfoil:unknown-terminal' },
    })
  })

  test('tells of one terminal why it has its epochs, what was refused, and what it stands for', async () => {
    const note = { kind: 'change-refused', code: 'change-schema', reason: 'bad', terminal: till.id } as const
    await relay.relay.incidents.note(note)
    const detail = (await olga.get(`/v1/admin/fleet/${till.id}`)).body as unknown as FleetDetail
    expect(detail).toMatchObject({
      shop: { name: 'Main', currency: 'INR' },
      epochs: [{ epoch: 'A', reason: 'paired', at: AT.toISOString() }],
      dayBooks: { count: 0 },
      incidents: [{ code: 'change-schema' }],
      oversold: [],
    })
    expect((await mira.get(`/v1/admin/fleet/${till.id}`)).body).not.toHaveProperty('incidents')
  })

  test('A3 what was refused is an alarm until somebody accepts it, and one anew when it comes again', async () => {
    const note = { kind: 'change-refused', code: 'change-schema', reason: 'bad', terminal: till.id } as const
    const bytes = Buffer.from('the evidence')
    await relay.relay.incidents.note({ ...note, document: 'doc', bytes })
    const [incident] = relay.relay.incidents.list()
    expect((await rowOf('T01'))?.alarms).toEqual(['refused'])
    const accept = (serial: number, reason?: string) =>
      olga.send('POST', '/v1/admin/incidents/accept', { serial, reason })
    expect(await accept(incident?.serial ?? 0)).toMatchObject({ status: 400 })
    for (const { serial } of relay.relay.incidents.list()) await accept(serial, 'a till of the test lab')
    expect((await rowOf('T01'))?.alarms).toEqual([])
    expect(relay.relay.incidents.list()[0]).toMatchObject({
      accepted: { by: 'Olga', reason: 'a till of the test lab', at: AT.toISOString() },
    })
    expect(await relay.relay.incidents.evidence(incident?.serial ?? 0)).toEqual(bytes)
    expect(await accept(incident?.serial ?? 0, 'again')).toMatchObject({
      status: 409,
      body: { type: 'counterfoil:accepted-already' },
    })
    expect(await aud.send('POST', '/v1/admin/incidents/accept', { serial: 1, reason: 'x' })).toMatchObject({
      status: 403,
    })

    await relay.relay.incidents.note({ ...note, document: 'doc', bytes })
    expect((await rowOf('T01'))?.alarms).toEqual(['refused'])
    expect(relay.relay.incidents.list()[0]).toMatchObject({ count: 1 })
    expect(relay.relay.incidents.list()[0]).not.toHaveProperty('accepted')
  })

  test('of a thousand terminals is told in one answer, each with its report', async () => {
    const shop = relay.relay.shops.byName('Main')?.id ?? ''
    const signer = newSigner()
    const ids = Array.from({ length: 1_000 }, (_, index) => `term_${String(index).padStart(20, '0')}`)
    await relay.relay.shops.write(shop, 'a thousand terminals', () => (draft, before) => {
      for (const [index, id] of ids.entries()) {
        const code = `${String.fromCharCode(66 + Math.floor(index / 100))}${String.fromCharCode(65 + (Math.floor(index / 10) % 10))}${index % 10}`
        writeTerminal(draft, before, {
          id,
          code,
          name: `Till ${index}`,
          role: 'till',
          epoch: 'A',
          publicKey: signer.publicKey,
        })
      }
    })
    for (const id of ids) relay.relay.watch.report(id, reportOf(AT))
    const answer = await fleet()
    expect(answer).toMatchObject({ version: VERSION, at: AT.toISOString() })
    expect(answer.terminals.filter(({ last }) => last !== undefined).length).toBeGreaterThanOrEqual(1_000)
    // A page on a slow line reads it at once.
    expect(JSON.stringify(answer).length).toBeLessThan(1_000_000)
    await world.stopRelay(relay)
    relay = await world.relay()
    olga = await Browser.signedIn(relay, 'Olga')
    expect((await fleet()).terminals.filter(({ last }) => last !== undefined).length).toBeGreaterThanOrEqual(
      1_000,
    )
  })
})

test('A2 what an operator decides about a terminal, a manager and an auditor may not', async () => {
  for (const what of ['rename', 'move-epoch']) {
    const body = { shop: 'Main', terminal: 'T01', ...(what === 'rename' ? { name: 'Front' } : {}) }
    for (const who of [aud, mira]) {
      const again = await Browser.signedIn(relay, who === aud ? 'Aud' : 'Mira')
      expect(await again.send('POST', `/v1/admin/terminals/${what}`, body)).toMatchObject({ status: 403 })
    }
    expect(await ask(relay.url, 'POST', `/v1/admin/terminals/${what}`, { body })).toMatchObject({
      status: 401,
    })
  }
  expect(await ask(relay.url, 'GET', '/v1/admin/fleet', { token: OPERATOR })).toMatchObject({ status: 200 })
})
