import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as A from '@automerge/automerge'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentId } from '../../../src/docs/naming.js'
import { CLOSE } from '../../../src/protocol/close-codes.js'
import type { Agent } from '../../../src/terminal/agent.js'
import { seeded } from '../../support/keys.js'
import { tea, World, type RunningRelay } from '../../support/world.js'
import { RawBook } from '../raw-book.js'
import { bearer, talk, upgrade } from '../raw-http.js'
import { RawSocket } from '../raw-socket.js'
import { RawTerminal } from '../raw-terminal.js'
import { HOSTILE_FRAMES, type Scene } from './frames.js'
import { mutation } from './mutations.js'
import { RelayProcess, type Measured } from './relay-process.js'

const MUTATIONS = 10_000
const LANES = 4
/** Asked for at once: they are used up long before they end. */
const TICKETS = 100
const SEED = Number(process.env['COUNTERFOIL_SEED'] ?? 20_261_126)
const MIB = 1024 * 1024

let root: string
let relay: RelayProcess
let world: World
let honest: Agent
let hostile: RawTerminal
let other: RawTerminal

/** What a raw terminal needs to know of a relay that runs elsewhere. */
const there = (): RunningRelay =>
  ({ url: relay.url, relay: { shops: { get: () => honest.documents.shop() } } }) as unknown as RunningRelay

const paired = async (name: string): Promise<RawTerminal> =>
  RawTerminal.pairedWith(there(), await relay.code(name))

async function honestTerminal(): Promise<Agent> {
  const agent = await world.agent(await world.pairWith(relay, 'honest', await relay.code('honest')))
  await agent.sync()
  await agent.disconnect('Asha')
  return agent
}

/** The relay knows the day book and would take it. */
async function knownBook(terminal: RawTerminal): Promise<RawBook> {
  const book = new RawBook(terminal, new Date())
  book.sell()
  await terminal.post('/v1/sync', { documents: [book.named] })
  return book
}

let scene: Scene

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'counterfoil-hostile-'))
  world = await World.make()
  relay = await RelayProcess.start(join(root, 'relay'))
  honest = await honestTerminal()
  hostile = await paired('hostile')
  other = await paired('other')
  const { id: book } = await knownBook(hostile)
  const { id: theirs } = await knownBook(other)
  scene = { self: hostile.id, other: other.id, relay: relay.id, book, theirs }
})
afterAll(async () => {
  await world.end()
  await relay.stop()
  await rm(root, { recursive: true, force: true })
})

/** Sells and syncs until it is told to stop; how often that went. */
function business(): { end(): Promise<number> } {
  const open = new Set(['shop'])
  const done = (async () => {
    let synced = 0
    while (open.size > 0) {
      await honest.till.sell(tea())
      expect(await honest.sync()).toMatchObject({ complete: true })
      synced += 1
    }
    return synced
  })()
  return {
    end: () => {
      open.clear()
      return done
    },
  }
}

/** The same time of business without anybody hostile, to measure against. */
async function calm(times: number): Promise<Measured> {
  await relay.measure()
  for (let time = 0; time < times; time += 1) {
    await honest.till.sell(tea())
    await honest.sync()
  }
  return relay.measure()
}

async function opened(terminal = hostile): Promise<RawSocket> {
  return RawSocket.open(relay.url, (await terminal.connect()).body.ticket)
}

