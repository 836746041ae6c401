import type { DocumentName } from '../docs/naming.js'
import { SHOP_BILLS, TERMINAL_DAY_BOOKS } from '../protocol/limits.js'
import type { Identity } from './sessions.js'

/** How many more documents a terminal may bring into being: names are cheap to make up, and are kept for ever. */
export class DocumentQuota {
  #dayBooks = TERMINAL_DAY_BOOKS
  #bills = SHOP_BILLS

  /** @param known the documents the relay has */
  constructor(
    known: Iterable<readonly [string, DocumentName]>,
    { terminal, shop }: Pick<Identity, 'terminal' | 'shop'>,
  ) {
    for (const [, name] of known) {
      if (name.kind === 'daybook' && name.terminal === terminal) this.#dayBooks -= 1
      if (name.kind === 'bills' && name.shop === shop) this.#bills -= 1
    }
  }

  /** Whether there is room for one more; it is taken then. */
  take(name: DocumentName): boolean {
    switch (name.kind) {
      case 'daybook':
        return this.#dayBooks-- > 0
      case 'bills':
        return this.#bills-- > 0
      default:
        // Of every other kind there are only as many as the shop was founded with, or the relay makes itself.
        return true
    }
  }
}
