import * as A from '@automerge/automerge'
import { itemKey, readItem, skusIn, writeItem, type Item, type ItemEdit } from '../docs/catalogue.js'
import type { FlatDoc } from '../docs/flat.js'
import type { ItemView } from '../docs/generated/types.js'
import { groupBy } from '../docs/group.js'
import { authorsOf } from '../docs/history.js'
import { isNamed } from '../docs/images.js'
import { shardOf, type DocumentName } from '../docs/naming.js'
import { parseTaxSpec } from '../docs/tax.js'
import { Refused } from '../protocol/problem.js'
import type { Told } from '../protocol/told.js'
import type { Mode } from './bookkeeping.js'
import type { TerminalIdentity } from './identity.js'
import type { SharedDocuments } from './shared-documents.js'

export interface CatalogueOptions {
  readonly identity: () => TerminalIdentity
  readonly mode: () => Mode
  readonly documents: SharedDocuments
}

/** An item with what a search compares, made once. */
interface Entry {
  readonly item: Item
  readonly sku: string
  readonly name: string
  readonly barcodes: readonly string[]
}

interface Shard {
  readonly heads: string
  readonly items: ReadonlyMap<string, Entry>
  /** Items that are sold, by SKU and by barcode, in lower case. */
  readonly exact: ReadonlyMap<string, Entry>
}

/** Why a person may not edit the catalogue; and the one way round it. */
export interface EditRights {
  /** Edit in disconnected mode too; concurrent edits then show side by side until someone settles them. */
  readonly whileDisconnected?: boolean
}

/** The catalogue as this terminal has it. */
export class Catalogue {
  readonly #options: CatalogueOptions
  readonly #shards = new Map<number, Shard>()

  constructor(options: CatalogueOptions) {
    this.#options = options
  }

  #name(shard: number): DocumentName {
    return { kind: 'catalogue', shop: this.#options.identity().shop, shard }
  }

  #shardOf(sku: string): number {
    return shardOf(sku, this.#options.documents.shop().catalogueShards)
  }

