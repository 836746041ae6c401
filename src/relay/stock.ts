import { noteText } from '../docs/change-note.js'
import { groupBy } from '../docs/group.js'
import { shardOf } from '../docs/naming.js'
import { receiveStock } from '../docs/stock.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { OwnDocuments } from './own-documents.js'
import type { Identity } from './sessions.js'
import type { Shops } from './shops.js'

export interface RelayStockOptions {
  readonly durable: DurableRepo
  readonly documents: OwnDocuments
  readonly shops: Shops
  readonly now: () => Date
}

/** Writes the stock documents, which are the relay's own. */
export class RelayStock {
  readonly #options: RelayStockOptions

  constructor(options: RelayStockOptions) {
    this.#options = options
  }

  /**
   * Sets what has been received of each SKU, in all.
   * @returns how many figures were changed
   */
  async receive(
    identity: Identity,
    received: readonly { readonly sku: string; readonly quantity: string }[],
  ): Promise<number> {
    const { durable, documents, shops, now } = this.#options
    const { catalogueShards } = shops.get(identity.shop)
    const byShard = groupBy(received, ({ sku }) => shardOf(sku, catalogueShards))
    let changed = 0
    for (const [shard, figures] of byShard) {
      const handle = await documents.own({ kind: 'stock', shop: identity.shop, shard })
      const before = handle.doc()
      const options = {
        message: noteText({ terminal: identity.code, by: 'manager', did: 'receive stock' }),
        time: Math.floor(now().getTime() / 1000),
      }
      handle.change((draft) => {
        for (const { sku, quantity } of figures) if (receiveStock(draft, before, sku, quantity)) changed += 1
      }, options)
      await durable.flush(handle.documentId)
    }
    return changed
  }
}
