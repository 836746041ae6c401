import { addDecimals } from '../docs/decimal.js'
import type { DocumentId } from '../docs/naming.js'
import { isSale, readRecord, type RecordBody } from '../docs/record.js'
import type { Book, DayBooks } from './day-books.js'

interface Sold {
  readonly book: DocumentId
  readonly position: number
  readonly quantity: string
}

/**
 * Business days that are looked through at the first question, besides what has no receipt: what is older and receipted
 * was counted by the relay long ago, and that count came with a sync of each day since.
 */
const DAYS_BACK = 3

/**
 * What this terminal sold, by SKU: a terminal adds to the stock that the relay knows what the relay has not counted yet.
 * Kept in memory, so that neither a seal nor a search reads day books.
 */
export class OwnSales {
  readonly #books: DayBooks
  readonly #bySku = new Map<string, Sold[]>()
  #reading: Promise<void> | undefined
  /** Sealed while the day books are read for the first time: they may or may not be among what was read. */
  #early: { readonly book: DocumentId; readonly body: RecordBody }[] | undefined = []

  constructor(books: DayBooks) {
    this.#books = books
  }

  /** Notes what was sealed. */
  sealed(book: DocumentId, body: RecordBody): void {
    if (this.#early) this.#early.push({ book, body })
    else this.#add(book, body)
  }

  /**
   * Units of an item that were sold here after what the relay has counted; negative where more came back.
   * @param countedUpTo the chain position up to which the relay counted a day book
   */
  async since(sku: string, countedUpTo: (book: DocumentId) => number): Promise<string> {
    await this.#read()
    const later = (this.#bySku.get(sku) ?? []).filter(({ book, position }) => position > countedUpTo(book))
    // What was counted once stays so.
    if (later.length === 0) this.#bySku.delete(sku)
    else this.#bySku.set(sku, later)
    return later.map(({ quantity }) => quantity).reduce(addDecimals, '0')
  }

  #add(book: DocumentId, body: RecordBody): void {
    if (!isSale(body)) return
    const { position } = body.chain
    for (const { sku, quantity } of body.lines) {
      const list = this.#bySku.get(sku)
      if (list) list.push({ book, position, quantity })
      else this.#bySku.set(sku, [{ book, position, quantity }])
    }
  }

  #read(): Promise<void> {
    this.#reading ??= this.#readBooks().catch((error: unknown) => {
      this.#reading = undefined
      this.#bySku.clear()
      throw error
    })
    return this.#reading
  }

  async #readBooks(): Promise<void> {
    const seen = new Set<string>()
    for (const book of await this.#wanted()) {
      for (const { position, stored } of await this.#books.records(book.id)) {
        seen.add(`${book.id} ${position}`)
        this.#add(book.id, readRecord(stored).body)
      }
    }
    const early = this.#early ?? []
    this.#early = undefined
    for (const { book, body } of early) if (!seen.has(`${book} ${body.chain.position}`)) this.#add(book, body)
  }

  async #wanted(): Promise<Book[]> {
    const books = await this.#books.onDisk()
    const days = [...new Set(books.map(({ name }) => name.day))].sort().slice(-DAYS_BACK)
    const wanted: Book[] = []
    for (const book of books) {
      const isLate = days.includes(book.name.day)
      if (isLate || (await this.#books.coveredUpTo(book)) < (book.entry?.last ?? Infinity)) wanted.push(book)
    }
    return wanted
  }
}
