import { join } from 'node:path'
import v8 from 'node:v8'
import type { ReadBack, ServerAddress } from '../../contestant.js'
import { digestOf } from '../../digest.js'
import { SELLER } from '../../invoices.js'
import { catalogueOf, priceChangesOf } from '../../items.js'
import { sideBySide } from '../../side-by-side.js'
import { serveCommands, timed } from '../../terminal-process.js'
import { editOf, invoiceFrom, itemFrom } from './mapping.js'
import { loadFiles, loadProduct, type Product } from './product.js'
import { RelayOperator } from './relay.js'
import { Till } from './till.js'

// As the product's own command does.
if (process.versions.node.startsWith('20.')) v8.setFlagsFromString('--no-turbo-inline-js-wasm-calls')

/** Terminals made side by side for a storm. */
const PREPARED_AT_ONCE = 8
/** As many tills as a department store has; a storm of more is of several shops. */
const TERMINALS_A_SHOP = 50
/** Items of one import, as the product's command cuts them. */
const ITEMS_AT_ONCE = 2_000

/** Loaded when it is needed: to read back takes only files and HTTP. */
let loading: Promise<Product> | undefined
let till: Till | undefined
let storming: Till[] = []

function opened(): Till {
  if (!till) throw new Error('No terminal is open')
  return till
}

function product(): Promise<Product> {
  return (loading ??= loadProduct())
}

/** The relay's operator, with the shop founded. */
async function operatorOf(server: ServerAddress): Promise<RelayOperator> {
  const operator = await RelayOperator.at(await product(), server)
  await operator.foundShop()
  return operator
}

serveCommands({
  async open({ dir, server, terminal, publisher = false, fresh = false }) {
    const role = publisher ? 'manager' : 'till'
    till = await Till.open(await product(), () => operatorOf(server), { dir, server, terminal, role, fresh })
  },
  async make(spec) {
    return { latenciesMs: await opened().make(spec) }
  },
  sync: () => timed(() => opened().sync()),
  async readBack({ server }): Promise<ReadBack> {
    const exported = await (await RelayOperator.at(await loadFiles(), server)).export()
    const bare = exported.find(({ custody }) => custody !== 'receipted')
    if (bare) throw new Error(`${bare.externalRef} is at the relay without a receipt`)
    return {
      entries: exported.map((one) => {
        const invoice = invoiceFrom(one)
        return [invoice.id, digestOf(invoice)] as const
      }),
    }
  },
  async prepareStorm({ dir, server, terminals, each, seed, perDay }) {
    const operator = await operatorOf(server)
    const starts = Array.from({ length: terminals }, (_, t) => ({
      dir: join(dir, `T${t}`),
      server,
      terminal: `T${t}`,
      role: 'till' as const,
      fresh: false,
      sync: true,
      shop: `${SELLER.name} ${Math.floor(t / TERMINALS_A_SHOP) + 1}`,
    }))
    for (const name of new Set(starts.map(({ shop }) => shop))) await operator.foundShop(name)
    const loaded = await product()
    // In a shop terminals are not paired during an outage: all have the shop as it is when the network goes away.
    await sideBySide(PREPARED_AT_ONCE, starts, (start) => Till.pair(loaded, operator, start))
    storming = []
    await sideBySide(PREPARED_AT_ONCE, [...starts.entries()], async ([t, start]) => {
      const one = await Till.open(loaded, async () => operator, start)
      await one.make({ seed, from: t * each, count: each, perDay, dayFrom: t * each })
      storming[t] = one
    })
  },
  storm: () =>
    timed(async () => {
      await Promise.all(storming.map((one) => one.sync()))
    }),
  async publish({ seed, items, revision }) {
    const { agent } = opened()
    const all = [
      ...(revision === 0 ? catalogueOf({ seed, items, revision }) : priceChangesOf({ seed, items })),
    ]
    for (let start = 0; start < all.length; start += ITEMS_AT_ONCE) {
      const edits = all.slice(start, start + ITEMS_AT_ONCE).map(editOf)
      await agent.catalogue.edit('Asha Kulkarni', `import ${edits.length} items`, edits)
    }
    await opened().sync()
  },
  fetchCatalogue: () =>
    timed(async () => {
      await opened().sync()
      const { documents, disk } = opened().agent
      for (const name of documents.known('catalogue')) await disk.durable.flush(documents.id(name))
    }),
  async readCatalogue() {
    const entries: [string, string][] = []
    for await (const found of opened().agent.catalogue.all()) {
      const item = itemFrom(found)
      entries.push([item.sku, digestOf(item)])
    }
    return { entries }
  },
  force: () =>
    timed(async () => {
      const { purged, notTaken } = await opened().online(() =>
        opened().agent.forceComplete('Asha Kulkarni', true),
      )
      if (notTaken.length > 0 || purged === 0)
        throw new Error(`It purged ${purged} documents; not taken: ${JSON.stringify(notTaken.slice(0, 5))}`)
    }),
  async close() {
    await till?.agent.stop()
    for (const one of storming) await one.agent.stop()
  },
})
