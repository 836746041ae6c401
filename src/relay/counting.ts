import type { DocHandle } from '@automerge/automerge-repo'
import { noteText } from '../docs/change-note.js'
import { lastPositionIn, recordsIn, storedAt } from '../docs/daybook.js'
import { addToTotals, noTotals } from '../docs/day-totals.js'
import { addDecimals } from '../docs/decimal.js'
import type { FlatDoc } from '../docs/flat.js'
import type { BookSummary } from '../docs/generated/types.js'
import { groupBy } from '../docs/group.js'
import { documentId, shardOf, type DocumentId, type DocumentName } from '../docs/naming.js'
import { CHAIN_START, isSale, readRecord, verifyRecord, type SealedRecord } from '../docs/record.js'
import { readSummary, summariesIn, writeSummary } from '../docs/sales.js'
import { countedUpTo, countSales } from '../docs/stock.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import { Queues } from '../storage/queues.js'
import type { OwnDocuments } from './own-documents.js'
import type { Shops } from './shops.js'

type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

/** A day book that the relay will not vouch for. The reason is told to its terminal. */
export class BookRefused extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'BookRefused'
  }
}

export interface CountingOptions {
  readonly durable: DurableRepo
  readonly documents: OwnDocuments
  readonly shops: Shops
  readonly organisation: string
  readonly now: () => Date
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
  /** The highest position counted, by terminal and epoch. */
  readonly #positions = new Map<string, number>()

  constructor(options: CountingOptions) {
    this.#options = options
  }

  /** Reads how far every chain was counted. */
  async load(sales: Iterable<DocumentId>): Promise<void> {
    for (const id of sales) {
      const handle = await this.#options.durable.open<FlatDoc>(id)
      for (const summary of handle ? summariesIn(handle.doc()).values() : []) this.#remember(summary)
    }
  }

  /** The highest chain position of a terminal's epoch that was counted; 0 for none. */
  lastPosition(terminal: string, epoch: string): number {
    return this.#positions.get(`${terminal} ${epoch}`) ?? 0
  }

  #remember({ terminal, epoch, upTo }: BookSummary): void {
    this.#positions.set(`${terminal} ${epoch}`, Math.max(upTo, this.lastPosition(terminal, epoch)))
  }

  /**
   * @throws BookRefused when a record is malformed, forged or out of order; nothing of the book is counted then
   */
  count(name: DayBookName, handle: DocHandle<FlatDoc>): Promise<void> {
    return this.#queue.run(name.shop, () => this.#count(name, handle))
  }

  /** What is known of a day book; undefined when none of it was counted. */
  async summary(name: DayBookName): Promise<BookSummary | undefined> {
    const sales = await this.#options.durable.open<FlatDoc>(this.#salesId(name))
    return sales && readSummary(sales.doc(), this.#id(name))
  }

  #id(name: DocumentName): DocumentId {
    return documentId(this.#options.organisation, name)
  }

  #salesName(name: DayBookName): DocumentName {
    return { kind: 'sales', shop: name.shop, month: name.day.slice(0, 7) }
  }

  #salesId(name: DayBookName): DocumentId {
    return this.#id(this.#salesName(name))
  }

  async #count(name: DayBookName, handle: DocHandle<FlatDoc>): Promise<void> {
    const doc = handle.doc()
    const before = await this.summary(name)
    if (lastPositionIn(doc) <= (before?.upTo ?? 0)) return
    const records = this.#check(name, handle, before?.upTo ?? 0)
    await this.#countStock(name, records)
    await this.#summarise(name, records, before)
  }

  /** The new records, each proven to be its terminal's own and to follow the one before. */
  #check(name: DayBookName, handle: DocHandle<FlatDoc>, after: number): SealedRecord[] {
    const doc = handle.doc()
    const key = this.#options.shops.keyOf(name.terminal, name.epoch)
    if (key === undefined)
      throw new BookRefused(`terminal ${name.code} has no key for epoch ${name.epoch} here`)
    const last = after > 0 ? storedAt(doc, after) : undefined
    let expected = after
    const found: SealedRecord[] = []
    try {
      let prev = last ? readRecord(last).hash : undefined
      for (const record of recordsIn(doc, after)) {
        const { chain, day } = record.body
        const at = `record ${chain.position}`
        if (expected > 0 && chain.position !== expected + 1)
          throw new BookRefused(`record ${expected + 1} is missing`)
        if (chain.terminal !== name.code || chain.epoch !== name.epoch)
          throw new BookRefused(`${at} belongs to ${chain.terminal}${chain.epoch}`)
        if (day !== name.day) throw new BookRefused(`${at} belongs to business day ${day}`)
        if (prev === undefined && chain.position === 1) prev = CHAIN_START
        if (prev !== undefined && chain.prev !== prev)
          throw new BookRefused(`${at} does not follow the record before it`)
        if (!verifyRecord(record, key))
          throw new BookRefused(`the signature of ${at} is not of ${name.code} in epoch ${name.epoch}`)
        expected = chain.position
        prev = record.hash
        found.push(record)
      }
    } catch (error) {
      throw error instanceof BookRefused ? error : new BookRefused((error as Error).message)
    }
    return found
  }

  async #countStock(name: DayBookName, records: readonly SealedRecord[]): Promise<void> {
    const { durable, shops } = this.#options
    const { catalogueShards } = shops.get(name.shop)
    const upTo = records.at(-1)?.body.chain.position ?? 0
    const lines = records.flatMap(({ body }) =>
      isSale(body) ? body.lines.map((line) => ({ position: body.chain.position, ...line })) : [],
    )
    const sales = groupBy(lines, ({ sku }) => shardOf(sku, catalogueShards))
    const book = this.#id(name)
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
    records: readonly SealedRecord[],
    before: BookSummary | undefined,
  ): Promise<void> {
    const first = records[0]?.body
    const last = records.at(-1)?.body
    if (!first || !last) return
    let totals = before?.totals ?? noTotals(this.#options.shops.get(name.shop).policy.currency)
    for (const { body } of records) if (isSale(body)) totals = addToTotals(totals, body)
    const { kind: _kind, shop: _shop, ...identity } = name
    const summary: BookSummary = {
      ...identity,
      first: before?.first ?? first.chain.position,
      upTo: last.chain.position,
      totals,
      closed: last.type === 'day-close',
    }
    const sales = await this.#options.documents.own(this.#salesName(name))
    const doc = sales.doc()
    sales.change((draft) => writeSummary(draft, doc, this.#id(name), summary), this.#note(name, 'summarise'))
    await this.#options.durable.flush(this.#salesId(name))
    this.#remember(summary)
  }

  #note(name: DayBookName, did: string) {
    return {
      message: noteText({ terminal: 'relay', by: `day book ${name.code}${name.epoch} ${name.day}`, did }),
      time: Math.floor(this.#options.now().getTime() / 1000),
    }
  }
}
