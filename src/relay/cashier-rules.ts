import { foldName, type Person } from '../docs/people.js'
import { Refused } from '../protocol/problem.js'

/**
 * A manager's terminal says who acts; this relay looks them up in the shop's own people. It does not see a PIN: that the
 * person is there is the terminal's word.
 * @throws Refused `managers-only`
 */
export function mustBeManager(people: readonly Person[], name: string, shop: string): void {
  const active = people.filter((person) => person.active)
  // A shop nobody signs in at has nobody to look up.
  if (active.length === 0) return
  const folded = foldName(name)
  const person = active.find((known) => foldName(known.name) === folded)
  if (person?.role === 'manager') return
  throw new Refused(
    'forbidden',
    'managers-only',
    person
      ? `This is for people with the role manager; ${person.name} is a ${person.role} of ${shop}.`
      : `${name} is nobody who signs in at ${shop}: sync this terminal, and sign in as a manager of the shop.`,
  )
}

/**
 * From a terminal's first person on, only managers may enter others.
 * @throws Refused `first-is-manager`
 */
export function firstIsManager(people: readonly Person[], { name, role }: Person, shop: string): void {
  if (role === 'manager' || people.some(({ active }) => active)) return
  throw new Refused(
    'conflict',
    'first-is-manager',
    `${name} would be the only person of ${shop}, and no manager: nobody could enter others. Enter a manager first.`,
  )
}

/**
 * While people are left, one of them is a manager: else nobody could enter or remove any.
 * @param acting whether somebody at a terminal does it. An operator may remove the very last person: then nobody signs in
 * @throws Refused `last-manager`
 */
export function mustKeepManager(
  people: readonly Person[],
  before: Person,
  after: Person,
  shop: string,
  acting: boolean,
): void {
  const isManager = ({ active, role }: Person): boolean => active && role === 'manager'
  if (!isManager(before) || isManager(after)) return
  const others = people.filter(({ active, id }) => active && id !== before.id)
  if (others.some(isManager) || (others.length === 0 && !acting && !after.active)) return
  throw new Refused(
    'conflict',
    'last-manager',
    `${before.name} is the last manager of ${shop}. Enter another manager first${acting ? '' : ', or remove the cashiers before'}.`,
  )
}
