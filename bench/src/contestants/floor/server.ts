import { mkdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express from 'express'
import type { Invoice } from '../../invoices.js'
import type { Item } from '../../items.js'
import { argumentsOf, ready, untilTerminated } from '../../server-process.js'
import { closeDatabase, inTransaction, loadSqlite } from './sqlite.js'

const { dir, port } = argumentsOf()
mkdirSync(dir, { recursive: true })
const database = (await loadSqlite()).open(join(dir, 'server.db'))
database.exec(`
  CREATE TABLE IF NOT EXISTS invoices (id TEXT PRIMARY KEY, terminal TEXT NOT NULL, body TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS items (sku TEXT PRIMARY KEY, change INTEGER NOT NULL, body TEXT NOT NULL);
  CREATE INDEX IF NOT EXISTS items_by_change ON items (change);
`)
// What comes twice is kept once.
const insert = database.prepare('INSERT OR IGNORE INTO invoices (id, terminal, body) VALUES (?, ?, ?)')
const putItem = database.prepare(
  'INSERT INTO items (sku, change, body) VALUES (?, ?, ?) ON CONFLICT (sku) DO UPDATE SET change = excluded.change, body = excluded.body',
)
const latest = database.prepare('SELECT coalesce(max(change), 0) AS change FROM items')
const lastChange = (): number => (latest.get() as { change: number }).change

const app = express()
app.use(express.json({ limit: '16mb' }))

/** A batch is durable when it is answered. */
app.post('/invoices', (request, response) => {
  const { terminal, invoices } = request.body as { terminal: string; invoices: Invoice[] }
  inTransaction(database, () => {
    for (const invoice of invoices) insert.run(invoice.id, terminal, JSON.stringify(invoice))
  })
  response.json({ stored: invoices.length })
})

app.get('/invoices', (_request, response) => {
  response.type('application/x-ndjson')
  for (const row of database.prepare('SELECT body FROM invoices').iterate())
    response.write(`${(row as { body: string }).body}\n`)
  response.end()
})

app.post('/items', (request, response) => {
  const items = request.body as Item[]
  const change = lastChange() + 1
  inTransaction(database, () => {
    for (const item of items) putItem.run(item.sku, change, JSON.stringify(item))
  })
  response.json({ change })
})

app.get('/items', (request, response) => {
  const since = Number(request.query['since'] ?? 0)
  const upTo = lastChange()
  const rows = database.prepare('SELECT body FROM items WHERE change > ? ORDER BY sku').all(since)
  const bodies = rows.map((row) => (row as { body: string }).body)
  response.type('json').send(`{"upTo":${upTo},"items":[${bodies.join()}]}`)
})

const server = app.listen(port, '127.0.0.1', () => ready((server.address() as AddressInfo).port))
untilTerminated(() => {
  server.closeAllConnections()
  closeDatabase(database)
})
