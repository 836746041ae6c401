import * as A from '@automerge/automerge'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { itemKey } from '../../src/docs/catalogue.js'
import { noteText } from '../../src/docs/change-note.js'
import { recordKey } from '../../src/docs/daybook.js'
import type { FlatDoc, FlatValue } from '../../src/docs/flat.js'
import { documentId, shardOf, type DocumentId, type DocumentName } from '../../src/docs/naming.js'
import { World, type RunningRelay } from '../support/world.js'
import { RawBook } from './raw-book.js'
import { ask } from './raw-http.js'
import type { RawSocket } from './raw-socket.js'
import { RawTerminal } from './raw-terminal.js'

let world: World
let relay: RunningRelay
let till: RawTerminal
let manager: RawTerminal
let stranger: RawTerminal

/** How far a terminal reaches into a document. */
type Reach = 'nothing' | 'reads' | 'writes'

const DAY = '2026-04-01'

function book({ granted }: RawTerminal): DocumentName {
  const { shop, terminal, code, epoch } = granted
  return { kind: 'daybook', shop, terminal, code, epoch, day: DAY, part: 1 }
}

const shopOf = ({ granted }: RawTerminal): string => granted.shop

/** Of each document, what the till, the manager and the terminal of another shop can do with it. */
const DOCUMENTS: readonly (readonly [
  string,
  () => DocumentName,
  till: Reach,
  manager: Reach,
  stranger: Reach,
])[] = [
  ['the shop', () => ({ kind: 'shop', shop: shopOf(till) }), 'reads', 'reads', 'nothing'],
  ['a stock shard', () => ({ kind: 'stock', shop: shopOf(till), shard: 0 }), 'reads', 'reads', 'nothing'],
  ['the sales', () => ({ kind: 'sales', shop: shopOf(till), month: '2026-04' }), 'reads', 'reads', 'nothing'],
  [
    'a catalogue shard',
    () => ({ kind: 'catalogue', shop: shopOf(till), shard: 0 }),
    'reads',
    'writes',
    'nothing',
  ],
  ['the bills', () => ({ kind: 'bills', shop: shopOf(till), day: DAY }), 'writes', 'writes', 'nothing'],
  ['the till’s day book', () => book(till), 'writes', 'nothing', 'nothing'],
  ['the manager’s day book', () => book(manager), 'nothing', 'writes', 'nothing'],
  ['another shop', () => ({ kind: 'shop', shop: shopOf(stranger) }), 'nothing', 'nothing', 'reads'],
  [
    'another shop’s bills',
    () => ({ kind: 'bills', shop: shopOf(stranger), day: DAY }),
    'nothing',
    'nothing',
    'writes',
  ],
  ['another shop’s day book', () => book(stranger), 'nothing', 'nothing', 'writes'],
]

beforeAll(async () => {
  world = await World.make()
  world.now = () => new Date(`${DAY}T12:00:00Z`)
  relay = await world.relay()
  till = await RawTerminal.paired(relay, 'T01')
  manager = await RawTerminal.paired(relay, 'M01', { role: 'manager' })
  stranger = await RawTerminal.paired(relay, 'X01', { shop: 'Branch', role: 'manager' })
  for (const [, name] of DOCUMENTS) await exists(name())
})
afterAll(() => world.end())

const idOf = (name: DocumentName): DocumentId => documentId(till.granted.organisation, name)

async function exists(name: DocumentName): Promise<void> {
  const { durable, registry } = relay.relay
  const id = idOf(name)
  if (!registry.has(id)) await registry.set(id, name)
  await durable.create<FlatDoc>(id, {}, (draft) => {
    draft['there'] = 1
  })
}

async function held(id: DocumentId): Promise<A.Doc<FlatDoc>> {
  const handle = await relay.relay.durable.open<FlatDoc>(id)
  if (!handle) throw new Error('The relay holds the document')
  return handle.doc()
}

const said = (doc: A.Doc<unknown>, state: A.SyncState): [A.SyncState, Uint8Array | undefined] => {
  const [next, message] = A.generateSyncMessage(doc, state)
  return [next, message ?? undefined]
}

