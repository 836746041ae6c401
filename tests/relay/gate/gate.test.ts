import * as A from '@automerge/automerge'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { noteText } from '../../../src/docs/change-note.js'
import type { FlatDoc } from '../../../src/docs/flat.js'
import type { CustodyResponse } from '../../../src/docs/generated/types.js'
import { documentId, type DocumentName } from '../../../src/docs/naming.js'
import { World, type RunningRelay } from '../../support/world.js'
import { chunk, sync } from '../hostile/bytes.js'
import { RawBook } from '../raw-book.js'
import { RawTerminal } from '../raw-terminal.js'
import type { RawSocket } from '../raw-socket.js'

const AT = new Date('2026-04-01T06:00:00Z')
const DAY = '2026-04-01'

let world: World
let relay: RunningRelay
let terminal: RawTerminal
let number = 0

beforeAll(async () => {
  world = await World.make()
  world.now = () => AT
  relay = await world.relay()
})
afterAll(() => world.end())
beforeEach(async () => {
  number += 1
  terminal = await RawTerminal.paired(relay, `Till ${number}`, { shop: `Shop ${number}` })
})

/** A bills document that is written by hand. */
class RawBills {
  readonly name: DocumentName
  readonly id: string
  doc: A.Doc<FlatDoc> = A.init<FlatDoc>()

  constructor({ granted }: RawTerminal) {
    this.name = { kind: 'bills', shop: granted.shop, day: DAY }
    this.id = documentId(granted.organisation, this.name)
  }

  write(key: string, value: A.ImmutableString | number): this {
    const message = noteText({ terminal: 'T01', by: 'Asha', did: 'label' })
    this.doc = A.change(this.doc, { message }, (draft) => {
      draft[key] = value
    })
    return this
  }

  get heads(): string[] {
    return A.getHeads(this.doc).toSorted()
  }

  get named() {
    return { name: this.name, heads: this.heads }
  }

  get asked() {
    return { id: this.id, heads: this.heads }
  }

  get lastChange(): Uint8Array {
    return A.getLastLocalChange(this.doc) as Uint8Array
  }
}

const label = (text: string) => new A.ImmutableString(text)

async function held(id: string): Promise<A.Doc<FlatDoc> | undefined> {
  return (await relay.relay.durable.open<FlatDoc>(id as ReturnType<typeof documentId>))?.doc()
}

const custody = async (...documents: { id: string; heads: string[] }[]): Promise<CustodyResponse> =>
  (await terminal.post<CustodyResponse>('/v1/custody', { documents, waitMs: 10_000 })).body

const incidentsOf = ({ id }: RawTerminal) =>
  relay.relay.incidents.list().filter(({ terminal: who }) => who === id)

