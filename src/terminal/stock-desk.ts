import type * as A from '@automerge/automerge'
import { addDecimals, compareDecimals, negateDecimal, parseDecimal } from '../docs/decimal.js'
import type { FlatDoc } from '../docs/flat.js'
import type { OversoldLine, StockView as Schema } from '../docs/generated/types.js'
import { shardOf } from '../docs/naming.js'
import { countedUpTo, readStock } from '../docs/stock.js'
import type { Told } from '../protocol/told.js'
import type { TerminalIdentity } from './identity.js'
import type { OwnSales } from './own-sales.js'
import type { SharedDocuments } from './shared-documents.js'

/** Stock of an item as this terminal can know it. Quantities are decimals. */
export type StockView = Told<Schema>

/** What an item's stock says beside it in a search; nothing for an item that nobody counts. */
export type StockFact = Pick<StockView, 'onHand' | 'oversold'> | Record<string, never>

export interface StockDeskOptions {
  readonly identity: () => TerminalIdentity
  readonly documents: SharedDocuments
  readonly own: OwnSales
}

/** Stock as the relay knows it plus the terminal's own later sales. */
export class StockDesk {
  readonly #options: StockDeskOptions

  constructor(options: StockDeskOptions) {
    this.#options = options
  }

  async view(sku: string): Promise<StockView> {
    const doc = await this.#shard(sku)
    const { received, soldBy, sold, onHand } = readStock(doc, sku)
    const ownLater = await this.#options.own.since(sku, (book) => countedUpTo(doc, book))
    const left = addDecimals(onHand, negateDecimal(ownLater))
    return {
      sku,
      ...(received === undefined ? {} : { received }),
      soldBy: Object.fromEntries(soldBy),
      sold,
      relayOnHand: parseDecimal(onHand),
      ownLater: parseDecimal(ownLater),
      onHand: parseDecimal(left),
      oversold: received !== undefined && compareDecimals(left, '0') < 0,
    }
  }

  async fact(sku: string): Promise<StockFact> {
    const { received, onHand, oversold } = await this.view(sku)
    return received === undefined ? {} : { onHand, oversold }
  }

  /** Items of which a bill would sell more than is on hand. */
  async oversoldBy(
    lines: readonly { readonly sku: string; readonly quantity: string }[],
  ): Promise<OversoldLine[]> {
    const wanted = new Map<string, string>()
    for (const { sku, quantity } of lines) wanted.set(sku, addDecimals(wanted.get(sku) ?? '0', quantity))
    const found: OversoldLine[] = []
    for (const [sku, quantity] of wanted) {
      const { received, onHand } = await this.view(sku)
      if (received !== undefined && compareDecimals(quantity, onHand) > 0)
        found.push({ sku, onHand, wanted: parseDecimal(quantity) })
    }
    return found
  }

  async #shard(sku: string): Promise<A.Doc<FlatDoc>> {
    const { documents, identity } = this.#options
    const shard = shardOf(sku, documents.shop().catalogueShards)
    return (await documents.look({ kind: 'stock', shop: identity().shop, shard })) ?? {}
  }
}
