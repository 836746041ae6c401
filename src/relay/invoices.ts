import { exportSale, type ExportedInvoice } from '../docs/export.js'
import type { InvoiceLookup } from '../docs/generated/types.js'
import type { DocumentId } from '../docs/naming.js'
import { isSale } from '../docs/record.js'
import { parseNumber } from '../docs/series.js'
import { Refused } from '../protocol/problem.js'
import type { DayRange } from '../protocol/queries.js'
import type { DayBookName, SealedBooks } from './sealed-books.js'

/** Finds invoices in the day books the relay holds, one book in memory at a time. */
export class Invoices {
  readonly #books: SealedBooks

  constructor(books: SealedBooks) {
    this.#books = books
  }

  /**
   * All invoices and credit notes of a range of business days, by terminal, in the order they were sealed.
   * @param shop those of one shop; undefined for all
   */
  async *all(range: DayRange, shop?: string): AsyncGenerator<ExportedInvoice> {
    const inRange = ({ day, shop: owner }: DayBookName): boolean =>
      (shop === undefined || owner === shop) &&
      (range.from === undefined || day >= range.from) &&
      (range.to === undefined || day <= range.to)
    for (const [id, name] of this.#books.list(inRange)) yield* await this.#read(id, name)
  }

  async #read(id: DocumentId, name: DayBookName): Promise<ExportedInvoice[]> {
    return (await this.#books.read(id, name)).flatMap(({ record, receipted, forked }) => {
      const { body } = record
      if (!isSale(body)) return []
      const sale = exportSale(record, body, receipted)
      return [forked ? { ...sale, fork: true } : sale]
    })
  }

  /**
   * An invoice and the credit notes that name it.
   * @param shop whose invoices may be looked into; undefined for all
   * @throws Refused `unknown-invoice`
   */
  async find(number: string, shop: string | undefined): Promise<InvoiceLookup> {
    const unknown = new Refused('notFound', 'unknown-invoice', `The relay holds no invoice ${number}.`)
    const series = parseNumber(number)
    if (!series) throw unknown
    const mine = (name: DayBookName): boolean => shop === undefined || name.shop === shop
    const writer = (name: DayBookName): boolean =>
      mine(name) && name.code === series.code && name.epoch === series.epoch
    for (const [id, book] of this.#books.list(writer)) {
      const { shop: owner } = book
      const invoice = (await this.#read(id, book)).find((candidate) => candidate.number === number)
      if (!invoice) continue
      const corrections: ExportedInvoice[] = []
      // Any terminal of the shop may have corrected it, on the same day or later.
      for (const [other, otherName] of this.#books.list(
        (name) => name.shop === owner && name.day >= invoice.day,
      )) {
        for (const candidate of await this.#read(other, otherName)) {
          if (candidate.corrects && 'number' in candidate.corrects && candidate.corrects.number === number) {
            corrections.push(candidate)
          }
        }
      }
      return { invoice, corrections }
    }
    throw unknown
  }
}
