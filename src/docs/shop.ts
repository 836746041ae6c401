import type * as A from '@automerge/automerge'
import type { Calendar } from './business-day.js'
import { readStanding, type Standing } from './fleet.js'
import { integerAt, jsonAt, keyOf, keysUnder, plain, put, segmentsOf, textAt, type FlatDoc } from './flat.js'
import type { Policy, Seller } from './generated/types.js'
import { validate } from './validate.js'

export type Role = 'till' | 'manager'

/** One terminal as its shop knows it. */
export interface ShopTerminal extends Standing {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly role: Role
  /** The epoch it may seal in now. */
  readonly epoch: string
  /** The public key it signs with, by epoch. Old ones stay, because old records stay. */
  readonly keys: ReadonlyMap<string, string>
}

export interface Shop {
  readonly id: string
  readonly organisation: string
  readonly name: string
  readonly address?: string
  readonly taxId?: string
  readonly calendar: Calendar
  readonly catalogueShards: number
  /** Whether a terminal may look up, by number, what other terminals of the shop sealed (A2). */
  readonly othersInvoices: boolean
  /** The newest version of the policy. */
  readonly policy: Policy
  readonly terminals: ReadonlyMap<string, ShopTerminal>
}

export class ShopIncomplete extends Error {
  constructor(missing: string) {
    super(`The shop's document lacks ${missing}. Sync this terminal with its relay.`)
    this.name = 'ShopIncomplete'
  }
}

/** What a relay writes to found a shop. */
export interface ShopSettings {
  readonly id: string
  readonly organisation: string
  readonly name: string
  readonly address?: string | undefined
  readonly taxId?: string | undefined
  readonly calendar: Calendar
  readonly catalogueShards: number
  readonly othersInvoices: boolean
  readonly policy: Policy
}

/** Some hundreds of items lie in a shard; sixteen carry about ten thousand. Fixed when the shop is founded. */
export const DEFAULT_SHARDS = 16

export function writeShop(draft: FlatDoc, before: A.Doc<FlatDoc>, settings: ShopSettings): void {
  const set = (key: string, value: string | number | boolean): boolean =>
    put(draft, before, keyOf('shop', key), value)
  set('id', settings.id)
  set('organisation', settings.organisation)
  set('name', settings.name)
  if (settings.address !== undefined) set('address', settings.address)
  if (settings.taxId !== undefined) set('taxId', settings.taxId)
  set('timeZone', settings.calendar.timeZone)
  set('dayStartsAt', settings.calendar.dayStartsAt)
  set('financialYearStart', settings.calendar.financialYearStart)
  set('catalogueShards', settings.catalogueShards)
  set('othersInvoices', settings.othersInvoices)
  put(draft, before, policyKey(settings.policy.version), JSON.stringify(settings.policy))
}

function policyKey(version: number): string {
  return keyOf('policy', String(version).padStart(6, '0'))
}

/** Enters a terminal, or its next epoch with a new key. */
export function writeTerminal(
  draft: FlatDoc,
  before: A.Doc<FlatDoc>,
  terminal: Omit<ShopTerminal, 'keys' | keyof Standing> & { readonly publicKey: string },
): void {
  const set = (key: string, value: string): boolean =>
    put(draft, before, keyOf('terminal', terminal.id, key), value)
  set('code', terminal.code)
  set('name', terminal.name)
  set('role', terminal.role)
  set('epoch', terminal.epoch)
  put(draft, before, keyOf('terminal', terminal.id, 'key', terminal.epoch), terminal.publicKey)
}

export function renameTerminal(draft: FlatDoc, before: A.Doc<FlatDoc>, id: string, name: string): void {
  put(draft, before, keyOf('terminal', id, 'name'), name)
}

function terminalsIn(doc: A.Doc<FlatDoc>): Map<string, ShopTerminal> {
  const found = new Map<string, ShopTerminal>()
  for (const [id, fields] of terminalKeys(doc)) {
    if (!fields.has('code')) continue
    const read = (name: string): string => textAt(doc, keyOf('terminal', id, name)) ?? ''
    const under = (name: string): readonly (readonly [string, string])[] =>
      (fields.get(name) ?? []).map((key) => [segmentsOf(key)[3] ?? '', key])
    found.set(id, {
      id,
      code: read('code'),
      name: read('name'),
      role: read('role') === 'manager' ? 'manager' : 'till',
      epoch: read('epoch'),
      keys: new Map(under('key').map(([epoch, key]) => [epoch, textAt(doc, key) ?? ''])),
      ...readStanding(doc, id, under('given')),
    })
  }
  return found
}

/** The keys of each terminal, by the field they begin with: a shop of a thousand terminals has ten thousand, looked through once. */
function terminalKeys(doc: A.Doc<FlatDoc>): Map<string, Map<string, string[]>> {
  const terminals = new Map<string, Map<string, string[]>>()
  for (const key of keysUnder(doc, 'terminal')) {
    const [, id = '', field = ''] = segmentsOf(key)
    const fields = terminals.get(id) ?? new Map<string, string[]>()
    terminals.set(id, fields)
    const keys = fields.get(field)
    if (keys) keys.push(key)
    else fields.set(field, [key])
  }
  return terminals
}

/** @throws ShopIncomplete when the document has not arrived yet, InvalidInput when its policy is malformed */
export function readShop(doc: A.Doc<FlatDoc>): Shop {
  const need = (field: string): string => {
    const value = textAt(doc, keyOf('shop', field))
    if (value === undefined) throw new ShopIncomplete(`"${field}"`)
    return value
  }
  const policyEntry = keysUnder(doc, 'policy').at(-1)
  if (policyEntry === undefined) throw new ShopIncomplete('a policy')
  const policy = jsonAt(doc, policyEntry)
  validate<Policy>('common.schema.json#/$defs/Policy', policy, 'policy of the shop')
  const address = textAt(doc, keyOf('shop', 'address'))
  const taxId = textAt(doc, keyOf('shop', 'taxId'))
  return {
    id: need('id'),
    organisation: need('organisation'),
    name: need('name'),
    ...(address === undefined ? {} : { address }),
    ...(taxId === undefined ? {} : { taxId }),
    calendar: {
      timeZone: need('timeZone'),
      dayStartsAt: need('dayStartsAt'),
      financialYearStart: need('financialYearStart'),
    },
    catalogueShards: integerAt(doc, keyOf('shop', 'catalogueShards')) ?? DEFAULT_SHARDS,
    othersInvoices: plain(doc[keyOf('shop', 'othersInvoices')]) !== false,
    policy,
    terminals: terminalsIn(doc),
  }
}

/** The shop as an invoice names it. */
export function sellerOf(shop: Shop): Seller {
  return {
    id: shop.id,
    name: shop.name,
    ...(shop.address === undefined ? {} : { address: shop.address }),
    ...(shop.taxId === undefined ? {} : { taxId: shop.taxId }),
  }
}
