import type { TerminalReport } from '../docs/generated/types.js'
import { asRefused } from '../protocol/problem.js'
import type { Log } from './context.js'
import type { RelaySession } from './relay-session.js'

/** What changes together is told together. Milliseconds. */
const REPORT_AFTER_MS = 1_000
/** A till that seals all day tells of it this often: of a thousand, the relay hears thirty a second. */
const REPORT_EVERY_MS = 30_000
/** A report that takes longer is not worth waiting for; the next one says more. */
const REPORT_TIMEOUT_MS = 3_000

export interface ReportingOptions {
  /** Of a link that is up. */
  readonly session: () => Pick<RelaySession, 'report'> | undefined
  readonly compose: () => Promise<TerminalReport>
  readonly log: Log
}

/**
 * Tells the relay how this terminal stands: after each exchange, and while it is connected when something has changed.
 * Nothing waits for it, and a report that fails is only noted (S1).
 */
export class Reporting {
  readonly #options: ReportingOptions
  readonly #stopped = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  /** To be told next, when a report is under way. */
  #next: Pick<RelaySession, 'report'> | undefined
  #toldAt = Number.NEGATIVE_INFINITY
  #told = ''

  constructor(options: ReportingOptions) {
    this.#options = options
  }

  /** Tells it now, over this session. */
  send(session: Pick<RelaySession, 'report'>): void {
    if (this.#stopped.signal.aborted) return
    if (this.#sending) {
      this.#next = session
      return
    }
    this.#begin(session, true)
  }

  #begin(session: Pick<RelaySession, 'report'>, always: boolean): void {
    this.#sending = this.#send(session, always).finally(() => {
      this.#sending = undefined
      const next = this.#next
      this.#next = undefined
      if (next) this.send(next)
    })
  }

  /** Something may have changed: it is told soon, if the link is up then. */
  changed(): void {
    if (this.#timer || this.#stopped.signal.aborted || !this.#options.session()) return
    const wait = Math.max(REPORT_AFTER_MS, this.#toldAt + REPORT_EVERY_MS - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const session = this.#options.session()
      if (session && !this.#sending) this.#begin(session, false)
    }, wait)
    this.#timer.unref()
  }

  async #send(session: Pick<RelaySession, 'report'>, always: boolean): Promise<void> {
    const { compose, log } = this.#options
    try {
      const report = await compose()
      const told = essence(report)
      if (!always && told === this.#told) return
      this.#toldAt = performance.now()
      await session.report(report, REPORT_TIMEOUT_MS, this.#stopped.signal)
      this.#told = told
    } catch (error) {
      log.info({ code: asRefused(error).code }, 'the relay was not told how this terminal stands')
    }
  }

  /** Waits for a report that is under way; each takes a few seconds at most. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#next = undefined
    await this.#sending
    this.#stopped.abort()
  }
}

/** What is worth a report: neither the clock nor how full a disk is that others use as well. */
function essence({ at: _at, storage: _storage, ...report }: TerminalReport): string {
  return JSON.stringify(report)
}
