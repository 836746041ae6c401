import * as A from '@automerge/automerge'
import type { DocHandle } from '@automerge/automerge-repo'
import type { FlatDoc } from '../docs/flat.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import type { IndexLog } from '../storage/index-log.js'
import type { StoredDocuments } from '../storage/stored-documents.js'
import type { DayBooks } from './day-books.js'
import type { TerminalIdentity } from './identity.js'
import type { Ledger } from './ledger.js'

/** A document on this disk, at its present heads. */
export interface LocalDocument {
  readonly id: DocumentId
  readonly name: DocumentName
  readonly heads: readonly string[]
}

export interface LocalDocumentsOptions {
  readonly identity: () => TerminalIdentity
  readonly stored: StoredDocuments
  readonly names: IndexLog<DocumentName>
  readonly books: DayBooks
  readonly ledger: Ledger
}

/** The documents on this terminal's disk, and which of them hold what the relay has not receipted. */
export class LocalDocuments {
  readonly #options: LocalDocumentsOptions

  constructor(options: LocalDocumentsOptions) {
    this.#options = options
  }

  /** Whether this terminal may have written into a document. */
  writes(name: DocumentName): boolean {
    const { terminal, role } = this.#options.identity()
    switch (name.kind) {
      case 'daybook':
        return name.terminal === terminal
      case 'bills':
        return true
      case 'catalogue':
      case 'images':
        return role === 'manager'
      default:
        return false
    }
  }

  /** All documents on the disk of which `wanted` is true. Day books that are not written any more are not loaded. */
  async list(wanted: (name: DocumentName) => boolean): Promise<LocalDocument[]> {
    const { books, names, stored } = this.#options
    const found: LocalDocument[] = []
    for (const book of await books.onDisk()) {
      if (wanted(book.name)) found.push({ id: book.id, name: book.name, heads: await books.heads(book) })
    }
    for (const [key, name] of names.entries()) {
      if (name.kind === 'daybook' || !wanted(name)) continue
      const heads = await stored.heads(key as DocumentId)
      if (heads) found.push({ id: key as DocumentId, name, heads })
    }
    return found.filter(({ heads }) => heads.length > 0)
  }

  /** What this terminal wrote and no receipt covers at its present heads. */
  async unreceipted(wanted: (name: DocumentName) => boolean = () => true): Promise<LocalDocument[]> {
    const written = await this.list((name) => wanted(name) && this.writes(name))
    return written.filter(({ id, heads }) => !this.#options.ledger.covers(id, heads))
  }

  /** How many documents hold what no receipt covers, with the day book whose records wait to enter it. */
  async countUnreceipted(): Promise<number> {
    const found = new Set((await this.unreceipted()).map(({ id }) => id))
    const open = this.#options.books.writing.open()
    if (open && open.waiting.length > 0) found.add(open.id)
    return found.size
  }
}

export function headsOf(handle: DocHandle<FlatDoc>): readonly string[] {
  return A.getHeads(handle.doc()).toSorted()
}
