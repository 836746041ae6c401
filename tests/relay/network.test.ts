import { once } from 'node:events'
import { readdir, truncate } from 'node:fs/promises'
import { connect, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import * as A from '@automerge/automerge'
import { Repo, type PeerId } from '@automerge/automerge-repo'
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { documentId, type DocumentName } from '../../src/docs/naming.js'
import { CLOSE } from '../../src/protocol/close-codes.js'
import { FRAME_BYTES } from '../../src/protocol/limits.js'
import { World, type RunningRelay } from '../support/world.js'
import { bearer, upgrade } from './raw-http.js'
import { RawSocket } from './raw-socket.js'
import { RawTerminal } from './raw-terminal.js'

let world: World
let relay: RunningRelay
let honest: RawTerminal
let other: RawTerminal

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  honest = await RawTerminal.paired(relay, 'T01')
  other = await RawTerminal.paired(relay, 'T02')
})
afterAll(() => world.end())

const [, HELLO] = A.generateSyncMessage(A.init(), A.initSyncState())

/** Asks for a document nobody has, and waits for the answer: a socket through which that goes is alive. */
async function isAlive(socket: RawSocket, { id }: RawTerminal): Promise<boolean> {
  const from = socket.frames.length
  socket.send({ type: 'request', senderId: id, documentId: 'nothing', data: HELLO })
  const answer = socket.frame(({ type }) => type === 'doc-unavailable', from).then(() => true)
  return Promise.race([answer, socket.closed.then(() => false)])
}

function shopId({ granted }: RawTerminal): string {
  return documentId(granted.organisation, { kind: 'shop', shop: granted.shop })
}

describe('a frame in another name', () => {
  test.each([
    ['another terminal', () => other.id],
    ['the relay', () => relay.relay.identity.id],
    ['__proto__', () => '__proto__'],
    ['constructor', () => 'constructor'],
    ['nobody', () => ''],
    ['itself in capitals', () => honest.id.toUpperCase()],
  ])('A1 of %s closes the socket with 4003 and reaches nobody', async (_whose, name) => {
    const victim = await other.joined()
    const socket = await honest.joined()
    socket.send({ type: 'sync', senderId: name(), documentId: shopId(honest), data: HELLO })
    expect(await socket.closed).toEqual(CLOSE.wrongSender)
    expect(relay.relay.incidents.list()).toContainEqual(
      expect.objectContaining({ kind: 'frame-refused', code: '4003', terminal: honest.id }),
    )
    expect(victim.frames.map(({ type }) => type)).toEqual(['peer'])
    expect(await isAlive(victim, other)).toBe(true)
    await victim.end()
  })

  test('A1 nobody joins as another, and the other stays connected', async () => {
    const victim = await other.joined()
    const socket = await RawSocket.open(relay.url, (await honest.connect()).body.ticket)
    socket.send({ type: 'join', senderId: other.id, peerMetadata: {}, supportedProtocolVersions: ['1'] })
    expect(await socket.closed).toEqual(CLOSE.wrongSender)
    expect(socket.frames).toEqual([])
    expect(await isAlive(victim, other)).toBe(true)
    await victim.end()
  })

  test('A1 what follows it on the same socket is not looked at, even in the right name', async () => {
    const socket = await honest.joined()
    const from = relay.said.length
    for (const senderId of [other.id, honest.id, other.id]) {
      socket.send({ type: 'request', senderId, documentId: shopId(honest), data: HELLO })
    }
    await socket.closed
    expect(socket.frames.map(({ type }) => type)).toEqual(['peer'])
    expect(relay.said.slice(from)).toHaveLength(1)
  })

  test('the stock adapter lets a foreign sender in and evicts the real one', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    const adapter = new WebSocketServerAdapter(server as never)
    const repo = new Repo({ peerId: 'relay' as PeerId, network: [adapter] })
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const victim = await RawSocket.open(url, 'none')
    await victim.join(other.id)
    const intruder = await RawSocket.open(url, 'none')
    await intruder.join(other.id)
    await victim.closed
    expect(repo.peers).toEqual([other.id])
    await intruder.join('__proto__')
    await intruder.end()
    server.close()
  })
})

