import * as Automerge from '@automerge/automerge'
import type { Repo } from '@automerge/automerge-repo'
import type { ReadBack, ServerAddress } from '../../contestant.js'
import { digestOf } from '../../digest.js'
import { catalogueOf, priceChangesOf, type CatalogueSpec, type Item } from '../../items.js'
import { storedAtServer } from './at-server.js'
import { CATALOGUE } from './catalogue-id.js'
import { connected, fetchLatest } from './terminal-repo.js'

/** All items, by SKU. */
interface Catalogue extends Record<string, unknown> {
  items: Record<string, Item>
}

/** Puts the catalogue, or the changed prices, at the server, as one document of nested maps. */
export async function publishCatalogue(
  repo: Repo,
  spec: CatalogueSpec,
  server: ServerAddress,
): Promise<void> {
  await connected(repo, server, async () => {
    const handle =
      spec.revision === 0
        ? repo.import<Catalogue>(newCatalogue(spec), { docId: CATALOGUE })
        : await fetchLatest<Catalogue>(repo, server, CATALOGUE)
    if (spec.revision === 1) {
      handle.change(({ items }) => {
        for (const { sku, price } of priceChangesOf(spec)) Object.assign(items[sku] ?? {}, { price })
      })
    }
    await storedAtServer(server, [[CATALOGUE, handle.heads()]])
  })
}

function newCatalogue(spec: CatalogueSpec): Uint8Array {
  const items = Object.fromEntries([...catalogueOf(spec)].map((item) => [item.sku, { ...item }]))
  return Automerge.save(Automerge.from<Catalogue>({ items }))
}

/** Resolves when the catalogue is here, and saved. */
export async function fetchCatalogue(repo: Repo, server: ServerAddress): Promise<void> {
  await connected(repo, server, () => fetchLatest(repo, server, CATALOGUE))
  await repo.flush([CATALOGUE])
}

export async function readCatalogue(repo: Repo): Promise<ReadBack> {
  const { items } = (await repo.find<Catalogue>(CATALOGUE)).doc()
  return { entries: Object.entries(items).map(([sku, item]) => [sku, digestOf(item)]) }
}
