import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Agent } from '../../src/terminal/agent.js'
import { RelaySession } from '../../src/terminal/relay-session.js'
import { Pulling, type Wanted } from '../../src/terminal/pulling.js'
import { StoredDocuments } from '../../src/storage/stored-documents.js'
import { CHANGE_BYTES } from '../../src/protocol/limits.js'
import { World, type RunningRelay } from '../support/world.js'

let world: World
let relay: RunningRelay
let manager: Agent

const ITEMS = Array.from({ length: 60 }, (_, index) => ({
  sku: `S${index}`,
  name: `Item ${index}`,
  price: { minor: 100 + index },
}))

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
  manager = await world.terminal(relay, 'M01', { role: 'manager' })
  await manager.catalogue.edit('Asha', 'import', ITEMS)
  await manager.sync()
})
afterEach(() => world.end())

async function prices(agent: Agent): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for await (const { sku, price } of agent.catalogue.all()) found.set(sku, price.minor)
  return found
}

const shards = (agent: Agent) => agent.documents.known('catalogue').map((name) => agent.documents.id(name))

describe('what comes from the relay', () => {
  test('D1 is on the disk when the sync ends, without documents being made of it', async () => {
    const till = await world.agent(await world.paired(relay, 'T01'))
    expect(await till.sync()).toMatchObject({ complete: true })
    const { durable } = till.disk
    expect(shards(till).length).toBeGreaterThan(0)
    expect(shards(till).filter((id) => durable.isLoaded(id))).toEqual([])
    await world.stop(till)
    const again = await world.agent(world.path('T01'))
    expect(await prices(again)).toEqual(await prices(manager))
  })

  test('is only what was changed, reaches a document in memory, and one that is not', async () => {
    const till = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    const loaded = shards(till)[0]
    if (loaded === undefined) throw new Error('There are shards')
    await till.disk.durable.open(loaded)
    await manager.catalogue.edit(
      'Asha',
      'prices',
      ITEMS.map(({ sku }, index) => ({ sku, price: { minor: 500 + index } })),
    )
    await manager.sync()
    expect(await till.sync()).toMatchObject({ complete: true })
    const asManager = await prices(manager)
    expect(await prices(till)).toEqual(asManager)
    await world.stop(till)
    expect(await prices(await world.agent(world.path('T01')))).toEqual(asManager)
  })

  test('S2 pulled twice is the same', async () => {
    const till = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await till.sync()
    const { received } = await till.sync()
    expect(await till.sync()).toMatchObject({ received, complete: true })
    expect(await prices(till)).toEqual(await prices(manager))
  })

  test('in online mode what others change comes over the link, while it stays up', async () => {
    const till = await world.agent(await world.paired(relay, 'T01'))
    till.link.want(true)
    await till.goOnline('Asha')
    await till.sync()
    const [first] = ITEMS
    const { durable } = till.disk
    const changed = Promise.race(
      shards(till).map(async (id) => {
        const handle = await durable.open(id)
        if (handle) await once(handle as never, 'heads-changed')
      }),
    )
    await manager.catalogue.edit('Asha', 'prices', [{ sku: first?.sku ?? '', price: { minor: 1 } }])
    await manager.sync()
    await changed
    expect((await prices(till)).get('S0')).toBe(1)
  })
})

/** A relay's answer to a pull, cut or altered on its way to a terminal. */
describe('an answer that is not as it should be', () => {
  let server: Server
  let answer: (bytes: Buffer) => Buffer

  beforeEach(async () => {
    const forward = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      const { authorization } = request.headers
      const got = await fetch(`${relay.url}${request.url}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
        body: Buffer.concat(parts),
      })
      const bytes = Buffer.from(await got.arrayBuffer())
      response.end(request.url === '/v1/pull' ? answer(bytes) : bytes)
    }
    server = createServer((request, response) => void forward(request, response))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(() => server.close())

  async function pulling(till: Agent) {
    const { signal } = new AbortController()
    const relayUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const at = { ...till.identity, relayUrl }
    const session = await RelaySession.connect(at, 0, 'n'.repeat(43), undefined, signal)
    const { documents } = await session.sync([], signal)
    const wanted: Wanted[] = documents.map(({ name, heads }) => ({
      id: till.documents.id(name),
      name,
      heads,
    }))
    const { durable, ledger } = till.disk
    const stored = new StoredDocuments(durable, CHANGE_BYTES)
    const made = new Pulling({ durable, stored, ledger })
    return { pull: () => made.pull(session, wanted, () => undefined, signal), wanted, stored }
  }

  test('S2 R1 cut anywhere, loses nothing, and goes on with what came whole', async () => {
    const till = await world.agent(await world.paired(relay, 'T01'))
    const { pull, wanted, stored } = await pulling(till)
    let size = 0
    answer = (bytes) => bytes.subarray(0, (size = bytes.length) - 1)
    await expect(pull()).rejects.toMatchObject({ code: 'bad-pull' })
    for (let at = 0; at < size; at += 997) {
      answer = (bytes) => bytes.subarray(0, Math.min(at, bytes.length - 1))
      await pull().catch((error: unknown) => expect(error).toMatchObject({ code: 'bad-pull' }))
    }
    answer = (bytes) => bytes
    expect(await pull()).toMatchObject({ left: [] })
    for (const { id, heads } of wanted) expect(await stored.heads(id)).toEqual(heads)
  })

  test('D2 S4 R1 with a flipped bit in a document takes the others, and names that one', async () => {
    const till = await world.agent(await world.paired(relay, 'T01'))
    const { pull, wanted, stored } = await pulling(till)
    answer = (bytes) => {
      const flipped = Buffer.from(bytes)
      const at = bytes.length - 20
      flipped[at] = (flipped[at] ?? 0) ^ 1
      return flipped
    }
    const { absent } = await pull()
    const [[bad, reason] = ['', '']] = absent
    expect(absent.size).toBe(1)
    expect(reason).toContain('checksum')
    for (const { id, heads } of wanted) expect(await stored.heads(id)).toEqual(id === bad ? undefined : heads)
  })
})
