import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Invoice } from '../../invoices.js'
import type { Item } from '../../items.js'
import { closeDatabase, inTransaction, type Database, type Sqlite, type Statement } from './sqlite.js'

export interface Waiting {
  readonly seq: number
  readonly body: string
}

/** A terminal's database: its invoices in the order they were made, how far the server has them, and the catalogue. */
export class Outbox {
  readonly #database: Database
  readonly #insert: Statement
  readonly #waiting: Statement
  readonly #mark: Statement

  constructor(sqlite: Sqlite, dir: string) {
    mkdirSync(dir, { recursive: true })
    this.#database = sqlite.open(join(dir, 'outbox.db'))
    this.#database.exec(`
      CREATE TABLE IF NOT EXISTS invoices (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body TEXT NOT NULL);
      CREATE TABLE IF NOT EXISTS marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
      CREATE TABLE IF NOT EXISTS items (sku TEXT PRIMARY KEY, body TEXT NOT NULL);
    `)
    this.#insert = this.#database.prepare('INSERT INTO invoices (id, body) VALUES (?, ?)')
    this.#waiting = this.#database.prepare(
      'SELECT seq, body FROM invoices WHERE seq > ? ORDER BY seq LIMIT ?',
    )
    this.#mark = this.#database.prepare(
      'INSERT INTO marks (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
    )
  }

  /** Keeps an invoice; it is durable when this returns. */
  put(invoice: Invoice): void {
    this.#insert.run(invoice.id, JSON.stringify(invoice))
  }

  /** The next invoices after a place, oldest first. */
  after(seq: number, most: number): Waiting[] {
    return this.#waiting.all(seq, most) as Waiting[]
  }

  /** How far the server has them (`sent`), or which change of the catalogue came last (`catalogue`). */
  mark(name: 'sent' | 'catalogue'): number {
    const row = this.#database.prepare('SELECT value FROM marks WHERE name = ?').get(name)
    return (row as { value: number } | undefined)?.value ?? 0
  }

  setMark(name: 'sent' | 'catalogue', value: number): void {
    this.#mark.run(name, value)
  }

  /** Takes items over, and that they are there, in one durable step. */
  putItems(items: readonly Item[], upTo: number): void {
    const put = this.#database.prepare(
      'INSERT INTO items (sku, body) VALUES (?, ?) ON CONFLICT (sku) DO UPDATE SET body = excluded.body',
    )
    inTransaction(this.#database, () => {
      for (const item of items) put.run(item.sku, JSON.stringify(item))
      this.setMark('catalogue', upTo)
    })
  }

  items(): Item[] {
    return this.#database
      .prepare('SELECT body FROM items')
      .all()
      .map((row) => JSON.parse((row as { body: string }).body) as Item)
  }

  close(): void {
    closeDatabase(this.#database)
  }
}
