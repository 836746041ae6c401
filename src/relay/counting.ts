import type * as A from '@automerge/automerge'
import type { DocHandle } from '@automerge/automerge-repo'
import { noteText } from '../docs/change-note.js'
import { storedAt } from '../docs/daybook.js'
import { addToTotals, noTotals } from '../docs/day-totals.js'
import { addDecimals } from '../docs/decimal.js'
import type { FlatDoc } from '../docs/flat.js'
import type { BookSummary } from '../docs/generated/types.js'
import { groupBy } from '../docs/group.js'
import { freshLines, type FreshLine } from '../docs/lines.js'
import { documentId, shardOf, type DocumentId, type DocumentName } from '../docs/naming.js'
import { CHAIN_START, isSale, verifyRecord, type SealedRecord } from '../docs/record.js'
import { lineKey, lineSummaries, readSummary, salesOf, summariesIn, writeSummary } from '../docs/sales.js'
import { countedUpTo, countSales } from '../docs/stock.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import { Queues } from '../storage/queues.js'
import type { Uncounted } from './books/backlog.js'
import { RunCounting } from './books/run-counting.js'
import { CountedLines, type Beside } from './counted-lines.js'
import type { OwnDocuments } from './own-documents.js'
import type { Shops } from './shops.js'

type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

/** A document that the relay will not vouch for. The reason, and the gate's code for it, are told to its terminal. */
export class BookRefused extends Error {
  readonly code: string | undefined
  constructor(reason: string, code?: string) {
    super(reason)
    this.name = 'BookRefused'
    this.code = code
  }
}

export interface CountingOptions {
  readonly durable: DurableRepo
  readonly documents: OwnDocuments
  readonly shops: Shops
  readonly organisation: string
  readonly now: () => Date
  /** Told of records of one terminal's epoch that contradict each other, before they are counted (N2). */
  readonly onFork: (name: DayBookName, what: string) => Promise<void>
  /** Told how many records of one day book were counted that came in as a document. */
  readonly onCounted: (records: number) => void
  /** Told of each day book that ends in a day close, when that was counted, and again at each start. */
  readonly onClosed: (summary: BookSummary) => void
  /** Told of a day book that is held, and cannot be counted. */
  readonly onUncountable: (document: DocumentId, error: BookRefused) => void
}

/**
 * Checks the records of a day book and counts what they sold into the shop's stock and sales documents, once each.
 *
 * A shard's count and its mark are one change. All shards are on the disk before the summary says so; a relay that
 * is killed between the two finds marks ahead of the summary, and adds only what lies beyond them.
 */
export class Counting {
  readonly #options: CountingOptions
  readonly #queue = new Queues()
  readonly #lines: CountedLines
  readonly #runs: RunCounting