/** Asks for a document as automerge-repo does; what came, or undefined when it is said not to be there. */
async function read(
  socket: RawSocket,
  senderId: string,
  id: DocumentId,
): Promise<A.Doc<FlatDoc> | undefined> {
  let doc = A.init<FlatDoc>()
  let state = A.initSyncState()
  for (;;) {
    const [next, data] = said(doc, state)
    state = next
    const from = socket.frames.length
    socket.send({ type: 'request', senderId, targetId: relay.relay.identity.id, documentId: id, data })
    const answer = await socket.frame(({ documentId }) => documentId === id, from)
    if (answer['type'] === 'doc-unavailable') return undefined
    ;[doc, state] = A.receiveSyncMessage(doc, state, answer['data'] as Uint8Array)
    if (A.getHeads(doc).length > 0) return doc
  }
}

let written = 0

/** A value that the terminal could write there, and its key, new each time. */
function entryFor(terminal: RawTerminal, name: DocumentName): [string, FlatValue] {
  written += 1
  switch (name.kind) {
    case 'daybook': {
      const own = new RawBook(terminal, new Date(`${DAY}T12:00:00Z`), { day: DAY })
      own.sell()
      return [recordKey(1), own.doc[recordKey(1)] ?? null]
    }
    case 'bills':
      return [`bill/bill_${written}/label`, new A.ImmutableString('Table 4')]
    default: {
      let sku = 0
      while (shardOf(`TEA${written}-${sku}`, 16) !== 0) sku += 1
      return [itemKey(`TEA${written}-${sku}`, 'name'), new A.ImmutableString('Tea')]
    }
  }
}

/**
 * Sends a change of its own making as part of a sync message that says it is where the relay is, and reads the
 * document anew after it, which the relay answers when it has dealt with the change.
 */
async function write(socket: RawSocket, terminal: RawTerminal, name: DocumentName): Promise<boolean> {
  const [id, senderId] = [idOf(name), terminal.id]
  const [key, value] = entryFor(terminal, name)
  const message = noteText({ terminal: terminal.granted.code, by: 'Asha', did: 'test' })
  const forged = A.change(A.clone(await held(id)), { message }, (draft) => {
    draft[key] = value
  })
  const change = A.getLastLocalChange(forged)
  if (!change) throw new Error('Automerge made no change')
  const data = A.encodeSyncMessage({ heads: A.getHeads(forged), need: [], have: [], changes: [change] })
  socket.send({ type: 'sync', senderId, targetId: relay.relay.identity.id, documentId: id, data })
  const [, hello] = said(A.init(), A.initSyncState())
  const from = socket.frames.length
  socket.send({ type: 'request', senderId, targetId: relay.relay.identity.id, documentId: id, data: hello })
  await socket.frame(({ documentId }) => documentId === id, from)
  await relay.relay.durable.flush(id)
  return A.hasHeads(await held(id), A.getHeads(forged))
}

describe('over the socket', () => {
  const cases = DOCUMENTS.flatMap(([what, name, ...reach]) =>
    (['till', 'manager', 'stranger'] as const).map((who, index) => [who, what, name, reach[index]] as const),
  )

  test.each(cases)('A2 A3 a %s and %s', async (who, _what, name, reach) => {
    const terminal = { till, manager, stranger }[who]
    const socket = await terminal.joined()
    const id = idOf(name())
    const got = await read(socket, terminal.id, id)
    expect(got && A.getHeads(got)).toEqual(reach === 'nothing' ? undefined : A.getHeads(await held(id)))
    if (reach === 'nothing') {
      const attempt = { kind: 'not-yours', code: 'no-access', terminal: terminal.id, document: id }
      expect(relay.relay.incidents.list()).toContainEqual(expect.objectContaining(attempt))
    }
    expect(await write(socket, terminal, name())).toBe(reach === 'writes')
    await socket.end()
  })

  test('A2 what a reader writes is reported, and others do not get it', async () => {
    const name: DocumentName = { kind: 'shop', shop: shopOf(till) }
    const id = idOf(name)
    const [writer, reader] = [await till.joined(), await manager.joined()]
    await read(reader, manager.id, id)
    const from = reader.frames.length
    expect(await write(writer, till, name)).toBe(false)
    expect(relay.relay.incidents.list()).toContainEqual(
      expect.objectContaining({ kind: 'not-yours', code: 'read-only', terminal: till.id, document: id }),
    )
    const again = await read(reader, manager.id, id)
    expect(Object.keys(again ?? {}).filter((key) => key.startsWith('item/'))).toEqual([])
    expect(reader.frames.slice(from).filter(({ documentId }) => documentId !== id)).toEqual([])
    await writer.end()
    await reader.end()
  })

  test('A2 a reader that is ahead of the relay is brought no further, and goes on reading', async () => {
    const name: DocumentName = { kind: 'stock', shop: shopOf(till), shard: 0 }
    const id = idOf(name)
    const socket = await till.joined()
    for (let at = 0; at < 3; at += 1) expect(await write(socket, till, name)).toBe(false)
    const handle = await relay.relay.durable.open<FlatDoc>(id)
    handle?.change((draft) => {
      draft['later'] = 1
    })
    expect((await read(socket, till.id, id))?.['later']).toBe(1)
    await socket.end()
  })
})

