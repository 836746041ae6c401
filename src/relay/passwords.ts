import { Refused } from '../protocol/problem.js'
import { hashSecret, impossibleHash, verifySecret, type HashCost } from '../protocol/secret-hash.js'

/** OWASP's figures for scrypt: 128 MiB and some tenths of a second for each guess. */
export const PASSWORD_COST: HashCost = { N: 2 ** 17, r: 8, p: 1 }
/** Each takes 128 MiB: a relay on a small machine carries two. */
const RUNNING = 2
/** Who comes when so many wait is told to come back, instead of after half a minute. */
const WAITING = 30

/** Hashes passwords, a few at a time. */
export class Passwords {
  readonly #random: (bytes: number) => Uint8Array
  readonly #cost: HashCost
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(random: (bytes: number) => Uint8Array, cost: HashCost = PASSWORD_COST) {
    this.#random = random
    this.#cost = cost
  }

  /** @throws Refused `sign-in-busy` */
  hash(password: string): Promise<string> {
    return this.#inTurn(() => hashSecret(password, this.#random, this.#cost))
  }

  /**
   * Whether it is the password; where there is none to compare with it takes as long and is false.
   * @throws Refused `sign-in-busy`
   */
  matches(password: string, known: string | undefined): Promise<boolean> {
    return this.#inTurn(() => verifySecret(password, known ?? impossibleHash(this.#cost)))
  }

  async #inTurn<R>(work: () => Promise<R>): Promise<R> {
    if (this.#running >= RUNNING) {
      if (this.#waiting.length >= WAITING) {
        throw new Refused(
          'unavailable',
          'sign-in-busy',
          'Too many people sign in at this moment. Try again.',
          { retryAfter: 10 },
        )
      }
      // Whoever ends hands its place on, so that the count stays.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running += 1
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }
}
