import { newId } from '../docs/ids.js'
import { foldName, readPeople, writePerson, type Person, type PersonRole } from '../docs/people.js'
import type { Shop } from '../docs/shop.js'
import { Refused } from '../protocol/problem.js'
import { hashSecret } from '../protocol/secret-hash.js'
import { firstIsManager, mustBeManager, mustKeepManager } from './cashier-rules.js'
import type { Shops } from './shops.js'

/** The page shows all names to choose from, and each is read at each request. */
const MOST_PERSONS = 500

export interface CashiersOptions {
  readonly shops: Shops
  readonly random: (bytes: number) => Uint8Array
}

/** Who decides about cashiers. */
export interface Deciding {
  /** The name in the shop's history; without it the relay's operator. */
  readonly by?: string | undefined
  /** The person at a terminal of the shop: has to be a manager of it. Operators decide without being one. */
  readonly acting?: string
}

/** Who signs in at the terminals of a shop. They lie in the shop's document, so that they are known offline. */
export class Cashiers {
  readonly #options: CashiersOptions

  constructor(options: CashiersOptions) {
    this.#options = options
  }

  /** Those who may sign in, by name. @throws Refused `unknown-shop` */
  async list(shop: string): Promise<Person[]> {
    const people = readPeople(await this.#options.shops.document(this.#shop(shop).id))
    return people.filter(({ active }) => active)
  }

  /**
   * Enters somebody; one who was removed comes back.
   * @throws Refused `unknown-shop`, `cashier-exists`, `name-of-a-terminal`, `too-many-cashiers`, `managers-only`,
   * `first-is-manager`
   */
  async add(
    shopName: string,
    name: string,
    role: PersonRole,
    pin: string,
    { by, acting }: Deciding = {},
  ): Promise<void> {
    const { shops, random } = this.#options
    const shop = this.#shop(shopName)
    const clean = name.normalize('NFC').trim().replaceAll(/\s+/g, ' ')
    const folded = foldName(clean)
    // What a terminal does by itself it does in its own name.
    if (folded === 'relay' || [...shop.terminals.values()].some((known) => foldName(known.name) === folded)) {
      throw new Refused(
        'conflict',
        'name-of-a-terminal',
        `"${clean}" is the name of a terminal or of the relay; records would not tell who it was. Choose another name.`,
      )
    }
    const hash = await hashSecret(pin, random)
    await shops.write(
      shop.id,
      `add ${role} ${clean}`,
      (before) => {
        const people = readPeople(before)
        if (acting !== undefined) mustBeManager(people, acting, shopName)
        const known = people.find((person) => foldName(person.name) === folded)
        if (known?.active) {
          throw new Refused(
            'conflict',
            'cashier-exists',
            `${known.name} is a ${known.role} of ${shopName} already. Give a new PIN with relay cashier pin, or remove first.`,
          )
        }
        if (!known && people.length >= MOST_PERSONS) {
          throw new Refused(
            'conflict',
            'too-many-cashiers',
            `A shop has at most ${MOST_PERSONS} persons, those who were removed included.`,
          )
        }
        const id = known?.id ?? newId('person', random)
        const person = { id, name: clean, role, pin: hash, active: true }
        if (acting !== undefined) firstIsManager(people, person, shopName)
        return (draft) => writePerson(draft, before, person)
      },
      by,
    )
  }

  /** @throws Refused `unknown-shop`, `unknown-cashier`, `managers-only` */
  async changePin(shopName: string, name: string, pin: string, deciding: Deciding = {}): Promise<void> {
    const hash = await hashSecret(pin, this.#options.random)
    await this.#change(shopName, name, `new PIN of ${name}`, (person) => ({ ...person, pin: hash }), deciding)
  }

  /** @throws Refused `unknown-shop`, `unknown-cashier`, `managers-only`, `last-manager` */
  async remove(shopName: string, name: string, deciding: Deciding = {}): Promise<void> {
    await this.#change(
      shopName,
      name,
      `remove ${name}`,
      (person) => ({ ...person, pin: '', active: false }),
      deciding,
    )
  }

  /** What else a manager sets up at a terminal. @throws Refused `unknown-shop`, `managers-only` */
  async mustBeManager(shopName: string, acting: string): Promise<void> {
    const people = readPeople(await this.#options.shops.document(this.#shop(shopName).id))
    mustBeManager(people, acting, shopName)
  }

  async #change(
    shopName: string,
    name: string,
    did: string,
    to: (person: Person) => Person,
    { by, acting }: Deciding,
  ): Promise<void> {
    const shop = this.#shop(shopName)
    await this.#options.shops.write(
      shop.id,
      did,
      (before) => {
        const people = readPeople(before)
        if (acting !== undefined) mustBeManager(people, acting, shopName)
        const folded = foldName(name)
        const person = people.find((known) => known.active && foldName(known.name) === folded)
        if (!person) {
          throw new Refused(
            'notFound',
            'unknown-cashier',
            `${shopName} has no "${name}". See who there is with relay cashier list.`,
          )
        }
        const changed = to(person)
        mustKeepManager(people, person, changed, shopName, acting !== undefined)
        return (draft) => writePerson(draft, before, changed)
      },
      by,
    )
  }

  #shop(name: string): Shop {
    const shop = this.#options.shops.byName(name)
    if (!shop) {
      throw new Refused(
        'notFound',
        'unknown-shop',
        `There is no shop "${name}" here. See which there are with relay status.`,
      )
    }
    return shop
  }
}
