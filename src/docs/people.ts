import type * as A from '@automerge/automerge'
import { keyOf, keysUnder, plain, put, segmentsOf, textAt, type FlatDoc } from './flat.js'

/** What a person may do at a terminal: a manager also edits the catalogue, where the terminal may. */
export type PersonRole = 'cashier' | 'manager'

/** Somebody who works at the terminals of a shop. Written by the relay only; it reaches each terminal with the shop. */
export interface Person {
  readonly id: string
  readonly name: string
  readonly role: PersonRole
  /** The PIN as it is stored, `scrypt$…`; empty for one who was removed. */
  readonly pin: string
  /** False for one who was removed: the name stays, because records name it. */
  readonly active: boolean
}

/** Enters a person, or what has changed of one. */
export function writePerson(draft: FlatDoc, before: A.Doc<FlatDoc>, person: Person): void {
  const set = (field: string, value: string | boolean): boolean =>
    put(draft, before, keyOf('person', person.id, field), value)
  set('name', person.name)
  set('role', person.role)
  set('pin', person.pin)
  set('active', person.active)
}

/** Everybody a shop ever had, by name. What is not clearly a manager is a cashier; not clearly active, is not. */
export function readPeople(doc: A.Doc<FlatDoc>): Person[] {
  const found: Person[] = []
  for (const key of keysUnder(doc, 'person')) {
    const [, id = '', field] = segmentsOf(key)
    const name = textAt(doc, key)
    if (field !== 'name' || name === undefined) continue
    const read = (other: string): string => textAt(doc, keyOf('person', id, other)) ?? ''
    found.push({
      id,
      name,
      role: read('role') === 'manager' ? 'manager' : 'cashier',
      pin: read('pin'),
      active: plain(doc[keyOf('person', id, 'active')]) === true,
    })
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Two names that fold to the same are one name: somebody who signs in need not mind capitals and spaces. */
export function foldName(name: string): string {
  return name.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase()
}

/** Nobody sees what stands there, although whoever reads the document could: history leaves it out. */
export function isSecretKey(key: string): boolean {
  const [kind, , field] = segmentsOf(key)
  return kind === 'person' && field === 'pin'
}
