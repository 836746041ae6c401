import { exportSale, type ExportedInvoice } from '../docs/export.js'
import type { InvoiceLookup } from '../docs/generated/types.js'
import { isSale, type SealedRecord } from '../docs/record.js'
import { parseNumber } from '../docs/series.js'
import { Refused } from '../protocol/problem.js'
import type { DayRange } from '../protocol/queries.js'
import type { Chain } from './chain.js'
import type { Book, DayBooks } from './day-books.js'
import type { RelaySession } from './relay-session.js'

export interface LookupOptions {
  readonly books: DayBooks
  readonly chain: Chain
  /** The session of a link that is up; a lookup never makes one. */
  readonly session: () => RelaySession | undefined
  readonly signal: AbortSignal
}

/** Finds sales: on this disk, and what was purged or sealed elsewhere at the relay, when the link is up. */
export class Lookup {
  readonly #options: LookupOptions

  constructor(options: LookupOptions) {
    this.#options = options
  }

  /** The sales on this disk, oldest first, one day book in memory at a time. */
  async *all(range: DayRange = {}): AsyncGenerator<ExportedInvoice> {
    for (const book of await this.#options.books.onDisk()) {
      const { day } = book.name
      if ((range.from !== undefined && day < range.from) || (range.to !== undefined && day > range.to))
        continue
      yield* await this.#read(book)
    }
  }

  /** The last sales, newest first. */
  async recent(limit: number): Promise<ExportedInvoice[]> {
    const found: ExportedInvoice[] = []
    for (const book of (await this.#options.books.onDisk()).reverse()) {
      for (const sale of await this.#backwards(book)) if (found.push(sale) >= limit) return found
    }
    return found
  }

  async #read(book: Book): Promise<ExportedInvoice[]> {
    return [...(await this.#backwards(book))].reverse()
  }

  /** The sales of a book, newest first, each read when it is taken. */
  async #backwards(book: Book): Promise<Iterable<ExportedInvoice>> {
    const { books } = this.#options
    const covered = await books.coveredUpTo(book)
    // Another copy of this terminal may have sealed at the same positions: neither hides the other.
    return salesOf(await books.backwards(book), covered)
  }

  /**
   * An invoice or credit note with the credit notes that name it.
   * @throws Refused `unknown-invoice`; its message tells where it was looked for
   */
  async find(number: string): Promise<InvoiceLookup> {
    if (!parseNumber(number)) {
      throw new Refused(
        'invalid',
        'not-a-number',
        `"${number}" is no invoice number of this store, such as T01A/2627/000123.`,
      )
    }
    const here = await this.#here(number)
    let { invoice } = here
    const corrections = new Map(here.corrections.map((sale) => [sale.number, sale]))
    const session = this.#options.session()
    if (session) {
      const there = await this.#ask(session, number)
      invoice ??= there?.invoice
      for (const sale of there?.corrections ?? []) corrections.set(sale.number, sale)
    }
    if (!invoice) {
      const remedy = session
        ? 'The relay does not hold it either.'
        : 'It may be at the relay, which can be asked when the link is up.'
      throw new Refused('notFound', 'unknown-invoice', `Invoice ${number} is not on this terminal. ${remedy}`)
    }
    return { invoice, corrections: [...corrections.values()] }
  }

  /** What was sealed since the start is in memory; a correction is always later than what it corrects. */
  async #here(
    number: string,
  ): Promise<{ invoice?: ExportedInvoice | undefined; corrections: ExportedInvoice[] }> {
    const { chain, books } = this.#options
    const record = chain.saleWithNumber(number)
    if (record) {
      const covered = new Map<string, number>()
      for (const book of await books.onDisk())
        covered.set(
          book.name.epoch,
          Math.max(await books.coveredUpTo(book), covered.get(book.name.epoch) ?? 0),
        )
      const view = (sale: SealedRecord): ExportedInvoice[] => {
        const { body } = sale
        return isSale(body)
          ? [exportSale(sale, body, body.chain.position <= (covered.get(body.chain.epoch) ?? 0))]
          : []
      }
      return { invoice: view(record)[0], corrections: chain.correctionsOf(number).flatMap(view) }
    }
    let invoice: ExportedInvoice | undefined
    const corrections: ExportedInvoice[] = []
    for await (const sale of this.all()) {
      if (sale.number === number) invoice = sale
      else if (names(sale, number)) corrections.push(sale)
    }
    return { invoice, corrections }
  }

  async #ask(session: RelaySession, number: string): Promise<InvoiceLookup | undefined> {
    try {
      return await session.invoice(number, this.#options.signal)
    } catch (error) {
      // What the relay does not hold, or cannot be asked for, may still be here.
      if (error instanceof Refused && (error.kind === 'notFound' || error.kind === 'unavailable'))
        return undefined
      throw error
    }
  }
}

function names(sale: ExportedInvoice, number: string): boolean {
  return sale.corrects !== undefined && 'number' in sale.corrects && sale.corrects.number === number
}

function* salesOf(
  { newestFirst, doubled }: Awaited<ReturnType<DayBooks['backwards']>>,
  covered: number,
): Generator<ExportedInvoice> {
  for (const record of newestFirst) {
    const { body } = record
    if (!isSale(body)) continue
    const sale = exportSale(record, body, body.chain.position <= covered)
    yield doubled.has(body.chain.position) ? { ...sale, fork: true } : sale
  }
}
