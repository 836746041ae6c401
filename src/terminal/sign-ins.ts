import { createHash } from 'node:crypto'
import { foldName, type Person } from '../docs/people.js'
import { Refused } from '../protocol/problem.js'
import { impossibleHash, verifySecret } from '../protocol/secret-hash.js'
import { Queues } from '../storage/queues.js'
import { SESSIONS, SIGNED_IN_MS, WAITING } from './sign-in-limits.js'
import { WrongPins } from './wrong-pins.js'

export interface SignInsOptions {
  /** Everybody the shop ever had, as its document says now. */
  readonly people: () => readonly Person[]
  readonly now: () => Date
  readonly random: (bytes: number) => Uint8Array
}

export interface SignedInPerson {
  readonly person: Person
  /** When they are signed out at the latest. */
  readonly until: Date
}

interface Session {
  readonly person: string
  /** The stored PIN they signed in with: a new one ends it. */
  readonly pin: string
  readonly until: number
}

const TOKEN_BYTES = 32
/** Names nobody has are counted together, so that guessing names fills no memory. A fold of a name has no tab. */
const NOBODY = '\t'

/**
 * Who is signed in at this terminal. Whether somebody still may be is looked up in the shop's document at each request,
 * so that a removal or a new PIN counts as soon as it has arrived. Sessions end with the process.
 */
export class SignIns {
  readonly #options: SignInsOptions
  /** By the hash of the token: what is compared byte by byte is not the secret itself. */
  readonly #sessions = new Map<string, Session>()
  readonly #wrong: WrongPins
  readonly #queue = new Queues()
  #waiting = 0

  constructor(options: SignInsOptions) {
    this.#options = options
    this.#wrong = new WrongPins(() => options.now().getTime())
  }

  /** Whether this shop has anybody to sign in. Where it has not, a name is only what somebody typed. */
  get needed(): boolean {
    return this.#options.people().some(({ active }) => active)
  }

  /** Names to sign in with. */
  names(): string[] {
    return this.#active().map(({ name }) => name)
  }

  #active(): Person[] {
    return this.#options.people().filter(({ active }) => active)
  }

  /**
   * Signs somebody in.
   * @returns the secret token of the session
   * @throws Refused `wrong-pin`, `wait-after-wrong-pins`, `too-many-sign-ins`, `no-sign-in`
   */
  async signIn(name: string, pin: string): Promise<SignedInPerson & { readonly token: string }> {
    if (this.#waiting >= WAITING) {
      throw new Refused(
        'tooMany',
        'too-many-sign-ins',
        'Too many people sign in here at once. Try again in a moment.',
      )
    }
    this.#waiting += 1
    try {
      // One at a time, so that tries made together are counted one after the other.
      return await this.#queue.run('sign-in', () => this.#signIn(name, pin))
    } finally {
      this.#waiting -= 1
    }
  }

  async #signIn(name: string, pin: string): Promise<SignedInPerson & { readonly token: string }> {
    if (!this.needed) {
      throw new Refused(
        'conflict',
        'no-sign-in',
        'This shop has nobody to sign in: its terminals take the name that is given. Enter people at the relay (counterfoil relay cashier add), and sync.',
      )
    }
    const folded = foldName(name)
    const person = this.#active().find((known) => foldName(known.name) === folded)
    const counted = person ? folded : NOBODY
    const wait = this.#wrong.wait(counted)
    if (wait > 0) throw waitFor(wait)
    if (!(await verifySecret(pin, person?.pin ?? impossibleHash())) || !person) {
      const left = this.#wrong.wrong(counted)
      if (left === 0) throw waitFor(this.#wrong.wait(counted))
      throw new Refused(
        'unauthenticated',
        'wrong-pin',
        `The name or the PIN is wrong. After ${left} more wrong ${left === 1 ? 'PIN' : 'PINs'} this name has to wait.`,
        { triesLeft: left },
      )
    }
    this.#wrong.right(counted)
    return this.#begin(person)
  }

  #begin(person: Person): SignedInPerson & { readonly token: string } {
    const now = this.#options.now().getTime()
    for (const [key, { until }] of this.#sessions) if (until <= now) this.#sessions.delete(key)
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size >= SESSIONS && oldest !== undefined) this.#sessions.delete(oldest)
    const token = Buffer.from(this.#options.random(TOKEN_BYTES)).toString('base64url')
    const until = now + SIGNED_IN_MS
    this.#sessions.set(keyOf(token), { person: person.id, pin: person.pin, until })
    return { token, person, until: new Date(until) }
  }

  /** Whose session a token is, as they are now; undefined where it is none, or none any more. */
  find(token: string): SignedInPerson | undefined {
    const key = keyOf(token)
    const session = this.#sessions.get(key)
    if (!session) return undefined
    const person = this.#active().find(({ id }) => id === session.person)
    if (person && person.pin === session.pin && session.until > this.#options.now().getTime())
      return { person, until: new Date(session.until) }
    this.#sessions.delete(key)
    return undefined
  }

  signOut(token: string): void {
    this.#sessions.delete(keyOf(token))
  }
}

function keyOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url')
}

function waitFor(ms: number): Refused {
  const seconds = Math.ceil(ms / 1000)
  return new Refused(
    'tooMany',
    'wait-after-wrong-pins',
    `There were too many wrong PINs for this name. Wait ${seconds} s, then try again; the relay's operator can give a new PIN.`,
    { seconds },
  )
}
