import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { CustodyResponse, SyncResponse } from '../../src/docs/generated/types.js'
import type { Incident } from '../../src/relay/incidents.js'
import { newSigner } from '../support/keys.js'
import { World, type RunningRelay } from '../support/world.js'
import { RawBook } from './raw-book.js'
import { ask, type Answer } from './raw-http.js'
import { RawSocket } from './raw-socket.js'
import { pairBody, RawTerminal } from './raw-terminal.js'

const DAY_MS = 86_400_000

let world: World
let relay: RunningRelay
let till: RawTerminal
let number = 10

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterAll(() => world.end())
beforeEach(async () => {
  world.now = () => new Date()
  till = await RawTerminal.paired(relay, `T${(number += 1)}`, { role: 'manager' })
})

/** What the relay's operator asks. */
function operator<T>(what: string, more: object = {}): Promise<Answer<T>> {
  const body = { shop: 'Main', terminal: till.granted.name, by: 'Ravi', ...more }
  return ask<T>(relay.url, 'POST', `/v1/admin/terminals/${what}`, { token: 'operator-token-for-tests', body })
}

function pairing(): Promise<Answer<{ code: string; type?: string }>> {
  const body = { shop: 'Main', terminal: till.granted.name, role: 'manager' }
  return ask(relay.url, 'POST', '/v1/admin/pairings', { token: 'operator-token-for-tests', body })
}

function incidents(kind: Incident['kind']): string[] {
  return relay.relay.incidents
    .list()
    .filter((incident) => incident.kind === kind && incident.terminal === till.id)
    .map(({ code }) => code.replace(/(-\d+)+$/, ''))
}

const REVOKED = {
  status: 403,
  body: { type: 'counterfoil:revoked', detail: expect.stringContaining('Ravi') as unknown },
}

describe('a revoked terminal', () => {
  test('A2 is shut out at once: socket, session, ticket, nonce and pairing code end', async () => {
    const { session, ticket } = (await till.connect()).body
    const live = await till.joined()
    const nonce = await till.challenge()
    const { code } = (await pairing()).body
    expect((await operator('revoke', { reason: 'stolen' })).status).toBe(200)

    expect(await live.closed).toMatchObject({ code: 4005 })
    const documents: never[] = []
    expect((await ask(relay.url, 'POST', '/v1/sync', { token: session, body: { documents } })).status).toBe(
      401,
    )
    await expect(RawSocket.open(relay.url, ticket)).rejects.toThrow('401')
    expect((await till.answer(till.response(nonce))).status).toBe(401)
    const typed = await ask(relay.url, 'POST', '/v1/pair', { body: pairBody(code, newSigner()) })
    expect(typed).toMatchObject({ status: 403, body: { type: 'counterfoil:wrong-code' } })
    expect(incidents('revoked')).toContain('revoked')
    expect(
      relay.relay.access.mayRead(
        { terminal: till.id, shop: till.granted.shop },
        { kind: 'shop', shop: till.granted.shop },
      ),
    ).toBe(false)
  })

  test('A2 is told so when it connects, and nobody is who does not hold its key', async () => {
    await operator('revoke')
    expect(await till.connect()).toMatchObject(REVOKED)
    const other = new RawTerminal(relay, till.granted, newSigner())
    expect(await other.connect()).toMatchObject({ status: 401, body: { type: 'counterfoil:not-paired' } })
    expect(incidents('revoked')).toEqual(['connect-refused', 'revoked'])
  })

  test('A2 gets no pairing code before it is reinstated, and its old key opens nothing after', async () => {
    await operator('revoke')
    expect(await pairing()).toMatchObject({ status: 409, body: { type: 'counterfoil:terminal-revoked' } })
    expect((await operator('reinstate')).status).toBe(200)
    expect(await till.connect()).toMatchObject(REVOKED)
    const again = await RawTerminal.paired(relay, till.granted.name, { role: 'manager' })
    expect(again.granted).toMatchObject({ terminal: till.id, epoch: 'B' })
    expect((await again.connect()).status).toBe(200)
    expect(await till.connect()).toMatchObject(REVOKED)
    expect(await operator('reinstate')).toMatchObject({
      status: 409,
      body: { type: 'counterfoil:not-revoked' },
    })
  })

  test('A2 stays revoked when the relay starts again', async () => {
    await operator('revoke')
    await world.stopRelay(relay)
    relay = await world.relay()
    till = new RawTerminal(relay, till.granted, till.signer)
    expect(await till.connect()).toMatchObject(REVOKED)
    await operator('revoke')
    expect(await till.connect()).toMatchObject(REVOKED)
  })
})

