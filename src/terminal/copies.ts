import type { Chain } from './chain.js'
import type { DayBooks } from './day-books.js'

export interface CopiesOptions {
  readonly chain: Chain
  readonly books: DayBooks
}

/** Copies of slips: each is counted and recorded in the day book before it is printed. */
export class Copies {
  readonly #options: CopiesOptions
  /** How many copies were made of each, as far as the day books on this disk tell. */
  #made: Promise<Map<string, number>> | undefined

  constructor(options: CopiesOptions) {
    this.#options = options
  }

  /**
   * Records another copy.
   * @returns which copy it is, from 1
   * @throws Refused, StorageWriteError; then nothing may be printed
   */
  async next(by: string, number: string): Promise<number> {
    const made = await this.#count()
    const copy = (made.get(number) ?? 0) + 1
    // Two windows may ask at once: the count is taken before anything is waited for.
    made.set(number, copy)
    await this.#options.chain.event(by, 'reprint', { number, copy })
    return copy
  }

  #count(): Promise<Map<string, number>> {
    this.#made ??= this.#read().catch((error: unknown) => {
      this.#made = undefined
      throw error
    })
    return this.#made
  }

  async #read(): Promise<Map<string, number>> {
    const made = new Map<string, number>()
    const { books } = this.#options
    for (const book of await books.onDisk()) {
      for (const { body } of (await books.everyRecord(book)).records) {
        if (body.type !== 'event' || body.event !== 'reprint') continue
        const { number, copy } = body.detail ?? {}
        if (typeof number === 'string' && typeof copy === 'number')
          made.set(number, Math.max(copy, made.get(number) ?? 0))
      }
    }
    return made
  }
}
