import type { DocHandle } from '@automerge/automerge-repo'
import { unsealedIn } from '../docs/bills.js'
import type { FlatDoc } from '../docs/flat.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import { sameHeads } from '../protocol/receipt.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { DayBooks } from './day-books.js'
import type { Ledger } from './ledger.js'
import { headsOf, type LocalDocument } from './local-documents.js'
import type { SharedDocuments } from './shared-documents.js'
import type { SharedRegister } from './shared-register.js'

export interface PurgeOptions {
  readonly durable: DurableRepo
  readonly books: DayBooks
  readonly ledger: Ledger
  readonly documents: SharedDocuments
  readonly register: SharedRegister
}

/** Deletes documents from this disk: only at exactly the heads that a verified receipt covers (P1). */
export class Purge {
  readonly #options: PurgeOptions

  constructor(options: PurgeOptions) {
    this.#options = options
  }

  /** Which documents a purge is about. The shop's document stays: without it nothing can be priced. */
  concerns(name: DocumentName, keepCatalogue: boolean): boolean {
    switch (name.kind) {
      case 'daybook':
      case 'bills':
      case 'sales':
        return true
      case 'catalogue':
      case 'stock':
        return !keepCatalogue
      case 'images':
      case 'shop':
        return false
    }
  }

  /** Whether a document can be spared now: no book that is written, no bill that is open. */
  async mayGo({ id, name }: LocalDocument): Promise<boolean> {
    if (name.kind === 'daybook') return this.#options.books.isFrozen(id)
    if (name.kind !== 'bills') return true
    const handle = await this.#options.durable.open<FlatDoc>(id)
    return !handle || !hasOpenBills(handle)
  }

  /**
   * Deletes what is covered. Documents that changed meanwhile, or have no receipt, are kept; what is gone already
   * counts as deleted, so that a purge can be run again after a crash.
   */
  async run(
    documents: readonly { readonly id: DocumentId; readonly heads: readonly string[] }[],
    progress: (done: number, total: number) => void,
  ): Promise<{ purged: number; kept: number }> {
    const gone: DocumentId[] = []
    let kept = 0
    for (const { id, heads } of documents) {
      if (await this.#delete(id, heads)) gone.push(id)
      else kept += 1
      progress(gone.length + kept, documents.length)
    }
    await this.#options.books.drop(gone)
    return { purged: gone.length, kept }
  }

  /** Read from the disk, without a document being made of it. */
  async #headsOfBook(id: DocumentId): Promise<readonly string[] | undefined> {
    return (await this.#options.books.settledContent(id))?.heads
  }

  async #headsOfOther(id: DocumentId): Promise<readonly string[] | undefined> {
    const handle = await this.#options.durable.open<FlatDoc>(id)
    return handle && (hasOpenBills(handle) ? KEPT : headsOf(handle))
  }

  #delete(id: DocumentId, heads: readonly string[]): Promise<boolean> {
    const { books, documents, durable, ledger, register } = this.#options
    // No edit of this terminal comes between the look and the removal; what the relay sends meanwhile it has itself.
    return documents.exclusively(id, async () => {
      if (!ledger.covers(id, heads)) return false
      const present = books.isFrozen(id) ? await this.#headsOfBook(id) : await this.#headsOfOther(id)
      if (!present) return true
      if (!sameHeads(present, heads)) return false
      register.remove(id)
      await durable.forget(id)
      return true
    })
  }
}

/** Heads of what must stay: no receipt is given for these. */
const KEPT: readonly string[] = ['']

function hasOpenBills(handle: DocHandle<FlatDoc>): boolean {
  return unsealedIn(handle.doc()).length > 0
}