describe('the intake of what a revoked terminal holds', () => {
  test('A2 takes its own day books, gives receipts, and lets it reach nothing else', async () => {
    const book = new RawBook(till, new Date())
    book.sell('2')
    const { shop, terminal } = till.granted
    expect(await operator('intake', { seconds: 60 })).toMatchObject({ status: 409 })
    await operator('revoke')
    expect((await operator('intake', { seconds: 60, reason: 'five sales are on it' })).status).toBe(200)

    const { body } = await till.connect()
    expect(Date.parse(body.intake ?? '')).toBeGreaterThan(Date.now())
    const names = [
      book.named,
      { name: { kind: 'bills' as const, shop, day: '2026-04-01' }, heads: [] },
      { name: { kind: 'catalogue' as const, shop, shard: 0 }, heads: [] },
    ]
    const told = await till.post<SyncResponse>('/v1/sync', {
      documents: names.filter(({ heads }) => heads.length),
    })
    expect(told.body).toEqual({ documents: [], refused: [] })
    await till.give(book)
    const receipt = await till.post<CustodyResponse>('/v1/custody', {
      documents: [book.asked],
      waitMs: 5_000,
    })
    expect(receipt.body).toMatchObject({ receipt: { body: { terminal } }, missing: [], refused: [] })

    const identity = { terminal, shop }
    const { access } = relay.relay
    expect(access.mayWrite(identity, book.name)).toBe(true)
    for (const { name } of names.slice(1)) {
      expect([access.mayRead(identity, name), access.mayWrite(identity, name)]).toEqual([false, false])
    }
    expect(access.mayRead(identity, { kind: 'shop', shop })).toBe(false)
    const only = { status: 403, body: { type: 'counterfoil:intake-only' } }
    expect(await till.post('/v1/epoch', { reason: 'copied' })).toMatchObject(only)
    expect(await till.post('/v1/stock', { received: [{ sku: 'TEA', quantity: '1' }] })).toMatchObject(only)
    const token = await till.session()
    expect(await ask(relay.url, 'GET', '/v1/invoice?number=T01A/2627/000001', { token })).toMatchObject(only)

    const live = await till.joined()
    expect((await operator('close-intake')).status).toBe(200)
    expect(await live.closed).toMatchObject({ code: 4012 })
    expect(await till.connect()).toMatchObject(REVOKED)
    expect(new Set(incidents('intake'))).toEqual(new Set(['opened', 'connected', 'handed-in', 'closed']))
  })

  test('A2 closes by itself', async () => {
    await operator('revoke')
    await operator('intake', { seconds: 1 })
    const live = await till.joined()
    expect(await live.closed).toMatchObject({ code: 4012 })
    expect(await till.connect()).toMatchObject(REVOKED)
    await expect.poll(() => incidents('intake')).toContain('closed')
  })

  test('A2 closes by itself also while no relay runs, and ends with the revocation', async () => {
    await operator('revoke')
    await operator('intake', { seconds: 3_600 })
    await world.stopRelay(relay)
    world.now = () => new Date(Date.now() + DAY_MS)
    relay = await world.relay()
    till = new RawTerminal(relay, till.granted, till.signer)
    expect(incidents('intake')).toContain('closed')
    expect(await till.connect()).toMatchObject(REVOKED)

    await operator('intake', { seconds: 3_600 })
    await operator('reinstate')
    expect(await till.connect()).toMatchObject(REVOKED)
    expect(await operator('intake', { seconds: 3_600 })).toMatchObject({ status: 409 })
  })
})
