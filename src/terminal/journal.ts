import type { EventDetail, EventName } from '../docs/compose.js'
import { Refused } from '../protocol/problem.js'
import type { Chain } from './chain.js'
import type { Log, Outside } from './context.js'
import type { LinkState } from './link.js'

export interface JournalOptions {
  readonly outside: Outside
  readonly chain: () => Chain
  /** Who is named where no person did it: the terminal. */
  readonly terminal: () => string
  readonly log: Log
}

/** A link that comes and goes all the time is recorded once in so long, with how often it went. Milliseconds. */
const LINK_QUIET_MS = 60_000
/** The clock is looked at so often. Milliseconds. */
const CLOCK_EVERY_MS = 15_000
/** Drift and a timer that comes late are no change of the clock. Milliseconds. */
const CLOCK_TOLERANCE_MS = 5_000

/**
 * What happens at a terminal and is no sale, recorded in its chain like one, so that nobody can take it out. There is no
 * way to switch it off; what a person asked for does not fail where nothing can be recorded.
 */
export class Journal {
  readonly #options: JournalOptions
  #wasUp = false
  #lostAt: number | undefined
  #foundAt = Number.NEGATIVE_INFINITY
  #unrecorded = 0
  #clock: { readonly wall: number; readonly elapsed: number } | undefined
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: JournalOptions) {
    this.#options = options
  }

  /** Records an event, if anything can be recorded now. @throws StorageWriteError */
  async note(by: string, event: EventName, detail: EventDetail = {}): Promise<void> {
    try {
      await this.#options.chain().event(by, event, detail)
    } catch (error) {
      const soft = error instanceof Refused || (error instanceof Error && error.name === 'ShopIncomplete')
      if (!soft) throw error
      this.#options.log.warn({ event, error: error.message }, 'an event could not be recorded')
    }
  }

  /** As {@link note}; where the disk fails, that is told to the log only. */
  async tell(by: string, event: EventName, detail: EventDetail = {}): Promise<void> {
    try {
      await this.note(by, event, detail)
    } catch (error) {
      this.#options.log.error({ event, error: (error as Error).message }, 'an event could not be recorded')
    }
  }

  /** Records what nobody waits for. */
  #noteAside(event: EventName, detail: EventDetail): void {
    if (!this.#stopped) void this.tell(this.#options.terminal(), event, detail)
  }

  /** @param wanted whether the link is meant to stay up: to end what was made for one sync is no loss */
  linkChanged(state: LinkState, wanted: boolean): void {
    const now = this.#options.outside.now().getTime()
    if (!wanted) {
      this.#wasUp = false
      this.#lostAt = undefined
    } else if (state.state === 'up') {
      this.#wasUp = true
      if (this.#lostAt === undefined) return
      this.#noteAside('link-found', { seconds: Math.round((now - this.#lostAt) / 1000) })
      this.#lostAt = undefined
      this.#foundAt = now
    } else if (state.state === 'down' && this.#wasUp) {
      this.#wasUp = false
      if (now - this.#foundAt < LINK_QUIET_MS) {
        this.#unrecorded += 1
        return
      }
      const missed = this.#unrecorded === 0 ? {} : { unrecorded: this.#unrecorded }
      this.#noteAside('link-lost', { reason: state.reason, ...missed })
      this.#unrecorded = 0
      this.#lostAt = now
    }
  }

  /** Looks at the clock from now on; at once, whether it is behind what was sealed last. */
  watchClock(): void {
    const { outside, chain } = this.#options
    const last = chain().state.lastAt
    const now = outside.now()
    if (last !== undefined && Date.parse(last) - now.getTime() > CLOCK_TOLERANCE_MS)
      this.#clockChanged(Date.parse(last), now.getTime(), 'behind the last record')
    if (outside.elapsed === undefined) return
    this.lookAtClock()
    this.#timer = setInterval(() => this.lookAtClock(), CLOCK_EVERY_MS)
    this.#timer.unref()
  }

  /** Compares the clock that anybody can set with the time that passed. */
  lookAtClock(): void {
    const { outside } = this.#options
    const elapsed = outside.elapsed?.()
    if (elapsed === undefined) return
    const wall = outside.now().getTime()
    const before = this.#clock
    this.#clock = { wall, elapsed }
    if (!before) return
    const expected = before.wall + (elapsed - before.elapsed)
    if (Math.abs(wall - expected) > CLOCK_TOLERANCE_MS) this.#clockChanged(expected, wall, 'set, or asleep')
  }

  #clockChanged(expected: number, wall: number, how: string): void {
    this.#noteAside('clock-change', {
      expected: new Date(expected).toISOString(),
      now: new Date(wall).toISOString(),
      seconds: Math.round((wall - expected) / 1000),
      how,
    })
  }

  stop(): void {
    this.#stopped = true
    clearInterval(this.#timer)
  }
}
