import type { DocumentId, DocumentName } from '../../docs/naming.js'
import { groupBy } from '../../docs/group.js'
import type { Log } from '../relay-parts.js'
import type { HeldBookRun } from './run-counting.js'

type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

/** A day book that is to be counted from its document: nobody knows any more what came in last. */
export interface WholeBook {
  readonly name: DayBookName
  readonly id: DocumentId
  readonly run?: undefined
}

export type Uncounted = HeldBookRun | WholeBook

export interface BacklogOptions {
  /** Counts what is given, all of one shop. @throws StorageWriteError, StorageReadError: it is tried again */
  readonly count: (shop: string, books: readonly Uncounted[]) => Promise<void>
  /** Serial of the last receipt that was given. */
  readonly serial: () => number
  /** Told that everything was counted that receipts up to this one speak of. */
  readonly onCounted: (serial: number) => Promise<void>
  readonly log: Log
}

/** Counting begins when nothing came in for so long: whoever brings more first gets the receipt. Milliseconds. */
const QUIET_MS = 250
/** But not later than this after the first that waits. */
const LATEST_MS = 10_000
/** Nor when more records wait than this: some megabytes of what they sold. */
const MOST_RECORDS = 50_000
/** Of so many records the counts are there at once: a sync that shows them need not show old ones. */
const FEW_RECORDS = 500
const RETRY_MS = 2_000

/**
 * What is held, and receipted, but not counted yet. It is counted when there is time, many day books at once; whoever
 * shows counts has it done first. What is here when the relay ends is found again by its receipts.
 */
export class Backlog {
  readonly #options: BacklogOptions
  #waiting: Uncounted[] = []
  #records = 0
  #since = 0
  /** Requests under way that bring more. */
  #incoming = 0
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  #closed = false

  constructor(options: BacklogOptions) {
    this.#options = options
  }

  /** Records that wait; a day book of which nobody knows how many came in last counts as none. */
  get records(): number {
    return this.#records
  }

  add(book: Uncounted): void {
    if (this.#waiting.length === 0) this.#since = performance.now()
    this.#waiting.push(book)
    this.#records += recordsOf(book)
    this.#plan()
  }

  /** More is coming in: what waits may wait a little longer. @returns is called once that is in, or failed */
  incoming(): () => void {
    this.#incoming += 1
    this.#plan()
    return () => {
      this.#incoming -= 1
      this.#plan()
    }
  }

  #plan(): void {
    if (this.#waiting.length === 0) return
    const left = this.#since + LATEST_MS - performance.now()
    const quiet = this.#incoming > 0 ? LATEST_MS : QUIET_MS
    this.#countIn(this.#records > MOST_RECORDS ? 0 : Math.max(0, Math.min(quiet, left)))
  }

  #countIn(ms: number): void {
    if (this.#closed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#begin(), ms)
    this.#timer.unref()
  }

  /** Resolves when everything that is waiting now was counted, or cannot be now. */
  settled(): Promise<void> {
    return this.#begin()
  }

  /** As {@link settled}, where that is soon: with much to count, counts may be seen that are some seconds old. */
  async settledIfFew(): Promise<void> {
    if (this.#records <= FEW_RECORDS) await this.settled()
  }

  #begin(): Promise<void> {
    clearTimeout(this.#timer)
    this.#running = this.#running.then(() => this.#round())
    return this.#running
  }

  async #round(): Promise<void> {
    const { count, serial, onCounted, log } = this.#options
    const books = this.#waiting
    if (books.length === 0) return
    // What these receipts speak of was added before they were given.
    const upTo = serial()
    this.#waiting = []
    this.#records = 0
    const failed: Uncounted[] = []
    for (const [shop, list] of groupBy(books, ({ name }) => name.shop)) {
      try {
        await count(shop, list)
      } catch (error) {
        log.error(
          { shop, error: (error as Error).message },
          'day books could not be counted; it is tried again',
        )
        failed.push(...list)
      }
    }
    if (failed.length > 0) {
      this.#waiting = [...failed, ...this.#waiting]
      this.#records = this.#waiting.reduce((sum, book) => sum + recordsOf(book), 0)
      this.#countIn(RETRY_MS)
      return
    }
    await onCounted(upTo).catch((error: unknown) =>
      log.error(
        { error: (error as Error).message },
        'how far was counted could not be noted; it is counted again',
      ),
    )
  }

  /** Counts what waits, once more. */
  async close(): Promise<void> {
    await this.settled()
    this.#closed = true
    clearTimeout(this.#timer)
  }
}

function recordsOf({ run }: Uncounted): number {
  return run ? run.last - run.first + 1 : 0
}
