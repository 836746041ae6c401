import * as A from '@automerge/automerge'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openBill } from '../../src/docs/bills.js'
import { writeItem } from '../../src/docs/catalogue.js'
import { nameImage } from '../../src/docs/images.js'
import { noteText } from '../../src/docs/change-note.js'
import type { FlatDoc } from '../../src/docs/flat.js'
import { documentId, shardOf, type DocumentName } from '../../src/docs/naming.js'
import { MESSAGES } from '../../src/relay/access-table.js'
import { World, type RunningRelay } from '../support/world.js'
import { DOCUMENTS, FRAMES } from './matrix.js'
import { RawBook } from './raw-book.js'
import type { RawSocket } from './raw-socket.js'
import { RawTerminal } from './raw-terminal.js'

let world: World
let relay: RunningRelay
let till: RawTerminal
let manager: RawTerminal
let stranger: RawTerminal
beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  till = await RawTerminal.paired(relay, 'T01')
  manager = await RawTerminal.paired(relay, 'M01', { role: 'manager' })
  stranger = await RawTerminal.paired(relay, 'X01', { shop: 'Branch', role: 'manager' })
})
afterAll(() => world.end())

describe('every frame', () => {
  const DAY = '2026-04-01'
  const nameOf = (kind: DocumentName['kind']): DocumentName => {
    const { shop } = till.granted
    const names: Record<DocumentName['kind'], DocumentName> = {
      shop: { kind: 'shop', shop },
      catalogue: { kind: 'catalogue', shop, shard: 0 },
      bills: { kind: 'bills', shop, day: DAY },
      daybook: new RawBook(till, new Date(`${DAY}T12:00:00Z`)).name,
      stock: { kind: 'stock', shop, shard: 0 },
      images: { kind: 'images', shop },
      sales: { kind: 'sales', shop, month: DAY.slice(0, 7) },
    }
    return names[kind]
  }
  const idOf = (kind: DocumentName['kind']) => documentId(till.granted.organisation, nameOf(kind))
  const kinds = Object.keys(DOCUMENTS) as DocumentName['kind'][]
  let book: RawBook
  let written = 0

  beforeAll(async () => {
    book = new RawBook(till, new Date(`${DAY}T12:00:00Z`))
    book.sell()
    const { durable, registry } = relay.relay
    for (const kind of kinds) {
      const id = idOf(kind)
      if (kind === 'daybook') await till.give({ id, named: book.named, doc: book.doc })
      else if (!registry.has(id)) {
        await registry.set(id, nameOf(kind))
        await durable.create<FlatDoc>(id, {}, (draft) => fill(kind, draft, {}))
      }
    }
  })

  function skuOfFirstShard(): string {
    const { catalogueShards } = relay.relay.shops.get(till.granted.shop)
    for (let number = 0; ; number += 1) {
      const sku = `SKU-${written}-${number}`
      if (shardOf(sku, catalogueShards) === 0) return sku
    }
  }

  /** Something an honest terminal could write into a document of a kind. */
  function fill(kind: DocumentName['kind'], draft: FlatDoc, before: A.Doc<FlatDoc>): void {
    written += 1
    const number = String(written)
    if (kind === 'catalogue') writeItem(draft, before, skuOfFirstShard(), { name: 'Tea' })
    else if (kind === 'images')
      nameImage(draft, before, number.padStart(64, '0'), { bytes: 1, type: 'image/png' })
    else if (kind === 'bills') {
      const opened = { at: `${DAY}T12:00:00.000Z`, terminal: 'T01', by: 'Asha' }
      openBill(draft, before, `bill_${number.padStart(20, '0')}`, opened)
    } else draft[`forged/${number}`] = written
  }

  async function held(kind: DocumentName['kind']): Promise<A.Doc<FlatDoc>> {
    const handle = await relay.relay.durable.open<FlatDoc>(idOf(kind))
    if (!handle) throw new Error(`The relay holds no ${kind}`)
    return handle.doc()
  }

  /** Asks for a document from nothing; undefined when it is said not to be there. */
  async function read(socket: RawSocket, senderId: string, kind: DocumentName['kind']) {
    const documentId = idOf(kind)
    let doc = A.init<FlatDoc>()
    let state = A.initSyncState()
    for (;;) {
      const [next, data] = A.generateSyncMessage(doc, state)
      state = next
      const from = socket.frames.length
      socket.send({ type: 'request', senderId, targetId: relay.relay.identity.id, documentId, data })
      const answer = await socket.frame((frame) => frame['documentId'] === documentId, from)
      if (answer['type'] === 'doc-unavailable') return undefined
      ;[doc, state] = A.receiveSyncMessage(doc, state, answer['data'] as Uint8Array)
      if (A.getHeads(doc).length > 0) return doc
    }
  }

  /** The document with one more change, honest where the writer may make it. */
  async function changed(terminal: RawTerminal, kind: DocumentName['kind']): Promise<A.Doc<FlatDoc>> {
    if (kind === 'daybook') {
      book.sell()
      return book.doc
    }
    const message = noteText({ terminal: terminal.granted.code, by: 'Asha', did: 'test' })
    const before = await held(kind)
    return A.change(A.clone(before), { message }, (draft) => fill(kind, draft, before))
  }

  /** Resolves to whether a change has come to the relay, once it has dealt with the frame that brought it. */
  async function write(
    socket: RawSocket,
    terminal: RawTerminal,
    kind: DocumentName['kind'],
  ): Promise<boolean> {
    const senderId = terminal.id
    const before = await held(kind)
    const after = await changed(terminal, kind)
    const changes = A.getChanges(before, after)
    const data = A.encodeSyncMessage({ heads: A.getHeads(after), need: [], have: [], changes })
    const frame = { type: 'sync', senderId, targetId: relay.relay.identity.id, documentId: idOf(kind), data }
    socket.send(frame)
    await read(socket, senderId, kind)
    return A.hasHeads(await held(kind), A.getHeads(after))
  }

  test('A2 that the relay takes stands in the access table, and each is tried here', () => {
    expect(Object.keys(MESSAGES)).toEqual([...FRAMES])
  })

  const cells = kinds.flatMap((kind) =>
    (['a till', 'a manager’s terminal', 'a terminal of another shop'] as const).map(
      (who, index) => [kind, who, DOCUMENTS[kind].split(' ')[index] ?? ''] as const,
    ),
  )

  test.each(cells)('A2 about the document “%s”, sent by %s: %s', async (kind, who, reach) => {
    const terminal = {
      'a till': till,
      'a manager’s terminal': manager,
      'a terminal of another shop': stranger,
    }[who]
    const socket = await terminal.joined()
    const got = await read(socket, terminal.id, kind)
    expect(got && A.getHeads(got)).toEqual(reach.includes('r') ? A.getHeads(await held(kind)) : undefined)
    const before = await held(kind)
    expect(await write(socket, terminal, kind)).toBe(reach.includes('w'))
    if (!reach.includes('w')) expect(A.getHeads(await held(kind))).toEqual(A.getHeads(before))
    // Saying that one has not got it takes it from nobody.
    const documentId = idOf(kind)
    const targetId = relay.relay.identity.id
    socket.send({ type: 'doc-unavailable', senderId: terminal.id, targetId, documentId })
    const again = await read(socket, terminal.id, kind)
    expect(again === undefined).toBe(!reach.includes('r'))
    await socket.end()
  })

  test.each(['a manager’s terminal', 'a terminal of another shop'] as const)(
    'A1 “join” as another terminal, sent by %s, ends its socket and joins nobody',
    async (who) => {
      const terminal = who === 'a manager’s terminal' ? manager : stranger
      const socket = await terminal.joined()
      socket.send({ type: 'join', senderId: till.id, peerMetadata: {}, supportedProtocolVersions: ['1'] })
      expect((await socket.closed).code).toBe(4003)
      expect(relay.relay.isConnected(till.id)).toBe(false)
    },
  )
})