describe('a frame that cannot be read', () => {
  test.each([
    ['no CBOR', new Uint8Array([0xff, 0x00])],
    ['nothing', new Uint8Array()],
    ['a list without end', new Uint8Array(100_000).fill(0x81)],
    ['a promise of more than there is', new Uint8Array([0x5a, 0xff, 0xff, 0xff, 0xff])],
  ])('R1 %s closes the socket with 4002', async (_what, bytes) => {
    const socket = await honest.joined()
    socket.sendBytes(bytes)
    expect(await socket.closed).toEqual(CLOSE.badFrame)
  })

  test.each([
    ['a join with versions that are a number', { type: 'join', supportedProtocolVersions: 5 }],
    ['a join with null', { type: 'join', supportedProtocolVersions: null, peerMetadata: null }],
    ['no type', {}],
    ['data that is no sync message', { type: 'sync', documentId: 'x', data: new Uint8Array([7]) }],
    ['a document without id', { type: 'sync', documentId: '', data: HELLO }],
  ])('R1 %s closes the socket with 4002 and no other', async (_what, message) => {
    const bystander = await other.joined()
    const socket = await honest.joined()
    socket.send({ senderId: honest.id, ...message })
    expect(await socket.closed).toEqual(CLOSE.badFrame)
    expect(await isAlive(bystander, other)).toBe(true)
    await bystander.end()
  })

  test('R1 one that is too large closes the socket with 1009', async () => {
    const socket = connect({ port: Number(new URL(relay.url).port), host: '127.0.0.1' })
    socket.write(upgrade('/v1/socket', [bearer((await honest.connect()).body.ticket)]))
    await once(socket, 'data')
    // The head of a masked binary frame, which tells its length.
    const head = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])
    head.writeBigUInt64BE(BigInt(FRAME_BYTES + 1), 2)
    socket.write(head)
    expect((await once(socket, 'data'))[0]).toEqual(Buffer.from([0x88, 0x02, 1009 >> 8, 1009 & 0xff]))
    socket.destroy()
    const next = await honest.joined()
    expect(await isAlive(next, honest)).toBe(true)
    await next.end()
  })
})

describe('a document that is not there', () => {
  test.each(['__proto__', 'constructor', 'nothing', '\u0000'])(
    'R1 is answered as unavailable, and leaves no trace: %#',
    async (documentId) => {
      const socket = await honest.joined()
      const before = Object.keys(relay.relay.durable.repo.handles)
      socket.send({ type: 'sync', senderId: honest.id, documentId, data: HELLO })
      const answer = await socket.frame(({ type }) => type === 'doc-unavailable')
      expect(answer).toMatchObject({ documentId, targetId: honest.id })
      expect(Object.keys(relay.relay.durable.repo.handles)).toEqual(before)
      await socket.end()
    },
  )
})

describe('a document that is lost', () => {
  test('D2 S4 is passed over at once, though no terminal has opened a socket yet', async () => {
    const lone = await world.relay({ name: 'lone' })
    const terminal = await RawTerminal.paired(lone, 'T01')
    const { shop, organisation } = terminal.granted
    const name: DocumentName = { kind: 'bills', shop, day: new Date().toISOString().slice(0, 10) }
    const id = documentId(organisation, name)
    await lone.relay.registry.set(id, name)
    await lone.relay.durable.create<Record<string, number>>(id, {}, (draft) => {
      draft['there'] = 1
    })
    await lone.relay.durable.release(id)
    const folder = join(lone.directory, 'documents', id.slice(0, 2), id.slice(2))
    for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (file.isFile()) await truncate(join(file.parentPath, file.name), 0)
    }
    const answer = await terminal.post<{ documents: { name: DocumentName }[] }>('/v1/sync', { documents: [] })
    expect(answer.body.documents.map(({ name }) => name.kind)).toEqual(['shop'])
    expect(lone.relay.durable.storage.damaged(id)).toBe(true)
  }, 30_000)
})

describe('a second socket of one terminal', () => {
  test('A1 replaces the first, which is told so, and the terminal stays connected', async () => {
    const first = await honest.joined()
    const second = await honest.joined()
    expect(await first.closed).toEqual(CLOSE.replaced)
    expect(relay.relay.isConnected(honest.id)).toBe(true)
    expect(await isAlive(second, honest)).toBe(true)
    await second.end()
    await vi.waitFor(() => expect(relay.relay.isConnected(honest.id)).toBe(false))
  })

  test('A1 of twenty at once one is left', async () => {
    const sockets = await Promise.all(Array.from({ length: 20 }, () => opened(honest)))
    const closed = new Set<RawSocket>()
    for (const socket of sockets) void socket.closed.then(() => closed.add(socket))
    await vi.waitFor(() => expect(closed.size).toBe(19))
    const left = sockets.find((socket) => !closed.has(socket))
    await left?.join(honest.id)
    expect(relay.relay.isConnected(honest.id)).toBe(true)
    await left?.end()
  })
})

async function opened(terminal: RawTerminal): Promise<RawSocket> {
  return RawSocket.open(relay.url, (await terminal.connect()).body.ticket)
}
