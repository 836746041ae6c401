import type { Role } from '../docs/shop.js'
import { NONCE_LIFE_MS, OUTSTANDING, SESSION_LIFE_MS, TICKET_LIFE_MS } from '../protocol/limits.js'
import { setYoungest } from './youngest.js'

/** Whom a connection was proven to belong to. */
export interface Identity {
  readonly terminal: string
  readonly shop: string
  readonly code: string
  /** The epoch whose key it proved to hold. */
  readonly epoch: string
  readonly role: Role
  /** A revoked terminal that is let in to hand in its day books, and for nothing else. */
  readonly intake?: true
}

/** Secrets that end by themselves, each found by its own text. */
class Outstanding<T> {
  readonly #entries = new Map<string, { value: T; until: number }>()
  readonly #life: number
  readonly #now: () => number

  constructor(life: number, now: () => number) {
    this.#life = life
    this.#now = now
  }

  /** Where there are too many the oldest ends: whoever asks for ever so many keeps nobody else out. */
  add(secret: string, value: T): void {
    setYoungest(this.#entries, secret, { value, until: this.#now() + this.#life }, OUTSTANDING)
  }

  get(secret: string): T | undefined {
    const entry = this.#entries.get(secret)
    return entry && entry.until > this.#now() ? entry.value : undefined
  }

  take(secret: string): T | undefined {
    const value = this.get(secret)
    this.#entries.delete(secret)
    return value
  }

  drop(matches: (value: T) => boolean): void {
    for (const [key, { value }] of this.#entries) if (matches(value)) this.#entries.delete(key)
  }
}

/** Challenge, ticket and session of every connection (A1). All are random, kept in memory, and end by themselves. */
export class Sessions {
  readonly #nonces: Outstanding<string>
  readonly #tickets: Outstanding<Identity>
  readonly #sessions: Outstanding<Identity>
  readonly #random: (bytes: number) => Uint8Array

  constructor(now: () => number, random: (bytes: number) => Uint8Array) {
    this.#nonces = new Outstanding(NONCE_LIFE_MS, now)
    this.#tickets = new Outstanding(TICKET_LIFE_MS, now)
    this.#sessions = new Outstanding(SESSION_LIFE_MS, now)
    this.#random = random
  }

  #secret(): string {
    return Buffer.from(this.#random(32)).toString('base64url')
  }

  /** A nonce for a terminal to sign; it can be used once. */
  challenge(terminal: string): string {
    const nonce = this.#secret()
    this.#nonces.add(nonce, terminal)
    return nonce
  }

  /** Whether this nonce was given to this terminal and was not used; it is used now. */
  answer(nonce: string, terminal: string): boolean {
    return this.#nonces.take(nonce) === terminal
  }

  /** A session for HTTP requests and a ticket for one WebSocket. */
  begin(identity: Identity): { session: string; ticket: string } {
    const session = this.#secret()
    const ticket = this.#secret()
    this.#sessions.add(session, identity)
    this.#tickets.add(ticket, identity)
    return { session, ticket }
  }

  /** Whom a ticket belongs to; it is used now. */
  redeem(ticket: string): Identity | undefined {
    return this.#tickets.take(ticket)
  }

  /** Whom a session belongs to; undefined where it has ended or never was. */
  find(authorization: string | undefined): Identity | undefined {
    const secret = /^Bearer ([A-Za-z0-9_-]{20,100})$/.exec(authorization ?? '')?.[1]
    return secret === undefined ? undefined : this.#sessions.get(secret)
  }

  /** Ends everything a terminal has open. */
  end(terminal: string): void {
    this.#tickets.drop((identity) => identity.terminal === terminal)
    this.#sessions.drop((identity) => identity.terminal === terminal)
    this.#nonces.drop((value) => value === terminal)
  }
}
