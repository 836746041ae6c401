import { scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto'
import type { PasswordHash } from '../docs/generated/types.js'
import { Refused } from '../protocol/problem.js'

/** OWASP's figures for scrypt: 128 MiB and some tenths of a second for each guess. */
const COST = { N: 2 ** 17, r: 8, p: 1 } as const
const HASH_BYTES = 32
const SALT_BYTES = 16
/** Each takes 128 MiB: a relay on a small machine carries two. */
const RUNNING = 2
/** Who comes when so many wait is told to come back, instead of after half a minute. */
const WAITING = 30

/** Hashes passwords, a few at a time. */
export class Passwords {
  readonly #random: (bytes: number) => Uint8Array
  readonly #nobody: PasswordHash
  #running = 0
  readonly #waiting: (() => void)[] = []

  constructor(random: (bytes: number) => Uint8Array) {
    this.#random = random
    this.#nobody = {
      kdf: 'scrypt',
      ...COST,
      salt: text(random(SALT_BYTES)),
      hash: text(random(HASH_BYTES)),
    }
  }

  /** @throws Refused `sign-in-busy` */
  async hash(password: string): Promise<PasswordHash> {
    const salt = text(this.#random(SALT_BYTES))
    const made = { kdf: 'scrypt', ...COST, salt } as const
    return { ...made, hash: text(await this.#derive(password, made)) }
  }

  /**
   * Whether it is the password; where there is none to compare with it takes as long and is false.
   * @throws Refused `sign-in-busy`
   */
  async matches(password: string, known: PasswordHash | undefined): Promise<boolean> {
    const expected = known ?? this.#nobody
    const hash = await this.#derive(password, expected)
    const wanted = Buffer.from(expected.hash, 'base64url')
    return hash.length === wanted.length && timingSafeEqual(hash, wanted) && known !== undefined
  }

  async #derive(password: string, { N, r, p, salt }: Omit<PasswordHash, 'hash'>): Promise<Buffer> {
    if (this.#running >= RUNNING) {
      if (this.#waiting.length >= WAITING) {
        throw new Refused(
          'unavailable',
          'sign-in-busy',
          'Too many people sign in at this moment. Try again.',
          {
            retryAfter: 10,
          },
        )
      }
      // Whoever ends hands its place on, so that the count stays.
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else this.#running += 1
    try {
      // Twice what the parameters need: Node counts a little more than the 128 · N · r of the algorithm.
      return await derive(password.normalize('NFC'), salt, { N, r, p, maxmem: 256 * N * r })
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#running -= 1
    }
  }
}

function derive(password: string, salt: string, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, Buffer.from(salt, 'base64url'), HASH_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}
