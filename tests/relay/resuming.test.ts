import * as A from '@automerge/automerge'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { uncountedBooks } from '../../src/relay/books/resuming.js'
import type { Uncounted } from '../../src/relay/books/backlog.js'
import { CountedLines } from '../../src/relay/counted-lines.js'
import { BookReaders } from '../../src/relay/gate/book-readers.js'
import type { Relay } from '../../src/relay/relay.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { FaultyDisk } from '../storage/disks.js'
import { World, type RunningRelay, type Said } from '../support/world.js'
import { countedOf, open } from './counted-books.js'
import { RawBook } from './raw-book.js'
import { RawTerminal } from './raw-terminal.js'

const AT = new Date('2026-04-01T06:00:00Z')

/** Takes a day book in as a terminal brings it: its changes are stored as they are. */
async function bring(relay: Relay, { granted }: RawTerminal, book: RawBook): Promise<void> {
  const { terminal, shop, code, epoch } = granted
  const changes = Buffer.concat(A.getAllChanges(book.doc))
  const part = { name: book.name, heads: book.heads, changes }
  const refusal = await relay.books.takeSaved({ terminal, shop, code, epoch, role: 'till' }, part)
  if (refusal) throw new Error(`It was not taken: ${refusal.reason}`)
}

/** Of each book its name and, where it was read as it lies on the disk, the first and last position. */
function readAs(found: readonly Uncounted[]): Record<string, readonly number[] | 'whole'> {
  return Object.fromEntries(found.map(({ id, run }) => [id, run ? [run.first, run.last] : 'whole']))
}

describe('day books that were not counted, at a start', () => {
  let world: World
  let relay: RunningRelay
  let terminal: RawTerminal
  const disk = new FaultyDisk(nodeDisk)
  let shop = 0

  beforeAll(async () => {
    world = await World.make()
    world.now = () => AT
    relay = await world.relay({ disk })
  })
  beforeEach(async () => {
    disk.decide = () => undefined
    shop += 1
    terminal = await RawTerminal.paired(relay, `T${shop}`, { shop: `Shop ${shop}` })
  })
  afterAll(() => world.end())

  /** Parts of one day, each with so many sales, that go on one after the other. */
  async function parts(...sizes: number[]): Promise<RawBook[]> {
    const books: RawBook[] = []
    for (const [index, size] of sizes.entries()) {
      const book = new RawBook(terminal, AT, { part: index + 1 })
      book.state = books.at(-1)?.state ?? book.state
      for (let sold = 0; sold < size; sold += 1) book.sell()
      await bring(relay.relay, terminal, book)
      books.push(book)
    }
    return books
  }

  /** As a relay that knows of nothing that was counted. */
  function started(
    books: readonly Pick<RawBook, 'id' | 'name'>[],
    over: Partial<Parameters<typeof uncountedBooks>[1]> = {},
  ) {
    const { durable, shops, readers } = relay.relay
    const counting = { lines: new CountedLines(durable) }
    const asked = books.map(({ id, name }) => [id, name] as const)
    return uncountedBooks(asked, { durable, shops, readers, counting, ...over })
  }

  test('S2 they are read as they lie on the disk, and what they hold is known', async () => {
    const books = await parts(3, 2, 1)
    const lines = new CountedLines(relay.relay.durable)
    const found = await started(books, { counting: { lines } })
    expect(readAs(found)).toEqual({
      [books[0]?.id ?? '']: [1, 3],
      [books[1]?.id ?? '']: [4, 5],
      [books[2]?.id ?? '']: [6, 6],
    })
    const { terminal: id, epoch } = terminal.granted
    expect(lines.lastPosition(id, epoch)).toBe(6)
    expect(found.every(({ id: book }) => !relay.relay.durable.isLoaded(book))).toBe(true)
  })

  test('S4 each of many is found once, more than are read side by side', async () => {
    const books = await parts(...Array.from({ length: 21 }, () => 1))
    const found = await started(books)
    expect(found.map(({ id }) => id).toSorted()).toEqual(books.map(({ id }) => id).toSorted())
    expect(found.every(({ run }) => run !== undefined)).toBe(true)
  })

  test('S2 one of which some was counted is left to its document', async () => {
    const [book, next] = await parts(2, 1)
    if (!book || !next) throw new Error('there are two')
    const lines = new CountedLines(relay.relay.durable)
    const { terminal: id, epoch } = terminal.granted
    lines.hold(id, epoch, { book: book.id, first: 1, last: 1, prev: '', lastHash: 'counted' }, true)
    expect(readAs(await started([book, next], { counting: { lines } }))).toEqual({
      [book.id]: 'whole',
      [next.id]: [3, 3],
    })
  })

  test('N2 of two that contradict each other one alone is taken as it lies there', async () => {
    const [book] = await parts(2)
    if (!book) throw new Error('there is one')
    const other = new RawBook(terminal, AT, { part: 2 })
    for (const quantity of ['4', '5']) other.sell(quantity)
    await bring(relay.relay, terminal, other)
    const found = Object.values(readAs(await started([book, other])))
    expect(found).toHaveLength(2)
    expect(found.filter((as) => as === 'whole')).toHaveLength(1)
  })

  test('one that is not there, or has no key here, is left to its document', async () => {
    const [book] = await parts(1)
    if (!book) throw new Error('there is one')
    const absent = new RawBook(terminal, AT, { part: 7 })
    const keyless = { id: book.id, name: { ...book.name, epoch: 'Q' } }
    expect(readAs(await started([absent, keyless]))).toEqual({ [absent.id]: 'whole', [book.id]: 'whole' })
  })

  test('D3 where readers fail, it is left to its document', async () => {
    const [book] = await parts(1)
    if (!book) throw new Error('there is one')
    const readers = new BookReaders(new URL('no-such-worker.js', import.meta.url), 1)
    expect(readAs(await started([book], { readers }))).toEqual({ [book.id]: 'whole' })
    await readers.close()
  })

  test('S4 one that the disk does not give is left to its document, and the others are read', async () => {
    const [book, next] = await parts(1, 1)
    if (!book || !next) throw new Error('there are two')
    const folder = folderOf(relay.directory, book)
    disk.decide = ({ path }) => (path.startsWith(folder) ? { code: 'EIO' } : undefined)
    expect(readAs(await started([book, next]))).toEqual({ [book.id]: 'whole', [next.id]: [2, 2] })
  })
})

