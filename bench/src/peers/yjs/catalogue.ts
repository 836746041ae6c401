import { Doc } from 'yjs'
import type { ReadBack, ServerAddress } from '../../contestant.js'
import { digestOf } from '../../digest.js'
import { catalogueOf, priceChangesOf, type CatalogueSpec, type Item } from '../../items.js'
import { Connection } from './connection.js'
import { CATALOGUE, ITEMS } from './names.js'

/** Puts the catalogue, or the changed prices, at the server, as one document of all items. */
export async function publishCatalogue(spec: CatalogueSpec, server: ServerAddress): Promise<void> {
  const document = new Doc()
  const connection = new Connection(server)
  await connection.fetch([[CATALOGUE, document]])
  document.transact(() => {
    const items = document.getMap(ITEMS)
    for (const item of spec.revision === 0 ? catalogueOf(spec) : priceChangesOf(spec))
      items.set(item.sku, item)
  })
  await connection.store([[CATALOGUE, document]])
  connection.close()
}

export function itemsOf(document: Doc): ReadBack['entries'] {
  const entries = [...document.getMap(ITEMS).entries()] as [string, Item][]
  return entries.map(([sku, item]) => [sku, digestOf(item)])
}
