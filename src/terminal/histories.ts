import type { View } from '../docs/as-of.js'
import { DocumentHistory } from '../docs/document-history.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import { Order } from '../docs/order.js'
import { endsAt, type Book, type Shelf } from '../docs/shelf.js'
import type { Shop } from '../docs/shop.js'
import { Witnesses } from '../docs/witness.js'
import { DerivedDocuments } from '../storage/derived-documents.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import type { StoredDocuments } from '../storage/stored-documents.js'
import type { Log } from './context.js'
import type { DayBooks } from './day-books.js'
import type { TerminalIdentity } from './identity.js'
import type { Ledger } from './ledger.js'

/** Bytes of histories kept in memory. On the disk a purge would have to find them. */
const KEEP_BYTES = 16 * 1024 * 1024

export interface HistoriesOptions {
  readonly identity: () => TerminalIdentity
  readonly durable: DurableRepo
  readonly stored: StoredDocuments
  readonly names: IndexLog<DocumentName>
  readonly books: DayBooks
  readonly ledger: Ledger
  readonly shop: () => Shop
  readonly log: Log
}

/** The histories of this terminal's documents. When others' changes reached the relay is not known here; own ones have receipts. */
export class Histories {
  readonly #options: HistoriesOptions
  readonly #derived: DerivedDocuments<DocumentHistory>

  constructor(options: HistoriesOptions) {
    this.#options = options
    this.#derived = new DerivedDocuments({
      durable: options.durable,
      stored: options.stored,
      folder: undefined,
      make: () => new DocumentHistory(),
      keepBytes: KEEP_BYTES,
      onFailure: (document, error) =>
        options.log.warn({ document, error: error.message }, 'a history is made anew'),
    })
  }

  /** Here everything is seen as this terminal knows it. */
  get view(): View {
    const { terminal, code } = this.#options.identity()
    return { of: 'terminal', id: terminal, code }
  }

  shelf(): Shelf {
    const { names, identity, shop } = this.#options
    const ends = new Map<string, number>()
    return {
      documents: () => names.entries(),
      open: async (id, name) => {
        const book = await this.#open(id as DocumentId, name)
        if (book) ends.set(id, endsAt(book))
        return book
      },
      // As long as one question is answered.
      isOver: (id, after) => (ends.get(id) ?? Number.MAX_SAFE_INTEGER) < after,
      shards: () => shop().catalogueShards,
      terminal: (idOrCode) => {
        const found = [...shop().terminals.values()].find(
          ({ id, code }) => id === idOrCode || code === idOrCode,
        )
        return found && { id: found.id, code: found.code }
      },
      shop: (idOrName) => {
        const own = identity().shop
        return idOrName === own || idOrName === shop().name ? own : undefined
      },
    }
  }

  async #open(id: DocumentId, name: DocumentName): Promise<Book | undefined> {
    const { books, ledger, log } = this.#options
    if (books.waitingIn(id) > 0) {
      await books.writing.settle().catch((error: unknown) => {
        log.warn(
          { document: id, error: (error as Error).message },
          'what was sealed last is not in its history yet',
        )
      })
    }
    const history = await this.#derived.get(id)
    if (!history) return undefined
    const witnesses = new Witnesses(name)
    for await (const { body } of ledger.of(id)) {
      const heads = body.documents.find((document) => document.id === id)?.heads ?? []
      witnesses.receipted(body.terminal, heads, Date.parse(body.at), body.serial)
    }
    return { id, name, history, order: new Order(id, history), witnesses }
  }
}