describe('over HTTP', () => {
  const sync = async (terminal: RawTerminal, names: readonly DocumentName[]) => {
    const documents = names.map((name) => ({ name, heads: [] }))
    const answer = await ask<{ documents: { name: DocumentName }[]; refused: { id: string }[] }>(
      relay.url,
      'POST',
      '/v1/sync',
      { token: await terminal.session(), body: { documents } },
    )
    return answer.body
  }

  test('A2 a terminal is offered its shop’s documents and no day book', async () => {
    const { documents } = await sync(till, [])
    const kinds = documents.map(({ name }) => name.kind)
    expect(new Set(kinds)).toEqual(new Set(['shop', 'stock', 'sales', 'catalogue', 'bills']))
    expect(documents.every(({ name }) => name.shop === shopOf(till))).toBe(true)
  })

  test.each([
    ['another terminal’s day book', () => book(manager)],
    ['a day book of another part for another', () => ({ ...book(manager), part: 2 })],
    ['a day book under another code', () => ({ ...book(till), code: 'M01', part: 2 })],
    ['a day book of an epoch it never had', () => ({ ...book(till), epoch: 'B' })],
    ['its own day book in another shop', () => ({ ...book(till), shop: shopOf(stranger) })],
    ['a new stock shard', () => ({ kind: 'stock', shop: shopOf(till), shard: 9 })],
    ['sales of another month', () => ({ kind: 'sales', shop: shopOf(till), month: '2026-05' })],
    ['a new catalogue shard', () => ({ kind: 'catalogue', shop: shopOf(till), shard: 3 })],
    ['bills of another shop', () => ({ kind: 'bills', shop: shopOf(stranger), day: '2026-04-02' })],
    ['another shop', () => ({ kind: 'shop', shop: shopOf(stranger) })],
    ['a shop nobody founded', () => ({ kind: 'shop', shop: 'shop_00000000000000000000' })],
  ] as [string, () => DocumentName][])('A2 a till may not bring %s', async (_what, make) => {
    const name = make()
    const known = relay.relay.registry.has(idOf(name))
    const { refused } = await sync(till, [name])
    expect(refused.map(({ id }) => id)).toEqual([idOf(name)])
    expect(relay.relay.registry.has(idOf(name))).toBe(known)
  })

  test('A2 a manager brings catalogue shards, and none beyond those the shop has', async () => {
    const shard = (number: number): DocumentName => ({
      kind: 'catalogue',
      shop: shopOf(manager),
      shard: number,
    })
    const { refused } = await sync(manager, [shard(15), shard(16)])
    expect(refused.map(({ id }) => id)).toEqual([idOf(shard(16))])
    expect(relay.relay.registry.has(idOf(shard(15)))).toBe(true)
  })

  test('S4 what it may not bring holds up nothing that it may', async () => {
    const mine = { ...book(till), part: 7 } as DocumentName
    const { refused } = await sync(till, [book(manager), mine, book(stranger)])
    expect(refused).toHaveLength(2)
    expect(relay.relay.registry.has(idOf(mine))).toBe(true)
  })

  test('A2 no receipt is given for a document of another', async () => {
    const id = idOf(book(manager))
    const documents = [{ id, heads: A.getHeads(await held(id)) }]
    const answer = await ask(relay.url, 'POST', '/v1/custody', {
      token: await till.session(),
      body: { documents },
    })
    expect(answer.body).toEqual({
      missing: [],
      refused: [{ id, reason: 'this terminal has no such document here' }],
    })
  })
})