describe('a relay killed between receipts and counting', () => {
  let world: World

  beforeEach(async () => {
    world = await World.make()
    world.now = () => AT
  })
  afterEach(() => world.end())

  /** Three tills with a receipt for what they sold; of the first a sale was counted before, the last is in a shop of its own. */
  async function killed(): Promise<{ books: readonly RawBook[]; left: string }> {
    const served = await world.relay()
    const tills = await Promise.all(
      ['Main', 'Main', 'Other'].map((shop, index) => RawTerminal.paired(served, `T${index}`, { shop })),
    )
    await world.stopRelay(served)
    const disk = new FaultyDisk(nodeDisk)
    const dying = await open(world, served.directory, disk)
    const books = tills.map((till) => new RawBook(till, AT))
    const give = async (book: RawBook, till: RawTerminal): Promise<void> => {
      await bring(dying, till, book)
      await dying.custody.issue(till.id, [book.asked])
    }
    const [first, ...rest] = books.map((book, index) => ({ book, till: tills[index] as RawTerminal }))
    if (!first) throw new Error('there are three')
    first.book.sell('2')
    await give(first.book, first.till)
    await dying.backlog.settled()
    // More is on its way, so that counting waits.
    dying.backlog.incoming()
    for (const { book, till } of [first, ...rest]) {
      for (const quantity of ['3', '4']) book.sell(quantity)
      await give(book, till)
    }
    expect(await soldOf(dying, books)).toEqual(['2', '0', '0'])
    disk.decide = ({ name }) => (name === 'close' ? undefined : { code: 'KILLED' })
    const { durable, registry, issued, readers } = dying
    await Promise.allSettled([durable.close(), registry.close(), issued.close(), readers.close()])
    // The lock of a killed process goes with it; here its process lives on, so what it left is looked at as a copy.
    const left = world.path('left')
    await cp(served.directory, left, { recursive: true })
    return { books, left }
  }

  const EXPECTED = ['9', '7', '7']
  const soldOf = (relay: Relay, books: readonly RawBook[]): Promise<string[]> =>
    Promise.all(books.map(async (book) => (await countedOf(relay, book)).sold))

  test('D3 S2 has counted all of it when it has started, and once only', async () => {
    const { books, left } = await killed()
    for (let start = 0; start < 2; start += 1) {
      const again = await open(world, left, nodeDisk)
      expect(await soldOf(again, books)).toEqual(EXPECTED)
      const figures = await Promise.all(books.map((book) => countedOf(again, book)))
      expect(figures.map(({ upTo, position, invoices }) => [upTo, position, invoices])).toEqual([
        [3, 3, 3],
        [2, 2, 2],
        [2, 2, 2],
      ])
      await again.close()
    }
  })

  test('D2 S4 starts with one day book that is damaged, and counts the others', async () => {
    const { books, left } = await killed()
    const [, damaged] = books
    if (!damaged) throw new Error('there are three')
    const files = await filesUnder(folderOf(left, damaged))
    expect(files).not.toEqual([])
    for (const file of files) {
      const bytes = await readFile(file)
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
      await writeFile(file, bytes)
    }
    const again = await open(world, left, nodeDisk)
    expect(await soldOf(again, books)).toEqual(['9', '0', '7'])
    expect(again.durable.storage.damaged(damaged.id)).toBe(true)
    await again.close()
  })

  test('S4 starts with one day book that the disk does not give, and counts it when it does', async () => {
    const { books, left } = await killed()
    const [, unread] = books
    if (!unread) throw new Error('there are three')
    const disk = new FaultyDisk(nodeDisk)
    const folder = folderOf(left, unread)
    disk.decide = ({ path }) => (path.startsWith(folder) ? { code: 'EIO' } : undefined)
    const said: Said[] = []
    const again = await open(world, left, disk, said)
    expect(await soldOf(again, books)).toEqual(['9', '0', '7'])
    expect(said.map(({ message }) => message)).toContain('day books could not be counted; it is tried again')
    disk.decide = () => undefined
    await again.backlog.settled()
    expect(await soldOf(again, books)).toEqual(EXPECTED)
    await again.close()
  })
})

/** Where a relay keeps a document. */
function folderOf(directory: string, { id }: RawBook): string {
  return join(directory, 'documents', id.slice(0, 2), id.slice(2))
}

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}
