import { Refused } from '../protocol/problem.js'
import { setYoungest } from './youngest.js'

export interface BucketSize {
  /** How many may come at once. */
  readonly burst: number
  /** How many more every second. */
  readonly perSecond: number
}

interface Bucket {
  left: number
  at: number
}

/** Keys remembered at once: some megabytes. Whoever has more addresses than that is not held by counting addresses. */
const KEYS = 20_000

/**
 * Token buckets by key. Twenty lines of our own instead of a package: the same count has to hold for routes, accounts
 * and upgrades, with an injected clock and a bounded number of keys.
 */
export class Buckets {
  readonly #size: BucketSize
  /** Milliseconds. */
  readonly #now: () => number
  readonly #buckets = new Map<string, Bucket>()

  constructor(size: BucketSize, now: () => number) {
    this.#size = size
    this.#now = now
  }

  /** Takes one. @returns 0, or the seconds after which there is one again */
  take(key: string): number {
    const now = this.#now()
    const { burst, perSecond } = this.#size
    const known = this.#buckets.get(key)
    const passed = known ? Math.max(0, now - known.at) : 0
    const left = known ? Math.min(burst, known.left + (passed / 1000) * perSecond) : burst
    const allowed = left >= 1
    setYoungest(this.#buckets, key, { left: allowed ? left - 1 : left, at: now }, KEYS)
    return allowed ? 0 : Math.max(1, Math.ceil((1 - left) / perSecond))
  }

  /** Gives one back, where it turned out that nothing was to be counted. */
  giveBack(key: string): void {
    const known = this.#buckets.get(key)
    if (known) known.left = Math.min(this.#size.burst, known.left + 1)
  }
}

/** @param seconds after which it may be tried again; also sent as Retry-After */
export function tooManyRequests(code: string, what: string, seconds: number): Refused {
  return new Refused('tooMany', code, `${what} Try again in ${seconds} seconds.`, { retryAfter: seconds })
}
