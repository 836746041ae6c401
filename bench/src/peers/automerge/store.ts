import type { Repo } from '@automerge/automerge-repo'
import type { ServerAddress } from '../../contestant.js'
import type { Invoice } from '../../invoices.js'
import { storedAtServer } from './at-server.js'
import { DocumentList } from './document-list.js'
import { connected, terminalRepo } from './terminal-repo.js'

/** How a terminal writes its invoices into documents. */
export interface Layout {
  /** Writes one invoice; resolves when its document is saved. */
  put(invoice: Invoice, repo: Repo, list: DocumentList): Promise<void>
  /** The invoices of one document. */
  invoicesOf(document: unknown): readonly Invoice[]
}

/** A terminal's invoices in a stock repo. */
export class Store {
  readonly repo: Repo
  readonly #list: DocumentList
  readonly #layout: Layout

  constructor(dir: string, layout: Layout) {
    this.repo = terminalRepo(dir)
    this.#list = new DocumentList(dir)
    this.#layout = layout
  }

  put(invoice: Invoice): Promise<void> {
    return this.#layout.put(invoice, this.repo, this.#list)
  }

  /** Connects, which announces the documents in memory; resolves when the server has saved all that was unsent. */
  async send(server: ServerAddress): Promise<void> {
    const ids = this.#list.unsent()
    const handles = await Promise.all(ids.map((id) => this.repo.find(id)))
    const wanted = handles.map((handle) => [handle.documentId, handle.heads()] as const)
    await connected(this.repo, server, () => storedAtServer(server, wanted))
    this.#list.noteSent(ids)
  }

  async close(): Promise<void> {
    await this.repo.flush()
  }
}