  constructor(options: CountingOptions) {
    this.#options = options
    this.#lines = new CountedLines(options.durable)
    this.#runs = new RunCounting({
      ...options,
      onSummary: (key, summary) => this.#remember(key, summary),
    })
  }

  /** Reads how far every chain was counted. */
  async load(sales: Iterable<DocumentId>): Promise<void> {
    for (const id of sales) {
      const handle = await this.#options.durable.open<FlatDoc>(id)
      for (const [key, summary] of handle ? summariesIn(handle.doc()) : []) this.#remember(key, summary)
    }
  }

  /** The highest chain position of a terminal's epoch that was counted; 0 for none. */
  lastPosition(terminal: string, epoch: string): number {
    return this.#lines.lastPosition(terminal, epoch)
  }

  /** Whether two records of a terminal's epoch were counted at this position: copies of the terminal sealed there. */
  isDoubled(terminal: string, epoch: string, position: number): boolean {
    return this.#lines.isDoubled(terminal, epoch, position)
  }

  /**
   * @throws BookRefused when a record is malformed, forged or out of order; nothing of the book is counted then
   */
  count(name: DayBookName, handle: DocHandle<FlatDoc>): Promise<void> {
    return this.#queue.run(name.shop, async () => {
      this.#options.onCounted(await this.#count(name, handle))
    })
  }

  /**
   * Counts what is held of one shop, many day books at once. A book that turns out to contradict itself is counted by
   * its document; what of it cannot be counted is told to the log.
   * @throws StorageWriteError, StorageReadError; called again with the same, it adds only what is missing
   */
  countHeld(shop: string, books: readonly Uncounted[]): Promise<void> {
    return this.#queue.run(shop, async () => {
      const others = await this.#runs.count(
        shop,
        books.filter((book) => book.run !== undefined),
      )
      const whole = [...others, ...books.filter(({ run }) => run === undefined)]
      for (const [id, name] of new Map(whole.map((book) => [book.id, book.name])))
        await this.#countWhole(id, name)
    })
  }

  async #countWhole(id: DocumentId, name: DayBookName): Promise<void> {
    const { durable, onUncountable } = this.#options
    const wasLoaded = durable.isLoaded(id)
    const handle = await durable.open<FlatDoc>(id)
    if (!handle) return
    try {
      await this.#count(name, handle)
    } catch (error) {
      if (!(error instanceof BookRefused)) throw error
      onUncountable(id, error)
    }
    if (!wasLoaded) await durable.release(id)
  }

  /** Which records are held, in which day books, also those that are not counted yet. */
  get lines(): CountedLines {
    return this.#lines
  }

  /** What is known of a day book; undefined when none of it was counted. */
  async summary(name: DayBookName): Promise<BookSummary | undefined> {
    const sales = await this.#options.durable.open<FlatDoc>(this.#salesId(name))
    return sales && readSummary(sales.doc(), this.#id(name))
  }

  #id(name: DocumentName): DocumentId {
    return documentId(this.#options.organisation, name)
  }

  #salesId(name: DayBookName): DocumentId {
    return this.#id(salesOf(name))
  }

  /** @returns how many records were not counted before */
  async #count(name: DayBookName, handle: DocHandle<FlatDoc>): Promise<number> {
    const sales = await this.#options.durable.open<FlatDoc>(this.#salesId(name))
    const known = sales ? lineSummaries(sales.doc(), this.#id(name)) : []
    const lines = this.#fresh(handle, known)
    if (lines.length === 0) return 0
    const checked: { line: FreshLine; beside: Beside }[] = []
    for (const line of lines) {
      const beside = await this.#lines.beside(this.#id(name), name, line.fresh)
      this.#check(name, handle.doc(), line, beside)
      checked.push({ line, beside })
    }
    // Were a fork noted after it was counted, a relay that is killed between the two would never say it.
    const what = checked
      .map(({ line, beside }) => whatForked(name, line, beside, known))
      .find((one) => one !== undefined)
    if (what !== undefined) await this.#options.onFork(name, what)
    for (const { line, beside } of checked) {
      const records = line.fresh.filter(({ hash }) => !beside.same.has(hash))
      const before = known.find(({ fork }) => fork === line.fork)
      await this.#countStock(name, line, records)
      await this.#summarise(name, line, records, before)
    }
    return lines.reduce((sum, { fresh }) => sum + fresh.length, 0)
  }

  #fresh(handle: DocHandle<FlatDoc>, known: readonly BookSummary[]): FreshLine[] {
    const lines = known.map(({ fork, first, upTo, head }) => ({ fork, first, upTo, head }))
    try {
      return freshLines(handle.doc(), lines)
    } catch (error) {
      throw new BookRefused((error as Error).message)
    }
  }

  /** Each fresh record is proven to be its terminal's own and to follow the one before. */
  #check(name: DayBookName, doc: A.Doc<FlatDoc>, { fork, before, fresh }: FreshLine, beside: Beside): void {
    const key = this.#options.shops.keyOf(name.terminal, name.epoch)
    if (key === undefined)
      throw new BookRefused(`terminal ${name.code} has no key for epoch ${name.epoch} here`)
    let last = before
    for (const record of fresh) {
      const { chain, day } = record.body
      const at = `record ${chain.position}`
      if (last && chain.position !== last.body.chain.position + 1)
        throw new BookRefused(`record ${last.body.chain.position + 1} is missing`)
      if (chain.terminal !== name.code || chain.epoch !== name.epoch)
        throw new BookRefused(`${at} belongs to ${chain.terminal}${chain.epoch}`)
      if (day !== name.day) throw new BookRefused(`${at} belongs to business day ${day}`)
      const isFirst = chain.position === 1
      if (isFirst ? chain.prev !== CHAIN_START : last && chain.prev !== last.hash)
        throw new BookRefused(`${at} does not follow the record before it`)
      // Where a day book begins, the record before may not be here yet; a line beside another must be seen to leave it.
      if (!last && !isFirst && fork !== undefined && !beside.holdsPrevious)
        throw new BookRefused(
          beside.hasPosition(chain.position - 1) || storedAt(doc, chain.position - 1)
            ? `${at} does not follow the record before it`
            : `record ${chain.position - 1} is missing`,
        )
      if (!verifyRecord(record, key))
        throw new BookRefused(`the signature of ${at} is not of ${name.code} in epoch ${name.epoch}`)
      last = record
    }
  }

  async #countStock(
    name: DayBookName,
    { fork, fresh }: FreshLine,
    records: readonly SealedRecord[],
  ): Promise<void> {
    const { durable, shops } = this.#options
    const { catalogueShards } = shops.get(name.shop)
    const upTo = fresh.at(-1)?.body.chain.position ?? 0
    const lines = records.flatMap(({ body }) =>
      isSale(body) ? body.lines.map((line) => ({ position: body.chain.position, ...line })) : [],
    )
    const sales = groupBy(lines, ({ sku }) => shardOf(sku, catalogueShards))
    const book = lineKey(this.#id(name), fork)
    for (const [shard, list] of sales) {
      const stock = await this.#options.documents.own({ kind: 'stock', shop: name.shop, shard })
      const before = stock.doc()
      const counted = countedUpTo(before, book)
      const sold = new Map<string, string>()
      for (const { position, sku, quantity } of list) {
        if (position > counted) sold.set(sku, addDecimals(sold.get(sku) ?? '0', quantity))
      }
      if (sold.size === 0) continue
      stock.change(
        (draft) => countSales(draft, before, book, name.code, upTo, sold),
        this.#note(name, 'count sales'),
      )
    }
    await Promise.all(
      [...sales.keys()].map((shard) => durable.flush(this.#id({ kind: 'stock', shop: name.shop, shard }))),
    )
  }

  async #summarise(
    name: DayBookName,
    { fork, fresh }: FreshLine,
    records: readonly SealedRecord[],
    before: BookSummary | undefined,
  ): Promise<void> {
    const first = fresh[0]?.body
    const last = fresh.at(-1)
    if (!first || !last) return
    let totals = before?.totals ?? noTotals(this.#options.shops.get(name.shop).policy.currency)
    for (const { body } of records) if (isSale(body)) totals = addToTotals(totals, body)
    const { kind: _kind, shop: _shop, ...identity } = name
    const summary: BookSummary = {
      ...identity,
      first: before?.first ?? first.chain.position,
      upTo: last.body.chain.position,
      totals,
      closed: last.body.type === 'day-close',
      head: last.hash,
      ...(fork === undefined ? {} : { fork }),
    }
    const sales = await this.#options.documents.own(salesOf(name))
    const doc = sales.doc()
    const key = lineKey(this.#id(name), fork)
    sales.change((draft) => writeSummary(draft, doc, key, summary), this.#note(name, 'summarise'))
    await this.#options.durable.flush(this.#salesId(name))
    this.#remember(key, summary)
  }

  #remember(key: string, summary: BookSummary): void {
    this.#lines.remember(key, summary)
    if (summary.closed) this.#options.onClosed(summary)
  }

  #note(name: DayBookName, did: string) {
    return {
      message: noteText({ terminal: 'relay', by: `day book ${name.code}${name.epoch} ${name.day}`, did }),
      time: Math.floor(this.#options.now().getTime() / 1000),
    }
  }
}

/** How the records of a line contradict others of the same epoch; undefined where they do not, or it was known. */
function whatForked(
  { code, epoch }: DayBookName,
  { fork, fresh }: FreshLine,
  beside: Beside,
  known: readonly BookSummary[],
): string | undefined {
  const isNew = !known.some((line) => line.fork === fork)
  const from = fresh[0]?.body.chain.position
  if (!isNew || (fork === undefined && !beside.contradicts)) return undefined
  return `two directories sealed as ${code} in epoch ${epoch}: from record ${from} on there are two different ones`
}
