import type * as A from '@automerge/automerge'
import { noteText } from '../docs/change-note.js'
import {
  isRevoked,
  pendingMove,
  writeGiven,
  writeStanding,
  type EpochGiven,
  type Notes,
} from '../docs/fleet.js'
import type { FlatDoc } from '../docs/flat.js'
import { newId } from '../docs/ids.js'
import { documentId, type DocumentName } from '../docs/naming.js'
import { foldName, readPeople } from '../docs/people.js'
import { epochBefore, nextEpoch } from '../docs/series.js'
import {
  readShop,
  renameTerminal,
  writeShop,
  writeTerminal,
  type Role,
  type Shop,
  type ShopTerminal,
} from '../docs/shop.js'
import { Refused } from '../protocol/problem.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import { Queues } from '../storage/queues.js'
import { decideOptions, defaultOptions, settingsFrom, type RelayConfig, type ShopOptions } from './config.js'

export interface ShopsOptions {
  readonly durable: DurableRepo
  readonly registry: IndexLog<DocumentName>
  readonly organisation: string
  readonly config: RelayConfig
  readonly timeZone: string
  readonly now: () => Date
  readonly random: (bytes: number) => Uint8Array
  /** Told of a terminal that is not what it was. */
  readonly onTerminal: (id: string) => void
}

/** Who changes a shop's document where no person is named: a command on the relay's machine. */
export const OPERATOR = 'relay operator'

/** The shops of a relay and their terminals, kept in one document per shop that only the relay writes. */
export class Shops {
  readonly #options: ShopsOptions
  readonly #shops = new Map<string, Shop>()
  /** Shop id by terminal id. */
  readonly #shopOf = new Map<string, string>()
  /** Codes and epochs are given out one at a time. */
  readonly #queue = new Queues()

  constructor(options: ShopsOptions) {
    this.#options = options
  }

  async load(): Promise<void> {
    for (const [, name] of this.#options.registry.entries()) {
      if (name.kind === 'shop') await this.#read(name.shop)
    }
  }

  #id(shop: string) {
    return documentId(this.#options.organisation, { kind: 'shop', shop })
  }

