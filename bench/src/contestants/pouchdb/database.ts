import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import PouchDB, { type Stored } from 'pouchdb'
import type { ServerAddress } from '../../contestant.js'

export type Name = 'invoices' | 'catalogue'

/** Documents of one replication batch: the default of 100 costs a fifth more time. */
const BATCH = 1_000

/** A database on this terminal's disk, in LevelDB. */
export function localDatabase<T>(dir: string, name: Name): PouchDB<T> {
  mkdirSync(dir, { recursive: true })
  return new PouchDB<T>(join(dir, name), { auto_compaction: true })
}

/** The server's database of that name, which all terminals share. */
export function remoteDatabase<T>({ host, port }: ServerAddress, name: Name): PouchDB<T> {
  return new PouchDB<T>(`http://${host}:${port}/${name}`)
}

/** Replicates everything; the server answers a batch when LevelDB has written it. */
export async function replicate<T>(from: PouchDB<T>, to: PouchDB<T>): Promise<void> {
  const { ok, doc_write_failures: failures } = await from.replicate.to(to, { batch_size: BATCH })
  if (!ok || failures > 0) throw new Error(`Replication failed for ${failures} documents`)
}

/** All documents, page by page, as they were put. */
export async function* documentsOf<T>(database: PouchDB<T>): AsyncGenerator<Stored<T>> {
  let after: string | undefined
  for (;;) {
    const { rows } = await database.allDocs({
      include_docs: true,
      limit: BATCH,
      ...(after === undefined ? {} : { startkey: after, skip: 1 }),
    })
    for (const { doc } of rows) if (doc) yield doc
    after = rows.at(-1)?.id
    if (rows.length < BATCH) return
  }
}
