import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type {
  OpenCommand,
  ReadBack,
  ServerAddress,
  StormCommand,
  TerminalCommands,
} from '../../contestant.js'
import { digestOf } from '../../digest.js'
import { invoicesOf, type Invoice, type InvoiceSpec } from '../../invoices.js'
import { catalogueOf, priceChangesOf, type CatalogueSpec, type Item } from '../../items.js'
import { timed } from '../../terminal-process.js'
import { Client } from './client.js'
import { Outbox } from './outbox.js'
import { loadSqlite } from './sqlite.js'

/** Invoices of one request: half a megabyte. */
const BATCH = 500
/** Items of one request when the catalogue is put at the server. */
const ITEMS_AT_ONCE = 5_000

interface Till {
  readonly terminal: string
  readonly server: ServerAddress
  readonly outbox: Outbox
}

/** The commands of a terminal with an outbox. @param gzip whether batches are compressed */
export async function floorCommands({ gzip }: { readonly gzip: boolean }): Promise<TerminalCommands> {
  const sqlite = await loadSqlite()
  let till: Till | undefined
  let storming: Till[] = []

  const opened = (): Till => {
    if (!till) throw new Error('No terminal is open')
    return till
  }

  return {
    async open({ dir, server, terminal }: OpenCommand) {
      till = { terminal, server, outbox: new Outbox(sqlite, dir) }
    },
    async make(spec: InvoiceSpec) {
      return { latenciesMs: make(opened().outbox, spec) }
    },
    sync: () => timed(() => sync(opened(), gzip)),
    readBack: ({ server }) => readBack(server),
    async prepareStorm({ dir, server, terminals, each, seed, perDay }: StormCommand) {
      storming = Array.from({ length: terminals }, (_, t) => {
        const terminal = `T${t}`
        const outbox = new Outbox(sqlite, join(dir, terminal))
        make(outbox, { seed, from: t * each, count: each, perDay, dayFrom: t * each })
        return { terminal, server, outbox }
      })
    },
    storm: () =>
      timed(async () => {
        await Promise.all(storming.map((one) => sync(one, gzip)))
      }),
    async publish({ seed, items, revision }: CatalogueSpec) {
      const client = new Client(opened().server, gzip)
      const all = [
        ...(revision === 0 ? catalogueOf({ seed, items, revision }) : priceChangesOf({ seed, items })),
      ]
      for (let start = 0; start < all.length; start += ITEMS_AT_ONCE)
        await client.post('/items', JSON.stringify(all.slice(start, start + ITEMS_AT_ONCE)))
      client.close()
    },
    fetchCatalogue: () =>
      timed(async () => {
        const { server, outbox } = opened()
        const client = new Client(server, gzip)
        const { upTo, items } = await client.get<{ upTo: number; items: Item[] }>(
          `/items?since=${outbox.mark('catalogue')}`,
        )
        outbox.putItems(items, upTo)
        client.close()
      }),
    async readCatalogue() {
      return {
        entries: opened()
          .outbox.items()
          .map((item) => [item.sku, digestOf(item)] as const),
      }
    },
    async close() {
      till?.outbox.close()
      for (const { outbox } of storming) outbox.close()
    },
  }
}

function make(outbox: Outbox, spec: InvoiceSpec): number[] {
  const latenciesMs: number[] = []
  for (const invoice of invoicesOf(spec)) {
    const begun = performance.now()
    outbox.put(invoice)
    latenciesMs.push(performance.now() - begun)
  }
  return latenciesMs
}

/** Sends what the server has not answered for, batch after batch, and notes durably how far it has it. */
async function sync({ terminal, server, outbox }: Till, gzip: boolean): Promise<void> {
  const client = new Client(server, gzip)
  let sent = outbox.mark('sent')
  for (let batch = outbox.after(sent, BATCH); batch.length > 0; batch = outbox.after(sent, BATCH)) {
    const bodies = batch.map(({ body }) => body)
    const { stored } = await client.post<{ stored: number }>(
      '/invoices',
      `{"terminal":${JSON.stringify(terminal)},"invoices":[${bodies.join()}]}`,
    )
    if (stored !== batch.length) throw new Error(`The server stored ${stored} of ${batch.length}`)
    sent = batch.at(-1)?.seq ?? sent
    outbox.setMark('sent', sent)
  }
  client.close()
}

async function readBack({ host, port }: ServerAddress): Promise<ReadBack> {
  const response = await fetch(`http://${host}:${port}/invoices`)
  if (!response.ok || !response.body) throw new Error(`It answered ${response.status}`)
  const entries: [string, string][] = []
  for await (const line of createInterface({ input: Readable.fromWeb(response.body as never) })) {
    const invoice = JSON.parse(line) as Invoice
    entries.push([invoice.id, digestOf(invoice)])
  }
  return { entries }
}
