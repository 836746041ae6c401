import { TRIES, WAIT_MS } from './sign-in-limits.js'

/** Wrong PINs in a row, by name, and how long each name has to wait for them. */
export class WrongPins {
  readonly #now: () => number
  readonly #counts = new Map<string, { readonly count: number; readonly until: number }>()

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Milliseconds until a name may be tried again; 0 where it may now. */
  wait(name: string): number {
    return Math.max(0, (this.#counts.get(name)?.until ?? 0) - this.#now())
  }

  /** @returns tries left before a wait begins, or has begun */
  wrong(name: string): number {
    const count = (this.#counts.get(name)?.count ?? 0) + 1
    const wait = count < TRIES ? 0 : Math.min(WAIT_MS.first * 2 ** (count - TRIES), WAIT_MS.most)
    this.#counts.set(name, { count, until: this.#now() + wait })
    return Math.max(0, TRIES - count)
  }

  right(name: string): void {
    this.#counts.delete(name)
  }
}
