import { createHash, timingSafeEqual } from 'node:crypto'
import { PAIRING_LIFE_MS, PAIRING_TRIES } from '../protocol/limits.js'
import { Refused } from '../protocol/problem.js'
import type { Role } from '../docs/shop.js'

/** What a code stands for. The code itself is never stored. */
export interface PendingPairing {
  readonly hash: string
  readonly shop: string
  readonly terminal: string
  readonly role: Role
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  readonly tries: number
  /** Who made it; the command of the relay's operator where it is not said. */
  readonly by?: string
}

/** Letters and digits that cannot be mistaken for each other when read aloud (Crockford's base 32). */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const LOCATOR = 4
const SECRET = 8

/** What a person may have typed: spaces, dashes, small letters, O for 0, I or L for 1. */
function normal(code: string): string {
  return code.toUpperCase().replaceAll(/[\s-]/g, '').replaceAll('O', '0').replaceAll(/[IL]/g, '1')
}

function hashOf(code: string): string {
  return createHash('sha256').update(`counterfoil pairing code 1\n${code}`).digest('base64url')
}

export interface PairingsOptions {
  readonly now: () => number
  readonly random: (bytes: number) => Uint8Array
  /** Keeps the pending pairings, by the code's first four characters, so that a restart does not revive a try. */
  readonly save: (pending: ReadonlyMap<string, PendingPairing>) => Promise<void>
}

/**
 * One-time codes: 40 secret bits, ten minutes, five tries. The first four characters only find the code, so that
 * guessing at one code does not use up the tries of another; wrong codes are counted by address as well.
 */
export class Pairings {
  readonly #pending: Map<string, PendingPairing>
  readonly #wrong = new Map<string, { count: number; until: number }>()
  readonly #options: PairingsOptions

  constructor(pending: ReadonlyMap<string, PendingPairing>, options: PairingsOptions) {
    this.#pending = new Map(pending)
    this.#options = options
  }

  /** Makes a code for a terminal; an older code for the same terminal ends. */
  async create(
    shop: string,
    terminal: string,
    role: Role,
    by?: string,
  ): Promise<{ code: string; expiresAt: number }> {
    const now = this.#options.now()
    for (const [locator, pending] of this.#pending) {
      const same = pending.shop === shop && pending.terminal === terminal
      if (same || pending.expiresAt <= now) this.#pending.delete(locator)
    }
    let code: string
    do {
      code = [...this.#options.random(LOCATOR + SECRET)].map((byte) => ALPHABET[byte % 32]).join('')
    } while (this.#pending.has(code.slice(0, LOCATOR)))
    const expiresAt = now + PAIRING_LIFE_MS
    this.#pending.set(code.slice(0, LOCATOR), {
      hash: hashOf(code),
      shop,
      terminal,
      role,
      expiresAt,
      tries: 0,
      ...(by === undefined ? {} : { by }),
    })
    // Whoever the operator gives a fresh code to may type it, whatever was typed there before.
    this.#wrong.clear()
    await this.#options.save(this.#pending)
    return { code: `${code.slice(0, 4)}-${code.slice(4, 8)}-${code.slice(8)}`, expiresAt }
  }

  /** Ends the codes that were made for a terminal and not used. @returns how many */
  async end(shop: string, terminal: string): Promise<number> {
    const ended = [...this.#pending].filter(
      ([, pending]) => pending.shop === shop && pending.terminal === terminal,
    )
    for (const [locator] of ended) this.#pending.delete(locator)
    if (ended.length > 0) await this.#options.save(this.#pending)
    return ended.length
  }

  /**
   * Uses a code up.
   * @param address where the try comes from
   * @throws Refused `too-many-tries` on the sixth try, `wrong-code`, `code-expired`
   */
  async redeem(typed: string, address: string): Promise<PendingPairing> {
    const now = this.#options.now()
    const wrong = this.#wrong.get(address)
    if (wrong && wrong.until > now && wrong.count >= PAIRING_TRIES) throw tooMany()
    const code = normal(typed)
    const locator = code.slice(0, LOCATOR)
    const pending = this.#pending.get(locator)
    if (pending && pending.tries >= PAIRING_TRIES) throw tooMany()
    if (!pending || !sameText(pending.hash, hashOf(code))) {
      const count = wrong && wrong.until > now ? wrong.count + 1 : 1
      this.#wrong.set(address, { count, until: now + PAIRING_LIFE_MS })
      if (pending) {
        this.#pending.set(locator, { ...pending, tries: pending.tries + 1 })
        await this.#options.save(this.#pending)
      }
      const left = PAIRING_TRIES - count
      throw new Refused(
        'forbidden',
        'wrong-code',
        `This pairing code is not valid: it was mistyped, used before, or replaced by a newer one. ${left > 0 ? `Tries left: ${left}.` : 'That was the last try: ask the relay operator for a new code.'}`,
        { triesLeft: Math.max(left, 0) },
      )
    }
    this.#pending.delete(locator)
    await this.#options.save(this.#pending)
    if (pending.expiresAt <= now) {
      throw new Refused(
        'gone',
        'code-expired',
        'This pairing code has expired. Ask the relay operator for a new one.',
      )
    }
    this.#wrong.delete(address)
    return pending
  }
}

function tooMany(): Refused {
  return new Refused(
    'tooMany',
    'too-many-tries',
    `There were ${PAIRING_TRIES} wrong codes. Ask the relay operator for a new code (counterfoil relay pair).`,
  )
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}