  async #shard(shard: number): Promise<Shard | undefined> {
    const doc = await this.#options.documents.look(this.#name(shard))
    if (!doc) return undefined
    const heads = A.getHeads(doc).join()
    let found = this.#shards.get(shard)
    if (found?.heads !== heads) {
      found = { heads, ...readAll(doc) }
      this.#shards.set(shard, found)
    }
    return found
  }

  /** @throws Refused `unknown-sku` */
  async item(sku: string): Promise<Item> {
    const item = (await this.#shard(this.#shardOf(sku)))?.items.get(sku)?.item
    if (!item)
      throw new Refused(
        'notFound',
        'unknown-sku',
        `There is no item "${sku}" in the catalogue. Check the SKU, or import the item.`,
        { sku },
      )
    return item
  }

  /**
   * The item whose SKU or barcode is the text, else the first that a search finds.
   * @throws Refused `unknown-sku`
   */
  async find(text: string): Promise<Item> {
    const [item] = (await this.search(text, 1)).items
    if (item) return item
    throw new Refused(
      'notFound',
      'unknown-sku',
      `No item of the catalogue is called "${text}", nor has this as its SKU or barcode. Check it, or import the item.`,
      { scanned: text },
    )
  }

  /** An item with who wrote what where a field is in conflict. */
  async view(sku: string): Promise<Told<ItemView>> {
    const item = await this.item(sku)
    if (item.conflicts.length === 0) return { ...item, conflicts: [] }
    const doc = await this.#options.documents.look(this.#name(this.#shardOf(sku)))
    const conflicts = item.conflicts.map(({ field, values }) => {
      const authors = doc ? authorsOf(doc, itemKey(sku, field)) : new Map<string, never>()
      return {
        field,
        values: values.map(({ value, winner, opId }) => {
          const author = authors.get(opId)
          return {
            value,
            winner,
            terminal: author?.note.terminal ?? '',
            by: author?.note.by ?? '',
            at: author?.at ?? '',
          }
        }),
      }
    })
    return { ...item, conflicts }
  }

  /**
   * Items whose SKU or barcode is the text, then those whose SKU begins with it, then those whose name has all its words;
   * each in the order of their names. Those that were withdrawn are found only where they are asked for too.
   * @returns those from `offset` on, and how many there are in all
   */
  async search(
    text: string,
    limit: number,
    offset = 0,
    withdrawnToo = false,
  ): Promise<{ items: Item[]; total: number }> {
    const wanted = text.trim().toLowerCase()
    const words = wanted.split(/\s+/)
    if (limit === 1 && offset === 0) {
      // What a scanner reads is one item, and nobody waits until all others have been compared.
      for await (const { exact } of this.#all()) {
        const found = exact.get(wanted)
        if (found) return { items: [found.item], total: 1 }
      }
    }
    const ranked: [number, Entry][] = []
    for await (const { items } of this.#all()) {
      for (const entry of items.values()) {
        if (entry.item.withdrawn && !withdrawnToo) continue
        const rank = rankOf(entry, wanted, words)
        if (rank !== undefined) ranked.push([rank, entry])
      }
    }
    ranked.sort(([a, x], [b, y]) => a - b || byName(x, y))
    return { items: ranked.slice(offset, offset + limit).map(([, { item }]) => item), total: ranked.length }
  }

  async *all(): AsyncGenerator<Item> {
    for await (const { items } of this.#all()) for (const { item } of items.values()) yield item
  }

  async *#all(): AsyncGenerator<Shard> {
    const count = this.#options.documents.shop().catalogueShards
    for (let shard = 0; shard < count; shard += 1) {
      const found = await this.#shard(shard)
      if (found) yield found
    }
  }

  /**
   * Writes items, a change per shard, each on the disk when it is done.
   * @returns how many items were changed
   * @throws Refused `managers-only`, `disconnected`, `negative-price`, `incomplete-item`, `unnamed-image`; BadTaxSpec
   */
  async edit(
    by: string,
    did: string,
    edits: readonly (ItemEdit & { readonly sku: string })[],
    rights: EditRights = {},
    progress: (done: number) => void = () => undefined,
  ): Promise<number> {
    this.mayEdit(rights)
    await this.#check(edits)
    let changed = 0
    let done = 0
    for (const [shard, group] of groupBy(edits, ({ sku }) => this.#shardOf(sku))) {
      const before = await this.#options.documents.look(this.#name(shard))
      // A change without content would still be a change to sync.
      if (before && !group.some((edit) => differs(before, edit))) {
        done += group.length
        progress(done)
        continue
      }
      await this.#options.documents.change(this.#name(shard), by, did, (draft, old) => {
        for (const edit of group) if (writeItem(draft, old, edit.sku, edit).length > 0) changed += 1
      })
      done += group.length
      progress(done)
    }
    return changed
  }

  async #check(edits: readonly (ItemEdit & { readonly sku: string })[]): Promise<void> {
    for (const { sku, name, price, tax, image } of edits) {
      if (tax !== undefined) parseTaxSpec(tax)
      if (price && price.minor < 0)
        throw new Refused('invalid', 'negative-price', `The price of "${sku}" is negative.`)
      if (image) await this.#mustBeNamed(sku, image)
      if (name !== undefined && price !== undefined) continue
      const known = (await this.#shard(this.#shardOf(sku)))?.items.has(sku)
      if (!known)
        throw new Refused(
          'invalid',
          'incomplete-item',
          `"${sku}" is a new item: it needs a name and a price.`,
          { sku },
        )
    }
  }

  /** An item that shows what nobody ever brought would show nothing, at every terminal. */
  async #mustBeNamed(sku: string, image: string): Promise<void> {
    const { documents, identity } = this.#options
    const doc = await documents.look({ kind: 'images', shop: identity().shop })
    if (doc && isNamed(doc, image)) return
    throw new Refused(
      'invalid',
      'unnamed-image',
      `"${sku}" cannot show image ${image}: the shop has none of this hash. Bring its bytes first (PUT /v1/items/:sku/image, or counterfoil terminal image set), or sync to learn of those of others.`,
      { sku, image },
    )
  }

  /** @throws Refused `managers-only`, `disconnected` */
  mayEdit({ whileDisconnected = false }: EditRights = {}): void {
    if (this.#options.identity().role !== 'manager') {
      throw new Refused(
        'forbidden',
        'managers-only',
        'The catalogue is edited from a terminal that was paired with --role manager.',
      )
    }
    if (this.#options.mode() === 'disconnected' && !whileDisconnected) {
      throw new Refused(
        'forbidden',
        'disconnected',
        'The catalogue is edited in online mode, so that managers see each other’s edits. Work as online client first; or say that you edit while disconnected, and settle what others changed meanwhile after the next sync.',
      )
    }
  }
}

function differs(before: A.Doc<FlatDoc>, { sku, ...edit }: ItemEdit & { readonly sku: string }): boolean {
  return writeItem({}, before, sku, edit).length > 0
}

function readAll(doc: A.Doc<FlatDoc>): Pick<Shard, 'items' | 'exact'> {
  const items = new Map<string, Entry>()
  const exact = new Map<string, Entry>()
  for (const sku of skusIn(doc)) {
    const item = readItem(doc, sku)
    if (!item) continue
    const barcodes = item.barcodes.map((code) => code.toLowerCase())
    const entry = { item, sku: sku.toLowerCase(), name: item.name.toLowerCase(), barcodes }
    items.set(sku, entry)
    if (!item.withdrawn) for (const text of [entry.sku, ...barcodes]) exact.set(text, entry)
  }
  return { items, exact }
}

/**
 * By code units, which for 20,000 items is ten times as quick as a collator. The SKU decides between items of one name,
 * so that pages neither repeat nor skip any.
 */
function byName(a: Entry, b: Entry): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.item.sku < b.item.sku ? -1 : 1
}

function rankOf(entry: Entry, wanted: string, words: readonly string[]): number | undefined {
  if (entry.sku === wanted || entry.barcodes.includes(wanted)) return 0
  if (entry.sku.startsWith(wanted)) return 1
  return words.every((word) => entry.name.includes(word)) ? 2 : undefined
}
