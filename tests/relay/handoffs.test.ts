import { readdir } from 'node:fs/promises'
import * as A from '@automerge/automerge'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { FlatDoc } from '../../src/docs/flat.js'
import type { HandoffTaken } from '../../src/docs/generated/types.js'
import { documentId, type DocumentName } from '../../src/docs/naming.js'
import { sha256Hex } from '../../src/protocol/bundle.js'
import { UPLOAD_PART_BYTES } from '../../src/protocol/limits.js'
import { checkReceipt } from '../../src/protocol/receipt.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { FaultyDisk } from '../storage/disks.js'
import { World, type RunningRelay } from '../support/world.js'
import { inflatingDocument, MILLION_ITEMS } from './gate/bombs.js'
import { RawBook } from './raw-book.js'
import { bundleOf, RawHandoff, type Bundled } from './raw-bundle.js'
import { ask } from './raw-http.js'
import { RawTerminal } from './raw-terminal.js'

const AT = new Date('2026-04-01T06:00:00Z')

let world: World
let disk: FaultyDisk
let relay: RunningRelay
let terminal: RawTerminal
let books: RawBook[]
let bundle: Uint8Array
let till = 0
let handoffs = 0

beforeAll(async () => {
  world = await World.make()
  world.now = () => AT
  disk = new FaultyDisk(nodeDisk)
  relay = await world.relay({ disk })
})
afterAll(() => world.end())

beforeEach(async () => {
  till += 1
  terminal = await RawTerminal.paired(relay, `Till ${till}`)
  books = [1, 2].map((part) => new RawBook(terminal, AT, { part }))
  for (const book of books) for (let sold = 0; sold < 3; sold += 1) book.sell()
  bundle = bundleOf(terminal, books)
})

const next = (): Promise<RawHandoff> => RawHandoff.of(terminal, (handoffs += 1))

function covers({ receipts }: HandoffTaken): unknown[] {
  return receipts.flatMap(({ body }) => body.documents).toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

const all = (): unknown[] => books.map(({ asked }) => asked).toSorted((a, b) => (a.id < b.id ? -1 : 1))

async function holds({ id, heads }: RawBook): Promise<boolean> {
  const handle = await relay.relay.durable.open<FlatDoc>(id)
  return handle !== undefined && A.hasHeads(handle.doc(), heads)
}

/** What lies on the relay's disk of this terminal's handoffs. */
async function leftOf({ id }: RawTerminal): Promise<string[]> {
  const names = await readdir(world.path('relay', 'handoffs'))
  return names.filter((name) => name.startsWith(id))
}

describe('a handoff', () => {
  test('P1 ends in receipts for exactly what the bundle holds, which the relay has counted', async () => {
    const { status, body } = await (await next()).all(bundle)
    expect(status).toBe(200)
    expect(body.refused).toEqual([])
    expect(covers(body)).toEqual(all())
    const { relay: from, relayKey } = terminal.granted
    for (const receipt of body.receipts) {
      checkReceipt(receipt, { relay: from, relayKey, terminal: terminal.id })
    }
    for (const book of books) expect(await holds(book)).toBe(true)
    expect(relay.relay.counting.lastPosition(terminal.id, 'A')).toBe(3)
    // The bundle itself is kept no longer.
    expect((await leftOf(terminal)).every((name) => name.endsWith('.taken.json'))).toBe(true)
  })

  test('S2 can be cut at any byte, goes on there, and sent again gives the same receipts', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bundle.length), { maxLength: 8 }), async (cuts) => {
        const handoff = await next()
        let offset = (await handoff.begin(bundle)).body.offset
        expect(offset).toBe(0)
        for (const cut of cuts.toSorted((a, b) => a - b)) {
          if (cut <= offset) continue
          expect((await handoff.append(offset, bundle.subarray(offset, cut))).body.offset).toBe(cut)
          offset = (await handoff.begin(bundle)).body.offset
          expect(offset).toBe(cut)
        }
        if (offset < bundle.length) await handoff.append(offset, bundle.subarray(offset))
        const taken = await handoff.take()
        expect(covers(taken.body)).toEqual(all())
        expect((await handoff.begin(bundle)).body).toEqual({ offset: bundle.length, size: bundle.length })
        expect(await handoff.take()).toEqual(taken)
      }),
      { numRuns: 10 },
    )
  })

  test('S2 D3 goes on after a restart of the relay, before and after it was taken', async () => {
    const handoff = await next()
    await handoff.begin(bundle)
    await handoff.append(0, bundle.subarray(0, 1000))
    await restart()
    const resumed = new RawHandoff(terminal, await terminal.session(), handoff.id)
    expect((await resumed.begin(bundle)).body.offset).toBe(1000)
    await resumed.append(1000, bundle.subarray(1000))
    const taken = await resumed.take()
    expect(covers(taken.body)).toEqual(all())
    await restart()
    const again = new RawHandoff(terminal, await terminal.session(), handoff.id)
    expect(await again.take()).toEqual(taken)
  })

  async function restart(): Promise<void> {
    await world.stopRelay(relay)
    relay = await world.relay({ port: Number(new URL(relay.url).port), disk })
  }

  test('S2 taken twice at once gives the same receipts twice', async () => {
    const handoff = await next()
    await handoff.begin(bundle)
    await handoff.append(0, bundle)
    const [one, two] = await Promise.all([handoff.take(), handoff.take()])
    expect(one.status).toBe(200)
    expect(two).toEqual(one)
  })

  test('S2 the same part sent twice at once is stored once', async () => {
    const handoff = await next()
    await handoff.begin(bundle)
    const answers = await Promise.all([handoff.append(0, bundle), handoff.append(0, bundle)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
    expect(covers((await handoff.take()).body)).toEqual(all())
  })

  test('S4 those of many terminals go side by side', async () => {
    const others = await Promise.all(
      Array.from({ length: 5 }, (_, index) => RawTerminal.paired(relay, `Till ${till} ${index}`)),
    )
    const taken = await Promise.all(
      others.map(async (other) => {
        const book = new RawBook(other, AT)
        book.sell()
        // The same id: a handoff belongs to its terminal.
        const { body } = await (await RawHandoff.of(other, 1)).all(bundleOf(other, [book]))
        return [covers(body), [book.asked]]
      }),
    )
    for (const [given, expected] of taken) expect(given).toEqual(expected)
  })

  test('an empty bundle is taken, and no receipt is given', async () => {
    expect((await (await next()).all(bundleOf(terminal, []))).body).toEqual({ receipts: [], refused: [] })
  })
})

