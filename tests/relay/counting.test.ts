import * as A from '@automerge/automerge'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atEachOperation, EVERY } from '../storage/disks.js'
import { newSigner } from '../support/keys.js'
import { World, type RunningRelay } from '../support/world.js'
import { countedOf, killedWhileCounting, settle, type Counted } from './counted-books.js'
import { RawBook } from './raw-book.js'
import { RawTerminal } from './raw-terminal.js'

const AT = new Date('2026-04-01T06:00:00Z')

let world: World
let relay: RunningRelay
let shop = 0

beforeAll(async () => {
  world = await World.make()
  world.now = () => AT
  relay = await world.relay()
})
afterAll(() => world.end())

/** A terminal in a shop of its own. */
async function alone(): Promise<RawTerminal> {
  shop += 1
  return RawTerminal.paired(relay, `Till of shop ${shop}`, { shop: `Shop ${shop}` })
}

const NOTHING: Counted = { sold: '0', invoices: 0, payable: 0, upTo: 0, position: 0 }

/** What it must be after these quantities were sold. */
function after(...quantities: number[]): Counted {
  const sold = quantities.reduce((sum, quantity) => sum + quantity, 0)
  const { length } = quantities
  return { sold: String(sold), invoices: length, payable: sold * 10_000, upTo: length, position: length }
}

describe('counting', () => {
  test('S2 a day book is counted once, however often it comes', async () => {
    const book = new RawBook(await alone(), AT)
    for (const quantity of ['2', '3']) book.sell(quantity)
    for (let time = 0; time < 3; time += 1) {
      await settle(relay.relay, book)
      expect(await countedOf(relay.relay, book)).toEqual(after(2, 3))
    }
    book.sell('4')
    await settle(relay.relay, book)
    expect(await countedOf(relay.relay, book)).toEqual(after(2, 3, 4))
  })

  test('S2 nor when it comes many times at once', async () => {
    const book = new RawBook(await alone(), AT)
    for (const quantity of ['2', '3']) book.sell(quantity)
    await Promise.all(Array.from({ length: 8 }, () => settle(relay.relay, book)))
    expect(await countedOf(relay.relay, book)).toEqual(after(2, 3))
  })

  test('S4 terminals of one shop that come at once are each counted whole', async () => {
    const name = `Shop ${(shop += 1)}`
    const tills = await Promise.all(
      Array.from({ length: 6 }, (_, index) => RawTerminal.paired(relay, `Till ${index}`, { shop: name })),
    )
    const books = tills.map((till, index) => {
      const book = new RawBook(till, AT)
      for (let sold = 0; sold <= index; sold += 1) book.sell('1')
      return book
    })
    await Promise.all(books.flatMap((book) => [settle(relay.relay, book), settle(relay.relay, book)]))
    for (const [index, book] of books.entries()) {
      expect(await countedOf(relay.relay, book)).toEqual(after(...Array.from({ length: index + 1 }, () => 1)))
    }
  })

  test('S2 a relay that starts again goes on where it was', async () => {
    const book = new RawBook(await alone(), AT)
    book.sell('2')
    await settle(relay.relay, book)
    await world.stopRelay(relay)
    relay = await world.relay()
    expect(await countedOf(relay.relay, book)).toEqual(after(2))
    book.sell('3')
    await settle(relay.relay, book)
    expect(await countedOf(relay.relay, book)).toEqual(after(2, 3))
  })
})

describe('a day book the relay does not vouch for', () => {
  const FORGERIES: Record<string, (book: RawBook) => void> = {
    'record 2 is missing': (book) => {
      book.doc = A.change(book.doc, (draft) => {
        delete draft['record/000000002']
      })
    },
    'the signature of record 4 is not of': (book) => void book.sell('1', { signer: newSigner() }),
    'record 4 does not follow the record before it': (book) =>
      void book.sell('1', {
        body: (body) => ({ ...body, chain: { ...body.chain, prev: 'A'.repeat(43) } }),
      }),
    'record 9 is missing': (book) =>
      void book.sell('1', { body: (body) => ({ ...body, chain: { ...body.chain, position: 10 } }) }),
    'record 4 belongs to Z99A': (book) =>
      void book.sell('1', { body: (body) => ({ ...body, chain: { ...body.chain, terminal: 'Z99' } }) }),
    'record 4 belongs to business day 2026-03-31': (book) =>
      void book.sell('1', { body: (body) => ({ ...body, day: '2026-03-31' }) }),
    'not a sealed record': (book) => book.put(4, new Uint8Array(200)),
  }

  test.each(Object.entries(FORGERIES))('A3 H2 %s: nothing of it is counted', async (reason, forge) => {
    const book = new RawBook(await alone(), AT)
    for (let sold = 0; sold < 3; sold += 1) book.sell()
    forge(book)
    const expected = reason === 'record 9 is missing' ? 'record 4 is missing' : reason
    await expect(settle(relay.relay, book)).rejects.toThrow(expected)
    expect(await countedOf(relay.relay, book)).toEqual(NOTHING)
  })

  test('A3 H2 what was counted before a forgery stays counted', async () => {
    const book = new RawBook(await alone(), AT)
    book.sell('2')
    await settle(relay.relay, book)
    const honest = { doc: book.doc, state: book.state }
    book.sell('9', { signer: newSigner() })
    await expect(settle(relay.relay, book)).rejects.toThrow('signature of record 2')
    expect(await countedOf(relay.relay, book)).toEqual(after(2))
    Object.assign(book, honest)
  })

  test('A3 H2 a record that was counted and then written over is refused, with all that follows it', async () => {
    const terminal = await alone()
    const book = new RawBook(terminal, AT)
    book.sell('2')
    await settle(relay.relay, book)
    book.put(1, new Uint8Array(200))
    book.sell('3')
    await terminal.give(book)
    const { status, body } = await terminal.post('/v1/custody', { documents: [book.asked] })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      refused: [{ id: book.id, code: 'change-final', reason: 'it overwrites record 1, which is sealed' }],
    })
    expect(await countedOf(relay.relay, book)).toEqual(after(2))
  })
})

describe('a relay that is killed', () => {
  test.each([
    ['the first of a shop', false],
    ['what came since', true],
  ])('D3 S2 at any file operation of counting %s comes to the same figures', async (_what, before) => {
    const name = before ? 'since' : 'first'
    const small = await world.relay({ name })
    const book = new RawBook(await RawTerminal.paired(small, 'T01'), AT)
    book.sell('2')
    if (before) await settle(small.relay, book)
    for (const quantity of ['3', '4']) book.sell(quantity)
    await world.stopRelay(small)
    let tries = 0
    await atEachOperation(async (at) => {
      const { counted, done, again } = await killedWhileCounting(world, small.directory, name, book, at)
      // What was said to be counted is; else it is counted when the terminal comes again.
      if (counted) expect(await countedOf(again, book)).toEqual(after(2, 3, 4))
      await Promise.all([settle(again, book), settle(again, book)])
      expect(await countedOf(again, book)).toEqual(after(2, 3, 4))
      await again.close()
      tries += 1
      return done
    })
    expect(tries).toBeGreaterThan(20 / EVERY)
  })
})
