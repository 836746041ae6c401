import * as A from '@automerge/automerge'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { PullHead, SyncResponse } from '../../src/docs/generated/types.js'
import { documentId, type DocumentId, type DocumentName } from '../../src/docs/naming.js'
import { readPull } from '../../src/protocol/pull.js'
import type { Agent } from '../../src/terminal/agent.js'
import { World, type RunningRelay } from '../support/world.js'
import { RawTerminal } from './raw-terminal.js'

let world: World
let relay: RunningRelay
let manager: Agent
let till: RawTerminal
let stranger: RawTerminal

const ITEMS = Array.from({ length: 40 }, (_, index) => ({
  sku: `S${index}`,
  name: `Item ${index}`,
  price: { minor: 100 + index },
}))

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  manager = await world.terminal(relay, 'M01', { role: 'manager' })
  await manager.catalogue.edit('Asha', 'import', ITEMS)
  await manager.sync()
  till = await RawTerminal.paired(relay, 'T01')
  stranger = await RawTerminal.paired(relay, 'T02', { shop: 'Other' })
})
afterAll(() => world.end())

type Asked = readonly { id: string; heads: readonly string[] }[]

async function ask(terminal: RawTerminal, body: unknown): Promise<Response> {
  return fetch(`${relay.url}/v1/pull`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await terminal.session()}` },
    body: JSON.stringify(body),
  })
}

async function pull(terminal: RawTerminal, documents: Asked) {
  const { body } = await ask(terminal, { documents })
  const found: { head: PullHead; chunks: Uint8Array }[] = []
  if (body) for await (const one of readPull(body)) found.push(one)
  return found
}

const idOf = (name: DocumentName): DocumentId => documentId(till.granted.organisation, name)

async function offered(kind: DocumentName['kind']) {
  const { body } = await till.post<SyncResponse>('/v1/sync', { documents: [] })
  return body.documents
    .filter(({ name }) => name.kind === kind)
    .map(({ name, heads }) => ({ id: idOf(name), heads }))
}

describe('a pull', () => {
  test('gives whole documents to whoever has nothing, at the heads that were told', async () => {
    const shards = await offered('catalogue')
    const pulled = await pull(
      till,
      shards.map(({ id }) => ({ id, heads: [] })),
    )
    expect(pulled.map(({ head }) => head)).toMatchObject(
      shards.map(({ id, heads }) => ({ id, heads, whole: true })),
    )
    const docs = pulled.map(({ chunks }) => A.load<Record<string, unknown>>(chunks))
    expect(docs.map((doc) => A.getHeads(doc).toSorted())).toEqual(shards.map(({ heads }) => heads))
    expect(docs.flatMap((doc) => Object.keys(doc).filter((key) => key.endsWith('/name')))).toHaveLength(40)
  })

  test('gives only what follows to whoever has the rest, and nothing to whoever has all', async () => {
    const before = await offered('catalogue')
    await manager.catalogue.edit('Asha', 'prices', [{ sku: 'S1', price: { minor: 7 } }])
    await manager.sync()
    const after = await offered('catalogue')
    const changed = after.findIndex(({ heads }, index) => heads.join() !== before[index]?.heads.join())
    const [had, now] = [before[changed], after[changed]]
    if (!had || !now) throw new Error('A shard has changed')
    const [whole] = await pull(till, [{ id: had.id, heads: [] }])
    const [delta] = await pull(till, [had])
    expect(delta?.head).toMatchObject({ id: had.id, heads: now.heads })
    expect(delta?.head.whole).toBeUndefined()
    expect(delta?.head.bytes).toBeLessThan((whole?.head.bytes ?? 0) / 2)
    expect(await pull(till, [now])).toMatchObject([{ head: { id: now.id, heads: now.heads, bytes: 0 } }])
  })

  test('of heads the relay does not know gives everything', async () => {
    const [shard] = await offered('catalogue')
    const [pulled] = await pull(till, [{ id: shard?.id ?? '', heads: ['f'.repeat(64)] }])
    expect(pulled?.head).toMatchObject({ heads: shard?.heads, whole: true })
  })

  test('A2 tells nothing of documents that are not the terminal’s, whether they are there or not', async () => {
    const [shard] = await offered('catalogue')
    const book = manager.books.writing.open()?.id
    const documents = [shard?.id ?? '', idOf({ kind: 'shop', shop: 'nowhere' }), ...(book ? [book] : [])]
    const pulled = await pull(
      stranger,
      documents.map((id) => ({ id, heads: [] })),
    )
    expect(pulled.map(({ head }) => head)).toEqual(
      documents.map((id) => ({ id, heads: [], bytes: 0, refused: 'not-yours' })),
    )
  })

  test('S4 one document that is refused holds up no other', async () => {
    const [shard] = await offered('catalogue')
    const other = idOf({ kind: 'shop', shop: stranger.granted.shop })
    const pulled = await pull(till, [
      { id: other, heads: [] },
      { id: shard?.id ?? '', heads: [] },
    ])
    expect(pulled.map(({ head: { refused } }) => refused)).toEqual(['not-yours', undefined])
  })

  test('makes no document of what is only read', async () => {
    await world.stopRelay(relay)
    relay = await world.relay()
    till = new RawTerminal(relay, till.granted, till.signer)
    const shards = await offered('catalogue')
    expect(
      await pull(
        till,
        shards.map(({ id }) => ({ id, heads: [] })),
      ),
    ).toHaveLength(shards.length)
    expect(shards.filter(({ id }) => relay.relay.durable.isLoaded(id))).toEqual([])
  })

  test.each([
    ['no body', undefined],
    ['no documents', {}],
    ['something that is no id', { documents: [{ id: '../..', heads: [] }] }],
    ['something that is no head', { documents: [{ id: '4NMNnkMhL8jXrdJ9jamS58PAVdXu', heads: ['x'] }] }],
    [
      'more documents than one pull may name',
      { documents: Array.from({ length: 501 }, () => ({ id: '4NMNnkMhL8jXrdJ9jamS58PAVdXu', heads: [] })) },
    ],
  ])('R1 with %s is refused with the reason', async (_what, body) => {
    const answer = await ask(till, body)
    expect(answer.status).toBe(400)
    expect(await answer.json()).toMatchObject({ type: expect.stringMatching(/not-json|invalid-input/) })
  })
})