describe('a change that may not be merged', () => {
  test('A3 S4 is refused with its reason, kept as evidence, and holds up no other document', async () => {
    const bills = new RawBills(terminal).write('bill/b/label', label('Table 4'))
    await terminal.give(bills)
    const sound = bills.heads
    bills.write('bill/b/colour', label('red'))
    const book = new RawBook(terminal, AT)
    book.sell()
    await terminal.give(bills, book)
    const { receipt, refused } = await custody(bills.asked, book.asked)
    expect(receipt?.body.documents).toEqual([book.asked])
    expect(refused).toEqual([
      { id: bills.id, code: 'change-schema', reason: expect.stringContaining('bill/b/colour') },
    ])
    expect(A.getHeads((await held(bills.id)) ?? A.init())).toEqual(sound)
    const [incident] = incidentsOf(terminal)
    expect(incident).toMatchObject({
      kind: 'change-refused',
      code: 'change-schema',
      document: bills.id,
      count: 1,
    })
    const evidence = await relay.relay.incidents.evidence(incident?.serial ?? 0)
    expect(Buffer.from(evidence ?? []).includes('bill/b/colour')).toBe(true)
  })

  test('A3 what builds upon it is left out too, without end of talk, and reading goes on', async () => {
    const bills = new RawBills(terminal).write('bill/b/label', label('Table 4'))
    await terminal.give(bills)
    const socket = await terminal.joined()
    bills.write('bill/b/colour', label('red'))
    const refusal = refused(bills.id)
    send(socket, bills, [bills.lastChange])
    await refusal
    for (let more = 0; more < 20; more += 1) {
      bills.write('bill/b/label', label(`Table ${more}`))
      send(socket, bills, [bills.lastChange])
    }
    await answered(socket)
    expect(socket.frames.filter(({ documentId: id }) => id === bills.id).length).toBeLessThan(25)
    expect(await held(bills.id)).toMatchObject({ 'bill/b/label': label('Table 4') })
    expect(incidentsOf(terminal)).toHaveLength(1)
    await socket.end()
  })

  test('S4 its document is looked at anew when the terminal connects anew', async () => {
    const bills = new RawBills(terminal)
    const bad = A.clone(bills.doc)
    bills.write('bill/b/colour', label('red'))
    await terminal.give(bills)
    expect(await custody(bills.asked)).toMatchObject({ refused: [{ code: 'change-schema' }] })
    bills.doc = bad
    bills.write('bill/b/label', label('Table 4'))
    await terminal.give(bills)
    expect((await custody(bills.asked)).receipt?.body.documents).toEqual([bills.asked])
  })

  test('A3 a change that claims the place of another is refused, and does not wedge the document', async () => {
    const actor = '00112233445566778899aabbccddeeff'
    const first = new RawBills(terminal)
    first.doc = A.init<FlatDoc>(actor)
    first.write('bill/b/label', label('Table 4'))
    await terminal.give(first)
    const second = new RawBills(terminal)
    second.doc = A.init<FlatDoc>(actor)
    second.write('bill/b/label', label('Table 5'))
    // This is what it would do to whoever merged it.
    expect(() => A.merge(A.clone(first.doc), A.clone(second.doc))).toThrow('duplicate seq')
    const socket = await terminal.joined()
    const refusal = refused(second.id)
    send(socket, second, [second.lastChange])
    await refusal
    expect((await custody(second.asked)).refused).toMatchObject([{ code: 'change-author' }])
    await socket.end()
    first.write('bill/b/label', label('Table 6'))
    await terminal.give(first)
    expect((await custody(first.asked)).receipt?.body.documents).toEqual([first.asked])
  })

  test('A2 A3 a day book stays what it was, whoever overwrites, deletes or forges in it', async () => {
    const book = new RawBook(terminal, AT)
    book.sell()
    await terminal.give(book)
    const before = book.heads
    book.put(1, new Uint8Array(300))
    await terminal.give(book)
    expect((await custody(book.asked)).refused).toMatchObject([{ code: 'change-final' }])
    expect(A.getHeads((await held(book.id)) ?? A.init())).toEqual(before)
  })
})

describe('what is no Automerge', () => {
  test('A3 S4 ends its connection; the next one syncs all that is sound', async () => {
    const book = new RawBook(terminal, AT)
    book.sell()
    await terminal.post('/v1/sync', { documents: [book.named] })
    const socket = await terminal.joined()
    const data = sync(chunk(1, Uint8Array.of(1, 2, 3)))
    socket.send({ type: 'sync', senderId: terminal.id, documentId: book.id, data })
    expect(await socket.closed).toMatchObject({ code: 4002 })
    expect(incidentsOf(terminal)[0]).toMatchObject({
      kind: 'frame-refused',
      code: 'malformed',
      document: book.id,
    })
    await terminal.give(book)
    expect((await custody(book.asked)).receipt?.body.documents).toEqual([book.asked])
  })
})

/** Resolves when the gate refuses a document of the terminal. */
function refused(id: string): Promise<void> {
  return new Promise((resolve) => relay.relay.gate.refusals.watch(terminal.id, id, resolve))
}

function send(socket: RawSocket, { id, heads }: RawBills, changes: Uint8Array[]): void {
  const data = A.encodeSyncMessage({ heads, need: [], have: [], changes: changes as A.Change[] })
  socket.send({ type: 'sync', senderId: terminal.id, documentId: id, data })
}

/** Everything sent before has been looked into: what is asked after it is answered after it. */
async function answered(socket: RawSocket): Promise<void> {
  const [, hello] = A.generateSyncMessage(A.init(), A.initSyncState())
  const shop = documentId(terminal.granted.organisation, { kind: 'shop', shop: terminal.granted.shop })
  socket.send({ type: 'request', senderId: terminal.id, documentId: shop, data: hello })
  await socket.frame(({ documentId: id }) => id === shop)
}
