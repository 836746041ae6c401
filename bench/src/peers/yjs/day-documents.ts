import { join } from 'node:path'
import { LeveldbPersistence } from 'y-leveldb'
import type { Doc } from 'yjs'
import type { ServerAddress } from '../../contestant.js'
import type { Invoice } from '../../invoices.js'
import { Connection } from './connection.js'
import { CATALOGUE, INVOICES, dayName } from './names.js'

/** Noted with a document that the server had stored in full when it was synced, and that has not changed since. */
const SENT = 'sent'

/** A terminal's documents, one for each day, kept in LevelDB: every update is written as it comes. */
export class DayDocuments {
  readonly #persistence: LeveldbPersistence
  readonly #terminal: string
  readonly #documents = new Map<string, Doc>()
  /** Names of those of them that are noted as sent. */
  readonly #sent = new Set<string>()
  /** Writes that are under way. */
  readonly #writes = new Set<Promise<unknown>>()

  constructor(dir: string, terminal: string) {
    this.#persistence = new LeveldbPersistence(join(dir, 'documents'))
    this.#terminal = terminal
  }

  /** Adds an invoice to its day; resolves when LevelDB has written it. */
  async put(invoice: Invoice): Promise<void> {
    const name = dayName(this.#terminal, invoice.day)
    const document = await this.document(name)
    if (this.#sent.delete(name)) await this.#persistence.delMeta(name, SENT)
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
    if (await this.#isSent(name)) this.#sent.add(name)
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
    for (const [name] of unsent) {
      await this.#persistence.setMeta(name, SENT, true)
      this.#sent.add(name)
    }
  }

  async close(): Promise<void> {
    await this.written()
    await this.#persistence.destroy()
  }

  async #unsent(): Promise<[string, Doc][]> {
    const unsent: [string, Doc][] = []
    for (const name of await this.#persistence.getAllDocNames()) {
      if (name === CATALOGUE || (await this.#isSent(name))) continue
      unsent.push([name, await this.document(name)])
    }
    return unsent
  }

  async #isSent(name: string): Promise<boolean> {
    return this.#sent.has(name) || (await this.#persistence.getMeta(name, SENT)) === true
  }
}