describe('an upload that is not right', () => {
  test('goes on where the relay says, not where the terminal thinks', async () => {
    const handoff = await next()
    await handoff.begin(bundle)
    await handoff.append(0, bundle.subarray(0, 100))
    for (const offset of [0, 99, 101, bundle.length]) {
      expect(await handoff.append(offset, bundle.subarray(0, 1))).toMatchObject({
        status: 409,
        body: { type: 'counterfoil:wrong-offset', offset: 100 },
      })
    }
    expect((await handoff.begin(bundle)).body.offset).toBe(100)
  })

  test('may not be longer than it was announced', async () => {
    const handoff = await next()
    await handoff.begin(bundle)
    const longer = new Uint8Array([...bundle, 0])
    expect(await handoff.append(0, longer)).toMatchObject({
      status: 400,
      body: { type: 'counterfoil:too-long' },
    })
    expect((await handoff.append(0, bundle)).status).toBe(200)
    expect((await handoff.append(bundle.length, new Uint8Array(1))).status).toBe(400)
    expect((await handoff.take()).status).toBe(200)
  })

  test('is not taken before it is whole', async () => {
    const handoff = await next()
    await handoff.begin(bundle)
    await handoff.append(0, bundle.subarray(0, -1))
    expect(await handoff.take()).toMatchObject({
      status: 409,
      body: { type: 'counterfoil:incomplete', offset: bundle.length - 1 },
    })
  })

  test('is not taken where its hash is another than announced, and the handoff ends', async () => {
    const handoff = await next()
    expect(await handoff.all(bundle, '0'.repeat(64))).toMatchObject({
      status: 400,
      body: { type: 'counterfoil:bad-bundle' },
    })
    expect(await leftOf(terminal)).toEqual([])
    expect(covers((await handoff.all(bundle)).body)).toEqual(all())
  })

  test('cannot be gone on with by another bundle', async () => {
    const handoff = await next()
    await handoff.begin(bundle)
    const other = bundleOf(terminal, books.slice(1))
    expect(await handoff.begin(other)).toMatchObject({
      status: 409,
      body: { type: 'counterfoil:other-bundle' },
    })
  })

  test('must have been begun, by its own terminal', async () => {
    const handoff = await next()
    const unknown = { status: 404, body: { type: 'counterfoil:unknown-handoff' } }
    expect(await handoff.append(0, bundle)).toMatchObject(unknown)
    expect(await handoff.take()).toMatchObject(unknown)
    await handoff.begin(bundle)
    const other = await RawTerminal.paired(relay, `Till ${till} other`)
    const theirs = new RawHandoff(other, await other.session(), handoff.id)
    expect(await theirs.append(0, bundle)).toMatchObject(unknown)
    expect((await handoff.begin(bundle)).body.offset).toBe(0)
  })

  test.each(['', 'x', '1.5', '-1', '9007199254740993', '0x10', 'NaN'])(
    'R1 an offset %j is told to be none',
    async (offset) => {
      const handoff = await next()
      await handoff.begin(bundle)
      const answer = await handoff.append(offset, bundle.subarray(0, 16))
      expect(answer).toMatchObject({ status: 400, body: { type: 'counterfoil:no-offset' } })
    },
  )

  test('R1 a part has its size and its type', async () => {
    const handoff = await next()
    await handoff.begin(bundle)
    expect(await handoff.append(0, new Uint8Array(UPLOAD_PART_BYTES + 1))).toMatchObject({
      status: 413,
      body: { type: 'counterfoil:body-too-large' },
    })
    const text = { token: await terminal.session(), body: '{}', headers: { 'upload-offset': '0' } }
    expect(await ask(relay.url, 'PATCH', `/v1/handoffs/${handoff.id}`, text)).toMatchObject({
      status: 400,
      body: { type: 'counterfoil:no-bytes' },
    })
    expect((await handoff.begin(bundle)).body.offset).toBe(0)
  })

  test.each([
    'hand_x',
    'hand_..%2f..%2frelay.json',
    'HAND_00000000000000000000',
    'bill_00000000000000000000',
  ])('R1 %s is no id of a handoff', async (id) => {
    const body = { size: 1, sha256: '0'.repeat(64) }
    const asked = { token: await terminal.session(), body }
    expect(await ask(relay.url, 'PUT', `/v1/handoffs/${id}`, asked)).toMatchObject({
      status: 400,
      body: { type: 'counterfoil:bad-handoff-id' },
    })
  })

  test('D4 goes on when a full disk has space again', async () => {
    const handoff = await next()
    await handoff.begin(bundle)
    await handoff.append(0, bundle.subarray(0, 500))
    for (const name of ['write', 'sync']) {
      disk.decide = (operation) =>
        operation.name === name && operation.path.endsWith('.part')
          ? { code: 'ENOSPC', torn: true }
          : undefined
      expect(await handoff.append(500, bundle.subarray(500))).toMatchObject({
        status: 507,
        body: { type: 'counterfoil:storage-failed' },
      })
      disk.decide = () => undefined
      expect((await handoff.begin(bundle)).body.offset).toBe(500)
    }
    await handoff.append(500, bundle.subarray(500))
    expect(covers((await handoff.take()).body)).toEqual(all())
  })

  test('D4 is taken when a full disk has space again', async () => {
    const handoff = await next()
    await handoff.begin(bundle)
    await handoff.append(0, bundle)
    for (const place of ['/documents/', '.taken.json']) {
      disk.decide = ({ name, path }) =>
        name === 'sync' && path.includes(place) ? { code: 'ENOSPC' } : undefined
      expect((await handoff.take()).status).toBe(507)
      disk.decide = () => undefined
    }
    expect(covers((await handoff.take()).body)).toEqual(all())
  })
})

