import type { ForkNotice, LogAlarm } from '../docs/generated/types.js'
import { CLOSE } from '../protocol/close-codes.js'
import { asRefused, Refused } from '../protocol/problem.js'
import { within } from '../protocol/within.js'
import { cancelled } from './cancelled.js'
import type { Bookkeeping } from './bookkeeping.js'
import type { Log, Outside } from './context.js'
import type { Exchange, ExchangeProgress, ExchangeResult } from './exchange.js'
import type { Healing } from './healing.js'
import { linkLost, type Link, type LinkState } from './link.js'
import type { RelaySession } from './relay-session.js'
import type { SharedDocuments } from './shared-documents.js'
import type { SharedRegister } from './shared-register.js'
import type { Standing } from './standing.js'

export interface SyncerOptions {
  readonly outside: Outside
  /** Reads the chain anew from the disk, after damage was healed. */
  readonly rereadChain: () => Promise<void>
  readonly link: Link
  readonly exchange: Exchange
  readonly healing: Healing
  readonly register: SharedRegister
  readonly documents: SharedDocuments
  readonly standing: Standing
  /** What this terminal is called in its shop's document; undefined where that does not say. */
  readonly ownName: () => string | undefined
  readonly bookkeeping: Bookkeeping
  readonly log: Log
  readonly onProgress: (event: ExchangeProgress) => void
  readonly onDone: () => void
  /** Looks at the relay's log, after each exchange; it never fails, and tells the alarm there is. */
  readonly lookAtLog: (session: RelaySession, signal: AbortSignal) => Promise<LogAlarm | undefined>
  /** Told at the end of each exchange. */
  readonly onExchanged: (session: RelaySession) => void
}

/** What a person is told after a sync. */
export interface SyncResult extends ExchangeResult {
  /** Everything that was there when the sync began is receipted. */
  readonly complete: boolean
  /** The epoch, where this sync gave a new one. */
  readonly newEpoch?: string
  /** This terminal is revoked: its day books were handed in, and nothing else was exchanged. */
  readonly intake?: true
  /** Two live copies of this terminal were seen. */
  readonly fork?: ForkNotice
  /** The relay's log is not what this terminal saw of it. */
  readonly logAlarm?: LogAlarm
}

function both(first: ExchangeResult, second: ExchangeResult): ExchangeResult {
  return { ...second, receipted: first.receipted + second.receipted, relayBehind: first.relayBehind }
}

/** How soon after a seal the relay is asked for its receipt: sales that come quickly share one request. */
const PUSH_AFTER_MS = 200
/** A link that stays up learns this often of documents it does not know yet. */
const REFRESH_MS = 60_000

/** Syncs when a person asks, and all the time in online mode. One exchange runs at a time; who asks meanwhile joins. */
export class Syncer {
  readonly #options: SyncerOptions
  readonly #stopped = new AbortController()
  /** Ends what waits for documents over a connection that is lost. */
  #connection = new AbortController()
  #running: Promise<SyncResult> | undefined
  /** Ends the sync that a person started. */
  #cancelling: AbortController | undefined
  #pushing: Promise<void> | undefined
  #pushTimer: NodeJS.Timeout | undefined
  #refreshTimer: NodeJS.Timeout | undefined
  #pushAgain = false

  constructor(options: SyncerOptions) {
    this.#options = options
  }

  get running(): boolean {
    return this.#running !== undefined
  }

