import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuditRead } from '../../src/docs/generated/types.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { FaultyDisk } from '../storage/disks.js'
import { World, type RunningRelay } from '../support/world.js'
import { Browser, OPERATOR } from './browser.js'
import { ask } from './raw-http.js'

let world: World
let relay: RunningRelay
const disk = new FaultyDisk(nodeDisk)
beforeAll(async () => {
  world = await World.make()
  relay = await world.relay({ disk })
  await relay.relay.shops.configure('Main', {})
  await Browser.add(relay, 'Aud', 'auditor')
  await Browser.add(relay, 'Olga', 'operator')
})
afterAll(() => world.end())

async function reads(query = ''): Promise<{ reads: AuditRead[]; next?: string }> {
  const answer = await ask(relay.url, 'GET', `/v1/admin/reads${query}`, { token: OPERATOR })
  expect(answer.status).toBe(200)
  return answer.body as unknown as { reads: AuditRead[]; next?: string }
}

test('H1 every read by an auditor is itself on record, and the auditor can read that', async () => {
  const aud = await Browser.signedIn(relay, 'Aud')
  const olga = await Browser.signedIn(relay, 'Olga')
  await aud.get('/v1/admin/history?about=TEA')
  await olga.get('/v1/admin/history?about=OTHER')
  await aud.get('/v1/admin/export?format=json')
  const { reads: own } = (await aud.get('/v1/admin/reads')).body as unknown as { reads: AuditRead[] }
  expect(own.map(({ by, route, query }) => `${by}: ${route} ${query}`)).toEqual([
    'Aud: GET /v1/admin/reads ',
    'Aud: GET /v1/admin/export format=json',
    'Aud: GET /v1/admin/history about=TEA',
  ])
  expect((await reads()).reads).toEqual(own)
  expect((await reads('?by=Olga')).reads).toEqual([])
  const first = await reads('?limit=2')
  const second = await reads(`?limit=2&cursor=${first.next}`)
  expect([...first.reads, ...second.reads]).toEqual(own)
  expect(second.next).toBeUndefined()
})

test('H1 they are there after a restart, and go on', async () => {
  const before = (await reads()).reads
  await world.stopRelay(relay)
  relay = await world.relay({ disk })
  expect((await reads()).reads).toEqual(before)
  const aud = await Browser.signedIn(relay, 'Aud')
  await aud.get('/v1/admin/status')
  expect((await reads()).reads.map(({ serial }) => serial)).toEqual([4, 3, 2, 1])
})

test('H1 D4 what cannot be put on record is not answered', async () => {
  const aud = await Browser.signedIn(relay, 'Aud')
  disk.decide = ({ name, path }) =>
    name === 'sync' && path.endsWith('reads.log') ? { code: 'ENOSPC' } : undefined
  expect((await aud.get('/v1/admin/history')).status).toBe(507)
  disk.decide = () => undefined
  expect((await aud.get('/v1/admin/history')).status).toBe(200)
})

test.each(['limit=0', 'limit=1001', 'limit=x', 'cursor=x', 'limit=1&limit=2'])(
  'R1 %s is refused with a reason',
  async (query) => {
    const answer = await ask(relay.url, 'GET', `/v1/admin/reads?${query}`, { token: OPERATOR })
    expect(answer).toMatchObject({ status: 400, body: { type: 'counterfoil:invalid-query' } })
  },
)
