import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as A from '@automerge/automerge'
import { cbor, type PeerId } from '@automerge/automerge-repo'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { noteText } from '../../../src/docs/change-note.js'
import type { FlatDoc } from '../../../src/docs/flat.js'
import { documentId } from '../../../src/docs/naming.js'
import { CLOSE } from '../../../src/protocol/close-codes.js'
import type { ConnectionLimits } from '../../../src/relay/gate/connection.js'
import { CONNECTION_LIMITS, relaySockets } from '../../../src/relay/sockets.js'
import { World, type RunningRelay } from '../../support/world.js'
import { RawSocket } from '../raw-socket.js'
import { RawTerminal } from '../raw-terminal.js'

let world: World
let relay: RunningRelay
let terminal: RawTerminal
let other: RawTerminal
const ends: (() => Promise<void>)[] = []

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  terminal = await RawTerminal.paired(relay, 'T01')
  other = await RawTerminal.paired(relay, 'T02')
})
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})
afterAll(() => world.end())

/** Another door to the same relay, with limits of its own; who comes in is told by the last part of the path. */
async function door(over: Partial<ConnectionLimits>): Promise<string> {
  const { sockets, adapter } = relaySockets(relay.relay, { ...CONNECTION_LIMITS, ...over })
  const server = createServer()
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (ws) => {
      adapter.bind(ws, request.headers.authorization?.slice('Bearer '.length) as PeerId)
      sockets.emit('connection', ws, request)
    })
  })
  relay.relay.durable.repo.networkSubsystem.addNetworkAdapter(adapter)
  await adapter.begun
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  ends.push(async () => {
    for (const ws of sockets.clients) ws.terminate()
    sockets.close()
    server.close()
    relay.relay.durable.repo.networkSubsystem.removeNetworkAdapter(adapter)
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const [, HELLO] = A.generateSyncMessage(A.init(), A.initSyncState())
const ask = (socket: RawSocket, senderId: string, id: string): void =>
  socket.send({ type: 'request', senderId, documentId: id, data: HELLO })

describe('the limits of a connection', () => {
  test('A1 whoever does not join in time is closed with 4008', async () => {
    const socket = await RawSocket.open(await door({ join: 50 }), terminal.id)
    expect(await socket.closed).toEqual(CLOSE.joinTooLate)
  })

  test('S4 a flood waits at its own socket, loses nothing, and another is answered before it', async () => {
    const url = await door({ atOnce: 50, perSecond: 10_000 })
    const flood = await RawSocket.open(url, terminal.id)
    await flood.join(terminal.id)
    const calm = await RawSocket.open(url, other.id)
    await calm.join(other.id)
    const messages = 10_000
    for (let message = 0; message < messages; message += 1) ask(flood, terminal.id, `nothing ${message}`)
    ask(calm, other.id, 'nothing')
    await calm.frame(({ type }) => type === 'doc-unavailable')
    expect(flood.frames.length).toBeLessThan(messages)
    await flood.frame(({ documentId: id }) => id === `nothing ${messages - 1}`)
    expect(flood.frames).toHaveLength(messages + 1)
  })

  test('R1 whoever does not read what it asks for is cut off, and its terminal may come again', async () => {
    const { shop, organisation } = terminal.granted
    const name = { kind: 'bills', shop, day: '2026-04-01' } as const
    const id = documentId(organisation, name)
    await relay.relay.registry.set(id, name)
    const note = { message: noteText({ terminal: 'T01', by: 'Asha', did: 'label' }) }
    const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('base64')
    await relay.relay.durable.create<FlatDoc>(id, note, (draft) => {
      for (let bill = 0; bill < 20; bill += 1)
        draft[`bill/${bill}/label`] = new A.ImmutableString(noise.slice(0, 400 * 100) + bill)
    })
    const url = await door({ unread: 1024 * 1024 })
    const slow = new WebSocket(`${url.replace('http', 'ws')}/`, {
      headers: { authorization: `Bearer ${terminal.id}` },
    })
    await once(slow, 'open')
    const closed = once(slow, 'close')
    slow.send(cbor.encode({ type: 'join', senderId: terminal.id, supportedProtocolVersions: ['1'] }))
    await once(slow, 'message')
    slow.pause()
    const isCutOff = (): boolean =>
      relay.relay.incidents.list().some(({ code, terminal: who }) => code === '4009' && who === terminal.id)
    let state = A.initSyncState()
    while (!isCutOff()) {
      // Each says that it has nothing, and asks for everything.
      const [next, hello] = A.generateSyncMessage(A.init(), A.initSyncState())
      state = next
      slow.send(cbor.encode({ type: 'sync', senderId: terminal.id, documentId: id, data: hello }))
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(state).toBeDefined()
    slow.resume()
    await closed
    const again = await RawSocket.open(url, terminal.id)
    await again.join(terminal.id)
  })
})