describe('hostile frames', () => {
  test('there are at least 60 of them, no two alike', () => {
    expect(new Set(HOSTILE_FRAMES.map(({ name }) => name)).size).toBe(HOSTILE_FRAMES.length)
    expect(HOSTILE_FRAMES.length).toBeGreaterThanOrEqual(60)
  })

  test('R1 A1 A3 each closes its own socket with its code, while another terminal syncs and the relay stays small and prompt', async () => {
    // The first time the process takes memory for its own code and heap, whoever sends; what hostility costs shows after.
    await calm(10)
    await sendAll()
    const before = await calm(10)
    const shop = business()
    await sendAll()
    expect(await shop.end()).toBeGreaterThan(1)
    await isUnharmed(before)
  }, 300_000)

  async function sendAll(): Promise<void> {
    for (const { name, closes, bytes, unjoined } of HOSTILE_FRAMES) {
      const socket = await opened()
      if (!unjoined) await socket.join(hostile.id)
      socket.sendBytes(bytes(scene))
      // What follows on the same socket is not heard any more.
      socket.send({
        type: 'request',
        senderId: hostile.id,
        documentId: scene.book,
        data: HELLO,
      })
      expect({ name, ...(await socket.closed) }).toMatchObject({ name, code: closes.code })
    }
  }

  test('R1 a socket that joins as 2,000 others is closed at the first of them, and none is there', async () => {
    const socket = await opened()
    await socket.join(hostile.id)
    for (let peer = 0; peer < 2_000; peer += 1) {
      const senderId = `term_${String(peer).padStart(20, '0')}`
      socket.send({ type: 'join', senderId, peerMetadata: {}, supportedProtocolVersions: ['1'] })
    }
    expect(await socket.closed).toEqual(CLOSE.wrongSender)
    expect(socket.frames).toHaveLength(1)
  })

  test('A1 a ticket opens one socket, and a nonce is answered once', async () => {
    const nonce = await hostile.challenge()
    const first = await hostile.answer(hostile.response(nonce))
    expect(first.status).toBe(200)
    expect((await hostile.answer(hostile.response(nonce))).status).toBe(401)
    const socket = await RawSocket.open(relay.url, first.body.ticket)
    const again = connect({ port: Number(new URL(relay.url).port), host: '127.0.0.1' })
    expect(await talk(again, upgrade('/v1/socket', [bearer(first.body.ticket)]))).toMatch(/^HTTP\/1.1 401 /)
    await socket.end()
  })

  test.each([
    ['an unmasked frame', [0x82, 0x01, 0x00], 1002],
    ['a reserved bit', [0xf2, 0x81, 0, 0, 0, 0, 0], 1002],
    ['an unknown opcode', [0x83, 0x81, 0, 0, 0, 0, 0], 1002],
    ['a continuation of nothing', [0x80, 0x81, 0, 0, 0, 0, 0], 1002],
    ['a ping of 126 bytes', [0x89, 0xfe, 0, 126, 0, 0, 0, 0], 1002],
    ['a close with an impossible code', [0x88, 0x82, 0, 0, 0, 0, 0, 1], 1002],
    ['text that is no UTF-8', [0x81, 0x81, 0, 0, 0, 0, 0xff], 1007],
    [
      '1,000 fragments',
      Array.from({ length: 1_000 }, (_, n) => [n === 0 ? 0x02 : 0, 0x81, 0, 0, 0, 0, 0]).flat(),
      1008,
    ],
    ['a frame of 2^62 bytes', [0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 1009],
  ])('R1 %s closes the socket', async (_what, sent, code) => {
    const socket = connect({ port: Number(new URL(relay.url).port), host: '127.0.0.1' })
    socket.write(upgrade('/v1/socket', [bearer((await hostile.connect()).body.ticket)]))
    await once(socket, 'data')
    socket.write(Uint8Array.from(sent))
    const [answer] = (await once(socket, 'data')) as [Buffer]
    expect([...answer.subarray(0, 4)]).toEqual([0x88, 2, code >> 8, code & 0xff])
    socket.destroy()
  })
})

describe('another terminal’s document ids', () => {
  test('A2 A3 give nothing, change nothing, and are in the operator’s log', async () => {
    const socket = await opened()
    await socket.join(hostile.id)
    const { change } = await honestBook()
    const before = await relay.heads(scene.theirs)
    for (const type of ['request', 'sync']) {
      const from = socket.frames.length
      socket.send({
        type,
        senderId: hostile.id,
        documentId: scene.theirs,
        data: A.encodeSyncMessage({ heads: [], need: [], have: [], changes: [change] }),
      })
      expect(await socket.frame(({ documentId }) => documentId === scene.theirs, from)).toMatchObject({
        type: 'doc-unavailable',
      })
    }
    expect(await relay.heads(scene.theirs)).toEqual(before)
    expect(await relay.incidents()).toContainEqual(
      expect.objectContaining({
        kind: 'not-yours',
        code: 'no-access',
        terminal: hostile.id,
        document: scene.theirs,
        count: 2,
      }),
    )
    await socket.end()
  })
})

/** A change that its own terminal could make. */
async function honestBook(): Promise<{ change: Uint8Array }> {
  const book = new RawBook(other, new Date())
  book.sell()
  return { change: A.getLastLocalChange(book.doc) as Uint8Array }
}

describe('seeded mutations', () => {
  test(`R1 S4 ${MUTATIONS} frames, damaged at random (seed ${SEED}), harm nobody but their sender`, async () => {
    const terminals = await Promise.all(Array.from({ length: LANES }, (_, lane) => paired(`M${lane}0`)))
    const before = await calm(10)
    const shop = business()
    const codes = new Map<number, number>()
    await Promise.all(terminals.map((terminal, lane) => mutate(terminal, lane, codes)))
    expect(await shop.end()).toBeGreaterThan(1)
    const named = new Set<number>(Object.values(CLOSE).map(({ code }) => code))
    expect([...codes.keys()].filter((code) => !named.has(code))).toEqual([])
    // Frames of each depth were among them.
    for (const { code } of [CLOSE.badFrame, CLOSE.wrongSender, CLOSE.joinedTwice, CLOSE.textFrame])
      expect(codes.get(code), `closed with ${code}`).toBeGreaterThan(0)
    await isUnharmed(before)
  }, 600_000)
})

/** Sends its share of the mutations; after each, the socket is closed with a code or still answers. */
async function mutate(terminal: RawTerminal, lane: number, codes: Map<number, number>): Promise<void> {
  const random = seeded(SEED + lane)
  const book = await knownBook(terminal)
  const bills = {
    kind: 'bills',
    shop: terminal.granted.shop,
    day: new Date().toISOString().slice(0, 10),
  } as const
  await terminal.post('/v1/sync', { documents: [{ name: bills, heads: [] }] })
  const material = {
    self: terminal.id,
    other: other.id,
    relay: relay.id,
    documents: [book.id, book.id, documentId(terminal.granted.organisation, bills), scene.theirs],
    changes: [A.getLastLocalChange(book.doc) as Uint8Array],
  }
  let socket: RawSocket | undefined
  let tickets: string[] = []
  for (let count = 0; count < MUTATIONS / LANES; count += 1) {
    if (!socket) {
      if (tickets.length === 0) tickets = await relay.tickets(terminal.granted, TICKETS)
      socket = await RawSocket.open(relay.url, tickets.pop() ?? '')
      await socket.join(terminal.id)
    }
    const from = socket.frames.length
    socket.sendBytes(mutation(random, material))
    socket.send({ type: 'request', senderId: terminal.id, documentId: `nothing${count}`, data: HELLO })
    const answered = socket
      .frame(({ documentId: id }) => id === `nothing${count}`, from)
      .then(() => undefined)
    const closed = await Promise.race([answered, socket.closed])
    if (!closed) continue
    codes.set(closed.code, (codes.get(closed.code) ?? 0) + 1)
    socket = undefined
  }
  await socket?.end()
}

const [, HELLO] = A.generateSyncMessage(A.init(), A.initSyncState())

async function isUnharmed(before: Measured): Promise<void> {
  const after = await relay.measure()
  expect(relay.isRunning).toBe(true)
  const figures = `RSS ${Math.round(before.rss / MIB)} → ${Math.round(after.rss / MIB)} MiB; longest lag ${Math.round(before.max)} → ${Math.round(after.max)} ms`
  console.info(figures)
  expect(after.rss - before.rss, figures).toBeLessThan(64 * MIB)
  // On a slow machine the calm business lags as well; then it is measured against that.
  expect(after.max, figures).toBeLessThan(Math.max(200, 4 * before.max))
  await honest.till.sell(tea())
  expect(await honest.sync()).toMatchObject({ complete: true })
}
