import { cp, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CLOSE } from '../../src/protocol/close-codes.js'
import { PAIRING_LIFE_MS } from '../../src/protocol/limits.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { pair, readIdentity } from '../../src/terminal/identity.js'
import { newSigner } from '../support/keys.js'
import { World, type RunningRelay } from '../support/world.js'
import { ask } from './raw-http.js'
import { pairBody, RawTerminal } from './raw-terminal.js'

let world: World
let relay: RunningRelay

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterAll(() => world.end())

const post = (body: unknown) => ask(relay.url, 'POST', '/v1/pair', { body })
const codeFor = async (name: string): Promise<string> =>
  (await relay.relay.pairings.create('Main', name, 'till')).code
const patience = () => AbortSignal.timeout(20_000)

describe('pairing', () => {
  test('A1 a key is entered only with the proof that its sender holds it', async () => {
    const code = await codeFor('T10')
    const [mine, theirs] = [newSigner(), newSigner()]
    const stolen = pairBody(code, mine, { publicKey: theirs.publicKey })
    expect(await post(stolen)).toMatchObject({ status: 403, body: { type: 'counterfoil:bad-proof' } })
    // A proof made for another code, as one who listens in would have it.
    const replayed = { ...pairBody('0000-0000-0000', mine), code }
    expect(await post(replayed)).toMatchObject({ status: 403, body: { type: 'counterfoil:bad-proof' } })
    expect(relay.relay.shops.byName('Main')?.terminals.size ?? 0).toBe(0)
    // None of this used the code up.
    expect((await post(pairBody(code, mine))).status).toBe(201)
  })

  test('the code is not on the relay’s disk', async () => {
    const code = await codeFor('T11')
    const kept = await readFile(world.path('relay', 'pairings.json'), 'utf8')
    expect(kept).toContain(code.slice(0, 4))
    expect(kept).not.toContain(code.slice(5, 9))
    expect(kept).not.toContain(code.slice(10))
  })

  test('five wrong codes, then the sixth try is refused with 429, even with the right one', async () => {
    const code = await codeFor('T12')
    const signer = newSigner()
    for (let left = 4; left >= 0; left -= 1) {
      expect(await post(pairBody('ZZZZ-ZZZZ-ZZZZ', signer))).toMatchObject({
        status: 403,
        body: { type: 'counterfoil:wrong-code', triesLeft: left },
      })
    }
    expect(await post(pairBody(code, signer))).toMatchObject({
      status: 429,
      body: { type: 'counterfoil:too-many-tries' },
    })
    await codeFor('T13')
  })

  test('a code ends after ten minutes of the relay’s clock', async () => {
    const code = await codeFor('T14')
    const now = world.now
    world.now = () => new Date(now().getTime() + PAIRING_LIFE_MS)
    try {
      expect(await post(pairBody(code, newSigner()))).toMatchObject({
        status: 410,
        body: { type: 'counterfoil:code-expired' },
      })
    } finally {
      world.now = now
    }
  })

  test('N2 paired again, a terminal keeps its id and code and gets the next epoch with its new key', async () => {
    const first = await RawTerminal.paired(relay, 'T15')
    const second = await RawTerminal.paired(relay, 'T15', { role: 'manager' })
    expect(first.granted).toMatchObject({ code: 'T15', epoch: 'A', role: 'till' })
    expect(second.granted).toEqual({ ...first.granted, epoch: 'B', role: 'manager' })
    expect((await second.connect()).body).toMatchObject({ epoch: 'B', role: 'manager' })
    const mixed = new RawTerminal(relay, { ...second.granted, epoch: 'A' }, second.signer)
    expect((await mixed.connect()).status).toBe(401)
  })

  test('N2 the directory it had before may still connect, and is told of the later epoch', async () => {
    const first = await RawTerminal.paired(relay, 'T16')
    await RawTerminal.paired(relay, 'T16')
    expect((await first.connect()).body).toMatchObject({ epoch: 'B' })
    expect(relay.said).toContainEqual(
      expect.objectContaining({ message: 'a terminal connects in an epoch that has ended' }),
    )
  })

  test('A2 what it had open as a manager ends when it is paired again as a till', async () => {
    const before = await RawTerminal.paired(relay, 'T17', { role: 'manager' })
    const { session, ticket } = (await before.connect()).body
    const socket = await before.joined()
    const body = { received: [{ sku: 'TEA', quantity: '1' }] }
    const receive = () => ask(relay.url, 'POST', '/v1/stock', { token: session, body })
    expect((await receive()).status).toBe(200)
    await RawTerminal.paired(relay, 'T17', { role: 'till' })
    expect(await receive()).toMatchObject({ status: 401, body: { type: 'counterfoil:no-session' } })
    expect(relay.relay.sessions.redeem(ticket)).toBeUndefined()
    expect(await socket.closed).toEqual(CLOSE.pairedAgain)
    const now = (await before.connect()).body
    expect(now.role).toBe('till')
    const again = await ask(relay.url, 'POST', '/v1/stock', { token: now.session, body })
    expect(again).toMatchObject({ status: 403, body: { type: 'counterfoil:managers-only' } })
  })

  test('a directory that was paired before gets the next epoch of its own terminal only', async () => {
    const directory = await world.paired(relay, 'T18')
    const before = await readIdentity(directory, nodeDisk)
    const other = pair(directory, nodeDisk, relay.url, await codeFor('T19'), patience())
    await expect(other).rejects.toMatchObject({ code: 'other-terminal' })
    expect(await readIdentity(directory, nodeDisk)).toMatchObject({ terminal: before?.terminal, epoch: 'A' })
    await pair(directory, nodeDisk, relay.url, await codeFor('T18'), patience())
    const after = await readIdentity(directory, nodeDisk)
    expect(after).toMatchObject({ terminal: before?.terminal, epoch: 'B' })
    expect(after?.signer.publicKey).not.toBe(before?.signer.publicKey)
  })

  test('a directory of one relay is not taken by another, and stays as it is', async () => {
    const directory = await world.paired(relay, 'T20')
    const other = await world.relay({ name: 'other' })
    const before = await readFile(world.path('T20', 'terminal.json'), 'utf8')
    const { code } = await other.relay.pairings.create('Main', 'T20', 'till')
    await expect(pair(directory, nodeDisk, other.url, code, patience())).rejects.toMatchObject({
      code: 'other-terminal',
    })
    expect(await readFile(world.path('T20', 'terminal.json'), 'utf8')).toBe(before)
  })

  test('a relay that calls itself of another organisation is noticed by the terminal', async () => {
    const directory = await world.paired(relay, 'T21')
    await world.stopRelay(relay)
    await cp(world.path('relay'), world.path('impostor'), { recursive: true })
    relay = await world.relay()
    const impostor = await world.relay({ name: 'impostor' })
    const { code } = await impostor.relay.pairings.create('Main', 'T21', 'till')
    Object.assign(impostor.relay.identity, { organisation: 'org_impostor0000000000' })
    await expect(pair(directory, nodeDisk, impostor.url, code, patience())).rejects.toMatchObject({
      code: 'other-relay',
    })
    expect(await readIdentity(directory, nodeDisk)).toMatchObject({ epoch: 'A' })
  })
})