  async #read(id: string): Promise<Shop> {
    const handle = await this.#options.durable.open<FlatDoc>(this.#id(id))
    if (!handle) throw new Error(`The document of shop ${id} is missing: restore it from a backup`)
    const shop = readShop(handle.doc())
    this.#shops.set(id, shop)
    for (const terminal of shop.terminals.keys()) this.#shopOf.set(terminal, id)
    return shop
  }

  all(): Shop[] {
    return [...this.#shops.values()]
  }

  byName(name: string): Shop | undefined {
    return this.all().find((shop) => shop.name === name)
  }

  /** @throws Refused `unknown-shop` */
  get(id: string): Shop {
    const shop = this.#shops.get(id)
    if (!shop) throw new Refused('notFound', 'unknown-shop', `There is no shop ${id} here.`)
    return shop
  }

  /** The terminal and its shop; undefined for one that was never paired here. */
  terminal(id: string): { shop: Shop; terminal: ShopTerminal } | undefined {
    const shop = this.#shops.get(this.#shopOf.get(id) ?? '')
    const terminal = shop?.terminals.get(id)
    return shop && terminal ? { shop, terminal } : undefined
  }

  /** The key a terminal signed with in an epoch. */
  keyOf(terminal: string, epoch: string): string | undefined {
    return this.terminal(terminal)?.terminal.keys.get(epoch)
  }

  /** The terminal with this code; codes are unique in the organisation. */
  byCode(code: string): ShopTerminal | undefined {
    for (const shop of this.#shops.values()) {
      for (const terminal of shop.terminals.values()) if (terminal.code === code) return terminal
    }
    return undefined
  }

  async #change(
    shop: string,
    did: string,
    write: (draft: FlatDoc, before: A.Doc<FlatDoc>) => void,
    by = OPERATOR,
  ): Promise<Shop> {
    const id = this.#id(shop)
    const options = {
      message: noteText({ terminal: 'relay', by, did }),
      time: Math.floor(this.#options.now().getTime() / 1000),
    }
    const handle = await this.#options.durable.open<FlatDoc>(id)
    if (handle) {
      const before = handle.doc()
      handle.change((draft) => write(draft, before), options)
      await this.#options.durable.flush(id)
    } else {
      await this.#options.registry.set(id, { kind: 'shop', shop })
      await this.#options.durable.create<FlatDoc>(id, options, (draft) => write(draft, {}))
    }
    return this.#read(shop)
  }

  /**
   * Writes more into a shop's document, when nothing else is written into any.
   * @param plan looks at the document as it is and returns what to write; what it throws writes nothing
   */
  write(
    shop: string,
    did: string,
    plan: (before: A.Doc<FlatDoc>) => (draft: FlatDoc, before: A.Doc<FlatDoc>) => void,
    by?: string,
  ): Promise<Shop> {
    return this.#queue.run('shops', async () => this.#change(shop, did, plan(await this.document(shop)), by))
  }

  /** A shop's document as it is. */
  async document(shop: string): Promise<A.Doc<FlatDoc>> {
    const handle = await this.#options.durable.open<FlatDoc>(this.#id(shop))
    if (!handle) throw new Error(`The document of shop ${shop} is missing: restore it from a backup`)
    return handle.doc()
  }

  /** Founds a shop, or gives an existing one new settings; a changed policy becomes its next version. */
  configure(name: string, given: ShopOptions, by?: string): Promise<Shop> {
    return this.#queue.run('shops', () => this.#configure(name, given, by))
  }

  async #configure(name: string, given: ShopOptions, by?: string): Promise<Shop> {
    const { config, organisation, random, timeZone } = this.#options
    const existing = this.byName(name)
    if (!existing) {
      const options = decideOptions(config, name, given, defaultOptions(timeZone))
      const settings = settingsFrom(options, {
        id: newId('shop', random),
        organisation,
        name,
        policyVersion: 1,
      })
      const found = (draft: FlatDoc, before: A.Doc<FlatDoc>): void => writeShop(draft, before, settings)
      return this.#change(settings.id, 'found shop', found, by)
    }
    if (given.catalogueShards !== undefined && given.catalogueShards !== existing.catalogueShards) {
      throw new Refused(
        'conflict',
        'shards-are-fixed',
        `Shop ${name} has ${existing.catalogueShards} catalogue shards since it was founded; that cannot change.`,
      )
    }
    if (
      given.currency !== undefined &&
      given.currency !== existing.policy.currency &&
      existing.terminals.size > 0
    ) {
      throw new Refused(
        'conflict',
        'currency-is-fixed',
        `Shop ${name} bills in ${existing.policy.currency}; that cannot change once it has terminals.`,
      )
    }
    const { version, ...policy } = existing.policy
    const present = {
      ...policy,
      ...existing.calendar,
      catalogueShards: existing.catalogueShards,
      othersInvoices: existing.othersInvoices,
      ...(existing.address === undefined ? {} : { address: existing.address }),
      ...(existing.taxId === undefined ? {} : { taxId: existing.taxId }),
    }
    const options = decideOptions({}, name, given, present)
    const settings = settingsFrom(options, { id: existing.id, organisation, name, policyVersion: version })
    const changed =
      JSON.stringify(settings.policy) !== JSON.stringify({ ...settings.policy, ...existing.policy })
    const next = { ...settings, policy: { ...settings.policy, version: changed ? version + 1 : version } }
    const change = (draft: FlatDoc, before: A.Doc<FlatDoc>): void => writeShop(draft, before, next)
    return this.#change(existing.id, 'change shop settings', change, by)
  }

  /**
   * Enters a terminal that proved to hold `publicKey`. A terminal of that name in that shop gets its next epoch (N2).
   * `known` is the terminal the asking directory was paired as before, `previous` the epoch it was in and the key it
   * proved to hold there. A relay that was restored from a backup may not know that epoch: it learns it, so that what
   * was sealed there is taken, and gives none twice (S5).
   */
  enter(entry: {
    readonly shop: string
    readonly name: string
    readonly role: Role
    readonly publicKey: string
    readonly known: string | undefined
    readonly previous: { readonly epoch: string; readonly publicKey: string } | undefined
    /** Who let it in: made its code. */
    readonly by?: string | undefined
  }): Promise<{ shop: Shop; terminal: ShopTerminal }> {
    return this.#queue.run('shops', () => this.#enter(entry))
  }

  async #enter({
    shop: shopName,
    name,
    role,
    publicKey,
    known,
    previous,
    by,
  }: Parameters<Shops['enter']>[0]) {
    const shop = this.byName(shopName) ?? (await this.#configure(shopName, {}, by))
    const existing = [...shop.terminals.values()].find((terminal) => terminal.name === name)
    if (known !== undefined && known !== existing?.id) {
      throw new Refused(
        'conflict',
        'other-terminal',
        `This directory was paired as another terminal. Use an empty directory for ${name}, or ask for a code for the terminal it was.`,
      )
    }
    if (existing) this.#refuseRevoked(existing)
    const forgotten =
      existing && known && previous && epochBefore(existing.epoch, previous.epoch) ? previous : undefined
    const last = forgotten?.epoch ?? existing?.epoch
    const terminal = {
      id: existing?.id ?? newId('term', this.#options.random),
      code: existing?.code ?? this.#freeCode(name),
      name,
      role,
      epoch: last === undefined ? 'A' : nextEpoch(last),
      publicKey,
    }
    const did = existing ? `pair terminal ${name} again, epoch ${terminal.epoch}` : `pair terminal ${name}`
    const write = (draft: FlatDoc, before: A.Doc<FlatDoc>): void => {
      if (forgotten) writeTerminal(draft, before, { ...terminal, ...forgotten })
      writeTerminal(draft, before, terminal)
      writeGiven(draft, before, terminal.id, terminal.epoch, { at: this.#at(), reason: 'paired' })
    }
    await this.#change(shop.id, did, write, by)
    this.#options.onTerminal(terminal.id)
    return this.#found(terminal.id)
  }

  #at(): string {
    return this.#options.now().toISOString()
  }

  #refuseRevoked(terminal: ShopTerminal): void {
    if (!isRevoked(terminal)) return
    throw new Refused(
      'conflict',
      'terminal-revoked',
      `Terminal ${terminal.name} is revoked. Reinstate it first (counterfoil relay reinstate), then pair it.`,
    )
  }

  /**
   * The terminal of this name.
   * @throws Refused `unknown-shop`, `unknown-terminal`
   */
  named(shopName: string, name: string): { shop: Shop; terminal: ShopTerminal } {
    const shop = this.byName(shopName)
    if (!shop) throw new Refused('notFound', 'unknown-shop', `There is no shop ${shopName} here.`)
    const terminal = [...shop.terminals.values()].find((one) => one.name === name)
    if (!terminal) {
      throw new Refused(
        'notFound',
        'unknown-terminal',
        `Shop ${shopName} has no terminal ${name}. Its terminals: ${[...shop.terminals.values()].map((one) => one.name).join(', ') || 'none'}.`,
      )
    }
    return { shop, terminal }
  }

  /** @throws Refused `terminal-revoked` where a terminal of this name must not be paired again as it stands */
  mayPair(shopName: string, name: string): void {
    for (const terminal of this.byName(shopName)?.terminals.values() ?? [])
      if (terminal.name === name) this.#refuseRevoked(terminal)
  }

  /**
   * Writes how a terminal stands, and with it into the shop's history who did that and why.
   * @param decide what it is to be, from what it is; undefined leaves everything as it is
   */
  note<K extends keyof Notes>(
    id: string,
    field: K,
    did: string,
    by: string | undefined,
    decide: (terminal: ShopTerminal) => Notes[K] | undefined,
  ): Promise<ShopTerminal> {
    return this.#queue.run('shops', async () => {
      const { shop, terminal } = this.#found(id)
      const value = decide(terminal)
      if (value === undefined) return terminal
      await this.#change(
        shop.id,
        `${did} ${terminal.name}`,
        (draft, before) => writeStanding(draft, before, id, field, value),
        by,
      )
      this.#options.onTerminal(id)
      return this.#found(id).terminal
    })
  }

  /**
   * Gives a terminal another name. What it sealed keeps the old one; code and numbers stay.
   * @throws Refused `unknown-shop`, `unknown-terminal`, `name-taken`
   */
  rename(shopName: string, name: string, to: string, by: string | undefined): Promise<ShopTerminal> {
    return this.#queue.run('shops', async () => {
      const { shop, terminal } = this.named(shopName, name)
      if (terminal.name === to) return terminal
      const folded = foldName(to)
      const others = [...shop.terminals.values()].filter(({ id }) => id !== terminal.id)
      const people = readPeople(await this.document(shop.id)).filter(({ active }) => active)
      // What a terminal does by itself it does in its own name.
      if (folded === 'relay' || [...others, ...people].some((known) => foldName(known.name) === folded)) {
        throw new Refused(
          'conflict',
          'name-taken',
          `"${to}" is the name of another terminal, of a person of ${shopName}, or of the relay. Choose another name.`,
        )
      }
      await this.#change(
        shop.id,
        `rename terminal ${terminal.name} to ${to}`,
        (draft, before) => renameTerminal(draft, before, terminal.id, to),
        by,
      )
      this.#options.onTerminal(terminal.id)
      return this.#found(terminal.id).terminal
    })
  }

  /**
   * Gives a directory an epoch of its own, under the key it proved to hold. One that asks again under the same name,
   * because no answer came, gets the same epoch.
   * @param from the epoch whose key it proved to hold
   * @throws Refused `epoch-ended` when another directory seals in a later epoch; a copy may always have its own
   */
  nextEpoch(
    id: string,
    from: string,
    reason: Exclude<EpochGiven['reason'], 'paired'>,
    asked?: string,
  ): Promise<ShopTerminal> {
    return this.#queue.run('shops', () => this.#nextEpoch(id, from, reason, asked))
  }

  async #nextEpoch(...[id, from, reason, asked]: Parameters<Shops['nextEpoch']>): Promise<ShopTerminal> {
    const { shop, terminal } = this.#found(id)
    if (asked !== undefined && terminal.given.get(terminal.epoch)?.asked === asked) return terminal
    if (epochBefore(from, terminal.epoch) && reason !== 'copied') {
      throw new Refused(
        'conflict',
        'epoch-ended',
        `Another directory seals as terminal ${terminal.name} in epoch ${terminal.epoch}. Pair this one again.`,
      )
    }
    if (reason === 'moved' && !pendingMove(terminal))
      throw new Refused(
        'conflict',
        'not-moved',
        `Nobody decided to move terminal ${terminal.name} to a new epoch.`,
      )
    const publicKey = terminal.keys.get(from) ?? ''
    const epoch = nextEpoch(terminal.epoch)
    const given = { at: this.#at(), reason, from, ...(asked === undefined ? {} : { asked }) }
    await this.#change(shop.id, `epoch ${epoch} of ${terminal.name}: ${reason}`, (draft, before) => {
      writeTerminal(draft, before, { ...terminal, epoch, publicKey })
      writeGiven(draft, before, id, epoch, given)
    })
    this.#options.onTerminal(id)
    return this.#found(id).terminal
  }

  #found(id: string): { shop: Shop; terminal: ShopTerminal } {
    const found = this.terminal(id)
    if (!found) throw new Refused('notFound', 'unknown-terminal', `There is no terminal ${id} here.`)
    return found
  }

  /** A terminal called like a code has it as its code, if it is free; else the first free of T01, T02 … */
  #freeCode(name: string): string {
    if (/^[A-Z][A-Z0-9]?[0-9]$/.test(name) && !this.byCode(name)) return name
    for (const first of 'TABCDEFGHIJKLMNOPQRSUVWXYZ') {
      for (let number = 1; number < 100; number += 1) {
        const code = `${first}${String(number).padStart(2, '0')}`
        if (!this.byCode(code)) return code
      }
    }
    throw new Refused('conflict', 'no-code-left', 'All terminal codes of this organisation are taken.')
  }
}