  /**
   * Exchanges everything both ways, over a connection made for it where there is none.
   * @throws Refused when the relay cannot be reached or the connection is lost; what was receipted until then stays so
   */
  sync(
    progress: (event: ExchangeProgress) => void = () => undefined,
    signal?: AbortSignal,
  ): Promise<SyncResult> {
    this.#running ??= this.#cancellable(progress, signal).finally(() => {
      this.#running = undefined
      this.#options.onDone()
    })
    return this.#running
  }

  /** Tells the sync that runs to end. @returns false where none runs */
  cancel(): boolean {
    this.#cancelling?.abort(cancelled())
    return this.#cancelling !== undefined
  }

  async #cancellable(
    progress: (event: ExchangeProgress) => void,
    signal: AbortSignal | undefined,
  ): Promise<SyncResult> {
    const own = new AbortController()
    this.#cancelling = own
    try {
      const signals = [this.#stopped.signal, own.signal, ...(signal ? [signal] : [])]
      return await within(undefined, signals, (stop) => this.#run(progress, stop))
    } catch (error) {
      throw own.signal.aborted ? cancelled() : error
    } finally {
      this.#cancelling = undefined
    }
  }

  async #run(progress: (event: ExchangeProgress) => void, signal: AbortSignal): Promise<SyncResult> {
    const { exchange, standing } = this.#options
    await this.#pushing
    const tell = (event: ExchangeProgress): void => {
      progress(event)
      this.#options.onProgress(event)
    }
    return this.#withSession(signal, (session) =>
      this.#whileConnected(signal, async (stop) => {
        await standing.learn(session.granted)
        let result = await exchange.run(session, tell, stop)
        await this.#options.documents.loadShop()
        await standing.named(this.#options.ownName())
        if (await this.#heal()) result = both(result, await exchange.run(session, tell, stop))
        const newEpoch = await standing.unblock(session, stop)
        const complete = result.notTaken.length === 0
        if (complete)
          await this.#options.bookkeeping.change({ lastSync: this.#options.outside.now().toISOString() })
        // What is synced is synced, whatever the log is like.
        const logAlarm =
          session.granted.intake === undefined ? await this.#options.lookAtLog(session, stop) : undefined
        const { fork } = standing
        this.#options.onExchanged(session)
        return {
          ...result,
          complete,
          ...(newEpoch === undefined ? {} : { newEpoch }),
          ...(session.granted.intake === undefined ? {} : { intake: true }),
          ...(fork ? { fork } : {}),
          ...(logAlarm ? { logAlarm } : {}),
        }
      }),
    )
  }

  #whileConnected<R>(signal: AbortSignal | undefined, work: (stop: AbortSignal) => Promise<R>): Promise<R> {
    const signals = [this.#stopped.signal, this.#connection.signal, ...(signal ? [signal] : [])]
    return within(undefined, signals, work)
  }

  /**
   * A session ends after a while, or with the relay's restart, or because two copies of this terminal were found out:
   * then the connection is made anew, once, and the relay says what has changed.
   */
  async #withSession<R>(signal: AbortSignal, work: (session: RelaySession) => Promise<R>): Promise<R> {
    const { link } = this.#options
    return link.use(async (session) => {
      try {
        return await work(session)
      } catch (error) {
        const isOver =
          error instanceof Refused && (error.code === 'no-session' || link.closeCode === CLOSE.forked.code)
        if (!isOver) throw error
        await link.renew()
        return link.use(work, signal)
      }
    }, signal)
  }

  /** Deals with damage, now that what the relay had has come back. @returns whether that left something to send */
  async #heal(): Promise<boolean> {
    const healed = await this.#options.healing.run()
    if (healed.length > 0) await this.#options.rereadChain()
    return healed.some(({ moved }) => moved > 0)
  }

  /** Called on every change of the link. */
  linkChanged(state: LinkState): void {
    if (state.state === 'up') {
      this.#connection = new AbortController()
      this.#refresh()
      return
    }
    this.#connection.abort(linkLost())
    clearTimeout(this.#refreshTimer)
    this.#options.register.clear()
  }

  /** In online mode a full exchange follows each connection, and is repeated while it lasts. */
  #refresh(): void {
    clearTimeout(this.#refreshTimer)
    if (this.#options.bookkeeping.mode !== 'online' || this.#stopped.signal.aborted) return
    this.sync().catch((error: unknown) => this.#report(error))
    this.#refreshTimer = setTimeout(() => {
      if (this.#options.link.session) this.#refresh()
    }, REFRESH_MS)
    this.#refreshTimer.unref()
  }

  #report(error: unknown): void {
    const refused = asRefused(error)
    if (refused.code !== 'stopped') this.#options.log.warn({ code: refused.code }, refused.message)
  }

  /** In online mode, asks for receipts of what was just written. */
  pushSoon(): void {
    if (this.#options.bookkeeping.mode !== 'online') return
    if (this.#pushing) this.#pushAgain = true
    if (this.#pushing || this.#pushTimer || !this.#options.link.session) return
    this.#pushTimer = setTimeout(() => {
      this.#pushTimer = undefined
      this.#pushing = this.#push().finally(() => {
        this.#pushing = undefined
        if (this.#pushAgain) {
          this.#pushAgain = false
          this.pushSoon()
        }
      })
    }, PUSH_AFTER_MS)
    this.#pushTimer.unref()
  }

  async #push(): Promise<void> {
    await this.#running?.catch(() => undefined)
    const { link, exchange, onDone } = this.#options
    const session = link.session
    if (!session || this.#stopped.signal.aborted) return
    try {
      await this.#whileConnected(undefined, (stop) => exchange.push(session, stop))
    } catch (error) {
      // The next seal, exchange or connection tries again.
      this.#report(error)
      if (error instanceof Refused && error.code === 'no-session')
        await link.renew().catch((again: unknown) => this.#report(again))
    }
    onDone()
  }

  /** Ends what is running; it can be run again. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    clearTimeout(this.#pushTimer)
    clearTimeout(this.#refreshTimer)
    await this.#running?.catch(() => undefined)
    await this.#pushing
  }
}
