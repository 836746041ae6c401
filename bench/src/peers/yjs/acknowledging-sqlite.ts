import { SQLite } from '@hocuspocus/extension-sqlite'
import type {
  afterUnloadDocumentPayload,
  onLoadDocumentPayload,
  onRequestPayload,
  onStatelessPayload,
  onStoreDocumentPayload,
} from '@hocuspocus/server'
import { encodeStateVector } from 'yjs'
import { DOCUMENTS_PATH, WHAT_IS_STORED } from './names.js'
import { vectorText } from './vectors.js'

/**
 * The SQLite extension, which also tells what it has stored. Hocuspocus acknowledges an update when its memory has it, and
 * stores the document when nothing has come for the debounce.
 */
export class AcknowledgingSQLite extends SQLite {
  readonly #stored = new Map<string, string>()

  override async onLoadDocument(data: onLoadDocumentPayload): Promise<unknown> {
    const loaded: unknown = await super.onLoadDocument(data)
    this.#stored.set(data.documentName, vectorText(encodeStateVector(data.document)))
    return loaded
  }

  override async onStoreDocument(data: onStoreDocumentPayload): Promise<void> {
    // Taken with the state that is stored: more may come while it is written.
    const vector = vectorText(encodeStateVector(data.document))
    await super.onStoreDocument(data)
    this.#stored.set(data.documentName, vector)
    data.document.broadcastStateless(vector)
  }

  async onStateless({ connection, documentName, payload }: onStatelessPayload): Promise<void> {
    if (payload === WHAT_IS_STORED) connection.sendStateless(this.#stored.get(documentName) ?? '')
  }

  async afterUnloadDocument({ documentName }: afterUnloadDocumentPayload): Promise<void> {
    this.#stored.delete(documentName)
  }

  /** Lists the documents, for a reader that knows none. */
  async onRequest({ request, response }: onRequestPayload): Promise<void> {
    if (request.url !== DOCUMENTS_PATH) return
    const rows = (this.db?.prepare('SELECT name FROM documents').all() ?? []) as { name: string }[]
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(rows.map(({ name }) => name)))
    // This is how the server's own answer is kept back.
    // oxlint-disable-next-line typescript/only-throw-error
    throw null
  }
}