describe('a bundle that is damaged or not its terminal’s', () => {
  test('D2 a flipped bit anywhere is found, and nothing is receipted; the whole one is taken after it', async () => {
    const serial = relay.relay.issued.serial
    const flip = fc.record({ at: fc.nat(bundle.length - 1), bit: fc.nat(7) })
    await fc.assert(
      fc.asyncProperty(flip, async ({ at, bit }) => {
        const damaged = new Uint8Array(bundle)
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
        // Damaged on the terminal's disk: its hash is announced of what is sent.
        expect(await (await next()).all(damaged)).toMatchObject({
          status: 400,
          body: { type: 'counterfoil:bad-bundle' },
        })
      }),
      { numRuns: 40, examples: [[{ at: 0, bit: 0 }], [{ at: bundle.length - 1, bit: 7 }]] },
    )
    expect(relay.relay.issued.serial).toBe(serial)
    expect(covers((await (await next()).all(bundle)).body)).toEqual(all())
  })

  test('A2 another terminal’s bundle is not taken', async () => {
    const other = await RawTerminal.paired(relay, `Till ${till} other`)
    const theirs = await RawHandoff.of(other)
    expect(await theirs.all(bundle)).toMatchObject({
      status: 400,
      body: { type: 'counterfoil:bad-bundle', detail: expect.stringContaining('is not known here') },
    })
    for (const book of books) expect(await holds(book)).toBe(false)
  })

  test('A2 nor one that another terminal signed in this one’s name', async () => {
    const other = await RawTerminal.paired(relay, `Till ${till} other`)
    const forger = new RawTerminal(relay, terminal.granted, other.signer)
    expect(await (await next()).all(bundleOf(forger, books))).toMatchObject({
      status: 400,
      body: { type: 'counterfoil:bad-bundle', detail: expect.stringContaining('signature of its manifest') },
    })
  })

  test('A2 S4 of what it may not bring nothing is merged, and the rest is receipted', async () => {
    const other = await RawTerminal.paired(relay, `Till ${till} other`)
    const theirs = new RawBook(other, AT)
    theirs.sell()
    const { shop, organisation } = terminal.granted
    const forged = (name: DocumentName): Bundled => {
      const doc = A.from<FlatDoc>({ forged: 1 })
      return { id: documentId(organisation, name), name, doc }
    }
    const bad = [
      theirs,
      forged({ kind: 'shop', shop }),
      forged({ kind: 'stock', shop, shard: 0 }),
      forged({ kind: 'catalogue', shop, shard: 0 }),
      forged({ kind: 'bills', shop: 'shop_00000000000000000000', day: '2026-04-01' }),
    ]
    const { body } = await (await next()).all(bundleOf(terminal, [...bad, ...books]))
    expect(body.refused.map(({ id }) => id)).toEqual(bad.map(({ id }) => id))
    expect(covers(body)).toEqual(all())
    for (const { id, doc } of bad) {
      const handle = await relay.relay.durable.open<FlatDoc>(documentIdOf(id))
      expect(handle ? A.hasHeads(handle.doc(), A.getHeads(doc)) : false).toBe(false)
    }
  })

  const documentIdOf = (id: string) => id as ReturnType<typeof documentId>

  test('A3 S4 a day book with a forged record is refused with the reason, and the rest is receipted', async () => {
    const [first, second] = books as [RawBook, RawBook]
    first.sell('1', { body: (body) => ({ ...body, day: '2026-03-31' }) })
    const { body } = await (await next()).all(bundleOf(terminal, books))
    expect(body.refused).toEqual([
      { id: first.id, code: 'change-shape', reason: 'record 4 belongs to business day 2026-03-31' },
    ])
    expect(covers(body)).toEqual([second.asked])
  })

  test.each([
    ['no Automerge document', () => new Uint8Array(100)],
    ['a million items in 174 bytes', () => MILLION_ITEMS],
    ['300 MB in 300 KB', () => inflatingDocument()],
    ['half of one', (saved: Uint8Array) => saved.subarray(0, saved.length >> 1)],
    ['one with a flipped bit', (saved: Uint8Array) => saved.map((byte, at) => (at === 40 ? byte ^ 1 : byte))],
  ])('R1 A3 S4 %s is refused by itself, and the rest is receipted', async (_what, spoil) => {
    const [first, second] = books as [RawBook, RawBook]
    const parts = [spoil(A.save(first.doc)), A.save(second.doc)]
    const documents = [first, second].map(({ id, name, heads }, index) => {
      const part = parts[index] ?? new Uint8Array()
      return { id, name, heads, length: part.length, sha256: sha256Hex(part) }
    })
    const head = bundleOf(terminal, [], { documents })
    const { status, body } = await (await next()).all(new Uint8Array(Buffer.concat([head, ...parts])))
    expect(status).toBe(200)
    expect(body.refused.map(({ id }) => id)).toEqual([first.id])
    expect(covers(body)).toEqual([second.asked])
  })

  test('S3 no receipt is given for heads that are not in it', async () => {
    const [first] = books as [RawBook]
    const saved = A.save(first.doc)
    first.sell()
    const { id, name, heads } = first
    const documents = [{ id, name, heads, length: saved.length, sha256: sha256Hex(saved) }]
    const head = bundleOf(terminal, [], { documents })
    const { body } = await (await next()).all(new Uint8Array(Buffer.concat([head, saved])))
    expect(body).toEqual({
      receipts: [],
      refused: [{ id, reason: 'the relay does not hold it at these heads' }],
    })
  })
})
