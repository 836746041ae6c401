import type { PeopleFile, PersonEntry } from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { Refused } from '../protocol/problem.js'
import type { HashCost } from '../protocol/secret-hash.js'
import { readChecked, writeChecked } from '../storage/atomic-file.js'
import type { Disk } from '../storage/disk.js'
import { Queues } from '../storage/queues.js'
import { Passwords } from './passwords.js'

/** Who may sign in at the relay, without the password. `shop` is the one shop a manager is bound to. */
export type Person = Omit<PersonEntry, 'password'>

/** From then on the password is asked again, whatever happened meanwhile: a working day. */
export const SIGNED_IN_MS = 12 * 60 * 60_000
/** A page nobody uses for so long was left open. */
export const SIGNED_IN_IDLE_MS = 60 * 60_000
/** Browsers one person is signed in on at once; one more ends the oldest. */
const SESSIONS_EACH = 20
/** An organisation's office; the file is read and written whole. */
const PEOPLE = 1_000

interface Session {
  readonly key: string
  readonly began: number
  used: number
}

export interface PeopleOptions {
  /** Absolute path of `people.json`. */
  readonly path: string
  readonly disk: Disk
  readonly now: () => Date
  readonly random: (bytes: number) => Uint8Array
  /** Of a new password; a test takes a smaller one. */
  readonly cost?: HashCost | undefined
}

/** The people of a relay: accounts on the disk, who is signed in in memory. */
export class People {
  readonly #options: PeopleOptions
  readonly #passwords: Passwords
  readonly #entries: Map<string, PersonEntry>
  readonly #sessions = new Map<string, Session>()
  readonly #queue = new Queues()

  private constructor(options: PeopleOptions, entries: Map<string, PersonEntry>) {
    this.#options = options
    this.#entries = entries
    this.#passwords = new Passwords(options.random, options.cost)
  }

  /** @throws DamagedFile, StorageReadError, InvalidInput */
  static async open(options: PeopleOptions): Promise<People> {
    const file = (await readChecked(options.disk, options.path)) ?? { people: [] }
    validate<PeopleFile>('data-files.schema.json#/$defs/PeopleFile', file, 'file people.json')
    return new People(options, new Map(file.people.map((entry) => [keyOf(entry.name), entry])))
  }

  list(): Person[] {
    return [...this.#entries.values()].map(withoutPassword)
  }

  /** @throws Refused `person-exists`, `too-many-people` */
  async add(person: Pick<Person, 'name' | 'role' | 'shop'>, password: string): Promise<Person> {
    const name = person.name.normalize('NFC').trim()
    this.#mustBeNew(name)
    const hash = await this.#passwords.hash(password)
    return this.#queue.run('people', async () => {
      this.#mustBeNew(name)
      if (this.#entries.size >= PEOPLE)
        throw new Refused(
          'conflict',
          'too-many-people',
          `A relay knows at most ${PEOPLE} people. Remove some.`,
        )
      const entry: PersonEntry = {
        ...person,
        name,
        since: this.#options.now().toISOString(),
        password: hash,
      }
      await this.#save(new Map(this.#entries).set(keyOf(name), entry))
      return withoutPassword(entry)
    })
  }

  /** Also ends the person's sessions: whoever knew the old password may be in one. @throws Refused `unknown-person` */
  async setPassword(name: string, password: string): Promise<void> {
    this.#get(name)
    const hash = await this.#passwords.hash(password)
    await this.#queue.run('people', async () => {
      await this.#save(new Map(this.#entries).set(keyOf(name), { ...this.#get(name), password: hash }))
      this.#endAll(keyOf(name))
    })
  }

  /** @throws Refused `unknown-person` */
  async remove(name: string): Promise<void> {
    await this.#queue.run('people', async () => {
      this.#get(name)
      const left = new Map(this.#entries)
      left.delete(keyOf(name))
      await this.#save(left)
      this.#endAll(keyOf(name))
    })
  }

  /** Whether there is an account of that name. */
  knows(name: string): boolean {
    return this.#entries.has(keyOf(name))
  }

  /** A session for the right password; undefined for a wrong one, and as late for a name nobody has. */
  async signIn(name: string, password: string): Promise<{ session: string; person: Person } | undefined> {
    const key = keyOf(name)
    const entry = this.#entries.get(key)
    const right = await this.#passwords.matches(password, entry?.password)
    // It may have been changed or removed while this was computed.
    if (!right || !entry || this.#entries.get(key) !== entry) return undefined
    const own = [...this.#sessions].filter(([, session]) => session.key === key)
    for (const [oldest] of own.slice(0, Math.max(0, own.length - SESSIONS_EACH + 1)))
      this.#sessions.delete(oldest)
    const session = Buffer.from(this.#options.random(32)).toString('base64url')
    const now = this.#options.now().getTime()
    this.#sessions.set(session, { key, began: now, used: now })
    return { session, person: withoutPassword(entry) }
  }

  /** Who is signed in with a session, which counts as used now. */
  signedIn(session: string): Person | undefined {
    const found = this.#sessions.get(session)
    if (!found) return undefined
    const entry = this.#entries.get(found.key)
    if (!entry || this.#isOver(found)) {
      this.#sessions.delete(session)
      return undefined
    }
    found.used = this.#options.now().getTime()
    return withoutPassword(entry)
  }

  /** Whether a session has not ended. It does not count as used: a stream that stands open is nobody at the keyboard. */
  isSignedIn(session: string): boolean {
    const found = this.#sessions.get(session)
    return found !== undefined && !this.#isOver(found)
  }

  #isOver({ key, began, used }: Session): boolean {
    const now = this.#options.now().getTime()
    return !this.#entries.has(key) || now - began >= SIGNED_IN_MS || now - used >= SIGNED_IN_IDLE_MS
  }

  signOut(session: string): void {
    this.#sessions.delete(session)
  }

  #mustBeNew(name: string): void {
    if (this.#entries.has(keyOf(name)))
      throw new Refused('conflict', 'person-exists', `There is a person called ${name} already.`)
  }

  #get(name: string): PersonEntry {
    const entry = this.#entries.get(keyOf(name))
    if (!entry) throw new Refused('notFound', 'unknown-person', `There is nobody called ${name} here.`)
    return entry
  }

  async #save(entries: Map<string, PersonEntry>): Promise<void> {
    const file: PeopleFile = { people: [...entries.values()] }
    await writeChecked(this.#options.disk, this.#options.path, file)
    this.#entries.clear()
    for (const [key, entry] of entries) this.#entries.set(key, entry)
  }

  #endAll(key: string): void {
    for (const [session, owner] of this.#sessions) if (owner.key === key) this.#sessions.delete(session)
  }
}

/** Names that a reader takes for the same are the same. */
function keyOf(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase()
}

function withoutPassword({ password: _password, ...person }: PersonEntry): Person {
  return person
}
