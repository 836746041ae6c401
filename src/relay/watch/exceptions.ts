import type * as A from '@automerge/automerge'
import { itemKey, readItem, skusIn } from '../../docs/catalogue.js'
import { textAt, type FlatDoc } from '../../docs/flat.js'
import type { OpenConflict, Oversold, Quarantined, ShopExceptions } from '../../docs/generated/types.js'
import { authorsOf } from '../../docs/history.js'
import { describeDocument, documentId, type DocumentId, type DocumentName } from '../../docs/naming.js'
import type { Shop } from '../../docs/shop.js'
import { oversoldIn, type Stock } from '../../docs/stock.js'
import { Queues } from '../../storage/queues.js'
import type { Relay } from '../relay.js'

/** Listed of one kind and shop: whoever has more looks into the export. */
const LISTED = 500

interface Known<T> {
  readonly heads: string
  readonly found: readonly T[]
}

/**
 * What needs a person's eye: more sold than came in, fields of the catalogue with two values, and damaged documents.
 * What a document holds of that is kept until the document changes.
 */
export class Exceptions {
  readonly #relay: Relay
  readonly #queue = new Queues()
  readonly #stock = new Map<DocumentId, Known<Stock>>()
  readonly #conflicts = new Map<DocumentId, Known<OpenConflict>>()
  readonly #names = new Map<DocumentId, Known<readonly [string, string]>>()

  constructor(relay: Relay) {
    this.#relay = relay
  }

  /** Of one shop; those who ask at the same moment wait for each other, and the second finds it done. */
  of(shop: Shop): Promise<ShopExceptions> {
    return this.#queue.run(shop.id, () => this.#of(shop))
  }

  async #of(shop: Shop): Promise<ShopExceptions> {
    await this.#relay.backlog.settledIfFew()
    const oversold: Oversold[] = []
    const conflicts: OpenConflict[] = []
    const codes = new Map([...shop.terminals.values()].map(({ code, name }) => [code, name]))
    for (let shard = 0; shard < shop.catalogueShards; shard += 1) {
      const stock = await this.#read(this.#stock, { kind: 'stock', shop: shop.id, shard }, oversoldIn)
      const catalogue: DocumentName = { kind: 'catalogue', shop: shop.id, shard }
      conflicts.push(...(await this.#read(this.#conflicts, catalogue, conflictsIn)))
      if (stock.length === 0) continue
      const names = new Map(await this.#read(this.#names, catalogue, namesIn))
      oversold.push(...stock.map((one) => withNames(one, names, codes)))
    }
    return {
      shop: shop.id,
      name: shop.name,
      oversold: oversold.toSorted(bySku).slice(0, LISTED),
      oversoldMore: Math.max(0, oversold.length - LISTED),
      conflicts: conflicts.toSorted(bySku).slice(0, LISTED),
      conflictsMore: Math.max(0, conflicts.length - LISTED),
    }
  }

  async #read<T>(
    known: Map<DocumentId, Known<T>>,
    name: DocumentName,
    look: (doc: A.Doc<FlatDoc>) => readonly T[],
  ): Promise<readonly T[]> {
    const { identity, stored, library } = this.#relay
    const id = documentId(identity.organisation, name)
    const heads = (await stored.heads(id))?.join()
    if (heads === undefined) return []
    const before = known.get(id)
    if (before?.heads === heads) return before.found
    const found = await library.look(id, (doc) => (doc ? look(doc) : []))
    known.set(id, { heads, found })
    return found
  }

  /** @param shop documents of one shop; undefined for all, with those nobody can tell the shop of */
  quarantined(shop: string | undefined): Quarantined[] {
    const { durable, registry } = this.#relay
    return durable.storage
      .damage()
      .map(({ documentId: document, reason, at, path, quarantined, label }) => {
        const name = registry.get(document)
        return {
          document,
          ...(name ? { name: describeDocument(name), shop: name.shop } : {}),
          reason,
          at,
          path,
          quarantined,
          ...(label === undefined ? {} : { label }),
        }
      })
      .filter((one) => shop === undefined || one.shop === shop)
  }
}

function bySku(a: { readonly sku: string }, b: { readonly sku: string }): number {
  return a.sku < b.sku ? -1 : a.sku > b.sku ? 1 : 0
}

function withNames(
  { sku, received = '0', sold, onHand, soldBy }: Stock,
  items: ReadonlyMap<string, string>,
  codes: ReadonlyMap<string, string>,
): Oversold {
  const name = items.get(sku)
  return {
    sku,
    ...(name === undefined ? {} : { name }),
    received,
    sold,
    onHand,
    soldBy: [...soldBy]
      .toSorted(([, a], [, b]) => Number(b) - Number(a))
      .map(([code, quantity]) => {
        const terminal = codes.get(code)
        return { code, ...(terminal === undefined ? {} : { terminal }), quantity }
      }),
  }
}

function namesIn(shard: A.Doc<FlatDoc>): (readonly [string, string])[] {
  return skusIn(shard).map((sku) => [sku, textAt(shard, itemKey(sku, 'name')) ?? sku] as const)
}

function conflictsIn(shard: A.Doc<FlatDoc>): OpenConflict[] {
  return skusIn(shard).flatMap((sku) => {
    const item = readItem(shard, sku)
    return (item?.conflicts ?? []).map(({ field, values }) => {
      const authors = authorsOf(shard, itemKey(sku, field))
      return {
        sku,
        name: item?.name ?? sku,
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
  })
}
