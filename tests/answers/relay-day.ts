import { expect } from 'vitest'
import type { AuditSearch, ImageGiven, PairingResponse } from '../../src/docs/generated/types.js'
import type { RunningRelay } from '../support/world.js'
import { RawTerminal } from '../relay/raw-terminal.js'
import type { Asking } from './asking.js'
import { listen } from './events.js'

const PASSWORD = 'correct horse battery'

/** The relay is set up: a shop, and who may look at it. @returns the codes of its terminals */
export async function open(operator: Asking, visitor: Asking): Promise<string[]> {
  for (const route of ['GET /', 'GET /web/style.css', 'GET /healthz', 'GET /readyz', 'GET /metrics'])
    await visitor.good(route)
  expect(await visitor.ask('GET /v1/admin/status')).toMatchObject({ status: 401 })
  await operator.good('GET /v1/admin/status')
  await operator.good('GET /v1/admin/fleet')
  await operator.good('PUT /v1/admin/shops?name=Main', {
    body: { address: '2 High Street', currency: 'INR' },
  })
  const codes: string[] = []
  for (const terminal of ['T01', 'T02', 'T03']) {
    const body = { shop: 'Main', terminal, role: terminal === 'T03' ? 'till' : 'manager' }
    codes.push((await operator.good<PairingResponse>('POST /v1/admin/pairings', { body })).code)
  }
  await operator.good('POST /v1/admin/people', {
    body: { name: 'Olga', role: 'operator', password: PASSWORD },
  })
  const mira = { name: 'Mira', role: 'manager', shop: 'Main', password: PASSWORD }
  await operator.good('POST /v1/admin/people', { body: mira })
  expect(await operator.ask('POST /v1/admin/people', { body: mira })).toMatchObject({ status: 409 })
  return codes
}

/** A person signs in on the page, and sees what a manager sees. */
export async function manager(visitor: Asking, operator: Asking): Promise<void> {
  expect(
    await visitor.ask('POST /v1/sign-in', { body: { name: 'Mira', password: 'a guess' } }),
  ).toMatchObject({
    status: 401,
  })
  const response = await fetch(`${visitor.url}/v1/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Mira', password: PASSWORD }),
  })
  const mira = visitor.with({ cookie: response.headers.get('set-cookie')?.split(';')[0] ?? '' })
  for (const route of ['me', 'admin/status', 'admin/fleet', 'admin/exceptions', 'admin/history'])
    await mira.good(`GET /v1/${route}`)
  expect(await mira.ask('GET /v1/admin/incidents')).toMatchObject({ status: 403 })
  await mira.good('POST /v1/sign-out')
  await operator.good('GET /v1/admin/people')
  await operator.good('PUT /v1/admin/people/password', { body: { name: 'Olga', password: `${PASSWORD}!` } })
  await operator.good('DELETE /v1/admin/people?name=Olga')
}

/** What a terminal may ask, where no agent asked it by itself. */
export async function terminals(relay: RunningRelay, operator: Asking, image: ImageGiven, number: string) {
  const raw = await RawTerminal.paired(relay, 'R01', { role: 'manager' })
  const shown = operator.with({ authorization: `Bearer ${await raw.session()}` })
  const path = `GET /v1/images/${image.sha256}`
  const range = { headers: { range: 'bytes=10-20' } }
  for (const asked of [{}, range]) {
    await shown.good(path, asked)
    await operator.good(`GET /v1/admin/images/${image.sha256}?shop=Main`, asked)
  }
  await shown.good(`GET /v1/invoice?${new URLSearchParams({ number })}`)
  expect(await shown.ask('GET /v1/admin/fleet')).toMatchObject({ status: 403 })
  await shown.good('POST /v1/epoch', { body: { reason: 'restored', asked: 'ask_0123456789' } })
}

/** What an operator looks at, and decides. */
export async function watch(relay: RunningRelay, operator: Asking): Promise<void> {
  const events = await listen(`${operator.url}/v1/admin/events`, { authorization: `Bearer ${TOKEN}` })
  await relay.relay.incidents.note({
    kind: 'frame-refused',
    code: 'bad-frame',
    reason: 'a frame that is none',
    bytes: new Uint8Array([1, 2, 3]),
  })
  const [incident] = relay.relay.incidents.list()
  const serial = incident?.serial
  await operator.good('GET /v1/admin/incidents')
  await operator.good(`GET /v1/admin/evidence/${serial}`)
  expect(await operator.ask('GET /v1/admin/evidence/999999')).toMatchObject({ status: 404 })
  await operator.good('GET /v1/admin/exceptions')
  await operator.good('POST /v1/admin/incidents/accept', { body: { serial, reason: 'looked at' } })
  for (const route of ['status', 'fleet', 'exceptions', 'health', 'export', 'export?format=csv', 'history'])
    await operator.good(`GET /v1/admin/${route}`)
  await audit(operator)
  for (const { id } of relay.relay.shops.all().flatMap((shop) => [...shop.terminals.values()]))
    await operator.good(`GET /v1/admin/fleet/${id}`)
  expect(await operator.ask('POST /v1/admin/terminals/reinstate', { body: { shop: 'Main' } })).toMatchObject({
    status: 400,
  })
  const rename = { shop: 'Main', terminal: 'T03', name: 'Counter 3', by: 'Olga' }
  await operator.good('POST /v1/admin/terminals/rename', { body: rename })
  const cashier = { shop: 'Main', name: 'Ravi', pin: '120034' }
  await operator.good('POST /v1/admin/cashiers', { body: cashier })
  await operator.good('PUT /v1/admin/cashiers/pin', { body: { ...cashier, pin: '560078' } })
  await operator.good('GET /v1/admin/cashiers?shop=Main')
  await operator.good('POST /v1/admin/cashiers/remove', { body: { shop: 'Main', name: 'Ravi' } })
  for (const name of ['incident', 'fleet']) await events.next(name)
  events.close()
}

/** What an auditor looks into. */
async function audit(operator: Asking): Promise<void> {
  const { records } = await operator.good<AuditSearch>('GET /v1/admin/records?limit=200')
  expect(new Set(records.map(({ type }) => type)).size).toBe(4)
  for (const { document, position } of records.slice(0, 20))
    await operator.good(`GET /v1/admin/records/${document}/${position}`)
  expect(await operator.ask('GET /v1/admin/records?cursor=none')).toMatchObject({ status: 400 })
  for (const headers of [{}, { accept: 'application/x-ndjson' }])
    await operator.good('GET /v1/admin/verification', { headers })
  await operator.good('GET /v1/admin/bundle')
  const log = ['checkpoint', 'inclusion?serial=1', 'consistency?from=1', 'entries', 'countersignatures']
  for (const route of [
    'audit',
    'reads',
    'as-of?about=TEA&at=2100-01-01T00:00:00Z',
    'history?about=TEA&limit=5',
    ...log.map((one) => `log/${one}`),
  ])
    await operator.good(`GET /v1/admin/${route}`)
}

export const TOKEN = 'operator-token-for-tests'
