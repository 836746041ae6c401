import type { Arrival, ArrivalCame, ArrivalGave } from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { LookupLog, type LookupLogOptions } from '../storage/lookup-log.js'

export type { Arrival } from '../docs/generated/types.js'

/** What is noted within this time is written together. Milliseconds. */
const TOGETHER_MS = 100
/** Hashes in one entry: a line stays far below what a log takes. */
const CHANGES_EACH = 1_000
/** Of so many documents of terminals it is remembered what they have; it is noted once more then. */
const KNOWN = 100_000

export interface ArrivalsOptions extends Omit<
  LookupLogOptions<Arrival>,
  'parse' | 'keysOf' | 'onValue' | 'onUnreadable'
> {
  readonly now: () => Date
  readonly onUnreadable: (line: number, error: Error) => void
  /** Told of entries that could not be written; receipts witness those changes then. */
  readonly onFailure: (error: Error) => void
}

/**
 * What arrived at this relay, from whom and when, and what it knows that its terminals have. Nobody waits for an entry:
 * it is noted in memory and written a moment later. What a crash takes of it, custody receipts still witness.
 */
export class Arrivals {
  readonly #options: ArrivalsOptions
  #log!: LookupLog<Arrival>
  #serial = 0
  #noted: Arrival[] = []
  #writing: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  /** By terminal and document, the heads it was last noted to have. */
  readonly #known = new Map<string, string>()

  private constructor(options: ArrivalsOptions) {
    this.#options = options
  }

  static async open(options: ArrivalsOptions): Promise<Arrivals> {
    const arrivals = new Arrivals(options)
    arrivals.#log = await LookupLog.open<Arrival>({
      ...options,
      parse: (entry) => {
        validate<Arrival>('history.schema.json#/$defs/Arrival', entry, 'entry of arrivals.log')
        return entry
      },
      keysOf: ({ document }) => [document],
      onValue: ({ serial }) => (arrivals.#serial = Math.max(arrivals.#serial, serial)),
    })
    return arrivals
  }

  /**
   * A terminal brought changes that this relay did not have.
   * @param changes their hashes
   */
  came(from: string, document: string, changes: readonly string[]): void {
    for (let start = 0; start < changes.length; start += CHANGES_EACH) {
      const entry: Omit<ArrivalCame, 'serial' | 'at'> = {
        v: 1,
        document,
        from,
        changes: changes.slice(start, start + CHANGES_EACH),
      }
      this.#note(entry)
    }
  }

  /** A terminal has a document at these heads: it was given them, or says so. */
  has(to: string, document: string, heads: readonly string[]): void {
    if (heads.length === 0) return
    const key = `${to} ${document}`
    const text = heads.join()
    if (this.#known.get(key) === text) return
    if (this.#known.size >= KNOWN) this.#known.clear()
    this.#known.set(key, text)
    const entry: Omit<ArrivalGave, 'serial' | 'at'> = { v: 1, document, to, heads: [...heads] }
    this.#note(entry)
  }

  #note(entry: Omit<ArrivalCame, 'serial' | 'at'> | Omit<ArrivalGave, 'serial' | 'at'>): void {
    this.#serial += 1
    this.#noted.push({ ...entry, serial: this.#serial, at: this.#options.now().toISOString() } as Arrival)
    this.#timer ??= setTimeout(() => void this.settled(), TOGETHER_MS)
    this.#timer.unref()
  }

  /** Resolves when what was noted is on the disk, or has failed. */
  settled(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#write(this.#writing)
    return this.#writing
  }

  async #write(before: Promise<void>): Promise<void> {
    await before
    const noted = this.#noted
    this.#noted = []
    if (noted.length === 0) return
    try {
      await this.#log.add(noted)
    } catch (error) {
      this.#options.onFailure(error as Error)
    }
  }

  /** How many entries of a document are written. */
  count(document: string): number {
    return this.#log.count(document)
  }

  /**
   * What is written of a document, oldest first.
   * @param from so many entries are passed over
   * @param to without those from here on
   * @throws StorageReadError
   */
  of(document: string, from = 0, to?: number): AsyncGenerator<Arrival> {
    return this.#log.of(document, from, to)
  }

  async close(): Promise<void> {
    await this.settled()
    await this.#log.close()
  }
}
