import type PouchDB from 'pouchdb'
import type { Stored } from 'pouchdb'
import type { OpenCommand, ReadBack, ServerAddress } from '../../contestant.js'
import { catalogueOf, priceChangesOf, type CatalogueSpec } from '../../items.js'
import { makeAll } from '../../peers/make.js'
import { stormTerminals } from '../../peers/storm.js'
import { serveCommands, timed } from '../../terminal-process.js'
import { documentsOf, localDatabase, remoteDatabase, replicate } from './database.js'
import {
  documentOfInvoice,
  documentOfItem,
  invoiceEntry,
  itemEntry,
  type InvoiceFields,
  type ItemFields,
} from './documents.js'

let opened: OpenCommand
let invoices: PouchDB<InvoiceFields>
let catalogue: PouchDB<ItemFields> | undefined
let storming: { server: ServerAddress; terminals: readonly PouchDB<InvoiceFields>[] } | undefined

serveCommands({
  async open(command) {
    opened = command
    invoices = localDatabase(command.dir, 'invoices')
  },
  make: (spec) => makeAll(spec, (invoice) => put(invoices, documentOfInvoice(invoice))),
  sync: () => timed(() => send(invoices, opened.server)),
  async readBack({ server }) {
    return { entries: await entriesOf(remoteDatabase<InvoiceFields>(server, 'invoices'), invoiceEntry) }
  },
  async prepareStorm(command) {
    const terminals = await stormTerminals(
      command,
      (dir) => localDatabase<InvoiceFields>(dir, 'invoices'),
      (terminal, invoice) => put(terminal, documentOfInvoice(invoice)),
    )
    storming = { server: command.server, terminals }
  },
  storm: () =>
    timed(async () => {
      if (!storming) throw new Error('No storm was prepared')
      const { server, terminals } = storming
      await Promise.all(terminals.map((terminal) => send(terminal, server)))
    }),
  publish: (spec) => publish(spec, opened.server),
  fetchCatalogue: () =>
    timed(async () => {
      const remote = remoteDatabase<ItemFields>(opened.server, 'catalogue')
      await replicate(remote, localCatalogue())
      await remote.close()
    }),
  async readCatalogue() {
    return { entries: await entriesOf(localCatalogue(), itemEntry) }
  },
  async close() {
    await invoices.close()
    await catalogue?.close()
    for (const terminal of storming?.terminals ?? []) await terminal.close()
  },
})

function localCatalogue(): PouchDB<ItemFields> {
  catalogue ??= localDatabase<ItemFields>(opened.dir, 'catalogue')
  return catalogue
}

async function put<T>(database: PouchDB<T>, document: Stored<T>): Promise<void> {
  await database.put(document)
}

async function send(from: PouchDB<InvoiceFields>, server: ServerAddress): Promise<void> {
  const remote = remoteDatabase<InvoiceFields>(server, 'invoices')
  await replicate(from, remote)
  await remote.close()
}

async function publish(spec: CatalogueSpec, server: ServerAddress): Promise<void> {
  const remote = remoteDatabase<ItemFields>(server, 'catalogue')
  const items = spec.revision === 0 ? catalogueOf(spec) : priceChangesOf(spec)
  const known = new Map<string, Stored<ItemFields>>()
  for await (const document of documentsOf(remote)) {
    const { _id: sku } = document
    known.set(sku, document)
  }
  // What is known is changed, in the revision that it has.
  const documents = [...items].map((item) => ({ ...known.get(item.sku), ...documentOfItem(item) }))
  const answers = await remote.bulkDocs(documents)
  if (answers.some(({ error }) => error)) throw new Error('The catalogue was not taken')
  await remote.close()
}

async function entriesOf<T>(
  database: PouchDB<T>,
  entry: (document: Stored<T>) => [string, string],
): Promise<ReadBack['entries']> {
  const entries: [string, string][] = []
  for await (const document of documentsOf(database)) entries.push(entry(document))
  return entries
}
