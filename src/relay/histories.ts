import { DocumentHistory } from '../docs/document-history.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import { Order } from '../docs/order.js'
import { endsAt, type Book, type Shelf } from '../docs/shelf.js'
import { Witnesses } from '../docs/witness.js'
import { DerivedDocuments } from '../storage/derived-documents.js'
import type { Disk } from '../storage/disk.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import { Queues } from '../storage/queues.js'
import type { StoredDocuments } from '../storage/stored-documents.js'
import type { Arrivals } from './arrivals.js'
import type { IssuedReceipts } from './issued-receipts.js'
import type { Shops } from './shops.js'

/** Bytes of histories kept in memory: some day books and catalogue shards that are looked through. */
const KEEP_BYTES = 64 * 1024 * 1024

export interface HistoriesOptions {
  /** The folder they are kept in: an absolute path. */
  readonly folder: { readonly path: string; readonly disk: Disk }
  readonly durable: DurableRepo
  readonly stored: StoredDocuments
  readonly registry: IndexLog<DocumentName>
  readonly arrivals: Arrivals
  readonly issued: IssuedReceipts
  readonly shops: Shops
  readonly shardsOf: (shop: string) => number
  readonly onFailure: (document: string, error: Error) => void
}

/** Where a document ended when it was opened last, and what has to be the same for that to hold. */
interface End {
  readonly at: number
  readonly sameAs: string
}

interface Known {
  readonly order: Order
  readonly witnesses: Witnesses
  arrivals: number
  receipts: number
}

/** The histories of the relay's documents, with what it knows of when each change came. */
export class Histories {
  readonly #options: HistoriesOptions
  readonly #derived: DerivedDocuments<DocumentHistory>
  readonly #known = new WeakMap<DocumentHistory, Known>()
  readonly #queues = new Queues()
  readonly #ends = new Map<string, End>()

  constructor(options: HistoriesOptions) {
    this.#options = options
    this.#derived = new DerivedDocuments({
      ...options,
      make: () => new DocumentHistory(),
      keepBytes: KEEP_BYTES,
    })
  }

  /** @param shop the documents of one shop only; undefined for all */
  shelf(shop: string | undefined): Shelf {
    const { registry, shops, shardsOf } = this.#options
    const mine = (name: { readonly shop: string }): boolean => shop === undefined || name.shop === shop
    return {
      documents: () => [...registry.entries()].filter(([, name]) => mine(name)),
      open: (id, name) => this.#open(id as DocumentId, name),
      isOver: (id, after) => this.#isOver(id as DocumentId, after),
      shards: shardsOf,
      terminal: (idOrCode) => {
        if (idOrCode === 'relay') return undefined
        const id = shops.terminal(idOrCode) ? idOrCode : (shops.byCode(idOrCode)?.id ?? '')
        const found = shops.terminal(id)
        // Whether there is one in another shop is not told (A2).
        return found && mine({ shop: found.shop.id }) ? { id, code: found.terminal.code } : undefined
      },
      shop: (idOrName) =>
        shops.all().find(({ id, name }) => (id === idOrName || name === idOrName) && mine({ shop: id }))?.id,
    }
  }

  /** One at a time: what is known of a document is complete before it is handed out. */
  #open(id: DocumentId, name: DocumentName): Promise<Book | undefined> {
    return this.#queues.run(id, () => this.#opened(id, name))
  }

  async #opened(id: DocumentId, name: DocumentName): Promise<Book | undefined> {
    const { arrivals, issued } = this.#options
    await arrivals.settled()
    const sameAs = this.#state(id)
    // What is known of a change is never older than the change: the logs are asked before the document.
    const counts = { arrivals: arrivals.count(id), receipts: issued.count(id) }
    const history = await this.#derived.get(id)
    if (!history) return undefined
    const known = this.#known.get(history) ?? {
      order: new Order(id, history),
      witnesses: new Witnesses(name),
      arrivals: 0,
      receipts: 0,
    }
    this.#known.set(history, known)
    await this.#witness(id, known, counts)
    const book = { id, name, history, order: known.order, witnesses: known.witnesses }
    this.#ends.set(id, { at: endsAt(book), sameAs })
    return book
  }

  #isOver(id: DocumentId, after: number): boolean {
    const end = this.#ends.get(id)
    // In memory it may be further than its files are.
    return (
      end !== undefined &&
      end.at < after &&
      !this.#options.durable.isLoaded(id) &&
      end.sameAs === this.#state(id)
    )
  }

  /** What there is of a document: as long as it is the same, nothing was added. */
  #state(id: DocumentId): string {
    const { durable, arrivals, issued } = this.#options
    return [durable.storage.revision(id), arrivals.count(id), issued.count(id)].join()
  }

  async #witness(
    id: DocumentId,
    known: Known,
    counts: { readonly arrivals: number; readonly receipts: number },
  ): Promise<void> {
    const { arrivals, issued } = this.#options
    const { witnesses } = known
    const from = { arrivals: known.arrivals, receipts: known.receipts }
    known.arrivals = Math.max(from.arrivals, counts.arrivals)
    known.receipts = Math.max(from.receipts, counts.receipts)
    for await (const entry of arrivals.of(id, from.arrivals, known.arrivals)) {
      const at = Date.parse(entry.at)
      if ('changes' in entry) witnesses.came(entry.from, entry.changes, at, entry.serial)
      else witnesses.seen(entry.to, entry.heads, at)
    }
    for await (const { body } of issued.of(id, from.receipts, known.receipts)) {
      const heads = body.documents.find((document) => document.id === id)?.heads ?? []
      witnesses.receipted(body.terminal, heads, Date.parse(body.at), body.serial)
    }
  }
}
