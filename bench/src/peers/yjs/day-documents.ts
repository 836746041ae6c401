import { join } from 'node:path'
import { LeveldbPersistence } from 'y-leveldb'
import { encodeStateVector, type Doc } from 'yjs'
import type { ServerAddress } from '../../contestant.js'
import type { Invoice } from '../../invoices.js'
import { Connection } from './connection.js'
import { CATALOGUE, INVOICES, dayName } from './names.js'
import { covers, vectorText } from './vectors.js'

/** Of a document: the state vector that the server had stored when it was last synced. */
const STORED = 'stored'

/** A terminal's documents, one for each day, kept in LevelDB: every update is written as it comes. */
export class DayDocuments {
  readonly #persistence: LeveldbPersistence
  readonly #terminal: string
  readonly #documents = new Map<string, Doc>()
  /** Writes that are under way. */
  readonly #writes = new Set<Promise<unknown>>()

  constructor(dir: string, terminal: string) {
    this.#persistence = new LeveldbPersistence(join(dir, 'documents'))
    this.#terminal = terminal
  }

  /** Adds an invoice to its day; resolves when LevelDB has written it. */
  async put(invoice: Invoice): Promise<void> {
    const document = await this.document(dayName(this.#terminal, invoice.day))
    document.getMap(INVOICES).set(invoice.id, invoice)
    await this.written()
  }

  /** Loads a document, or makes it; what changes in it is written. */
  async document(name: string): Promise<Doc> {
    const known = this.#documents.get(name)
    if (known) return known
    const document = await this.#persistence.getYDoc(name)
    document.on('update', (update: Uint8Array) => {
      const write = this.#persistence.storeUpdate(name, update).finally(() => this.#writes.delete(write))
      this.#writes.add(write)
    })
    this.#documents.set(name, document)
    return document
  }

  /** Resolves when all changes are written. */
  async written(): Promise<void> {
    await Promise.all(this.#writes)
  }

  /** Sends the days that the server has not stored in full; resolves when it has. */
  async send(server: ServerAddress): Promise<void> {
    const connection = new Connection(server)
    const unsent = await this.#unsent()
    await connection.store(unsent)
    connection.close()
    for (const [name, document] of unsent)
      await this.#persistence.setMeta(name, STORED, vectorText(encodeStateVector(document)))
  }

  async close(): Promise<void> {
    await this.written()
    await this.#persistence.destroy()
  }

  async #unsent(): Promise<[string, Doc][]> {
    const names = await this.#persistence.getAllDocNames()
    const unsent: [string, Doc][] = []
    for (const name of names.filter((name) => name !== CATALOGUE)) {
      const stored = (await this.#persistence.getMeta(name, STORED)) as string | undefined
      const document = await this.document(name)
      if (!covers(stored ?? '', encodeStateVector(document))) unsent.push([name, document])
    }
    return unsent
  }
}
