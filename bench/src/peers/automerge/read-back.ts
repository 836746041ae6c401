import type { ReadBack, ServerAddress } from '../../contestant.js'
import { digestOf } from '../../digest.js'
import { idsAtServer } from './at-server.js'
import { CATALOGUE } from './catalogue-id.js'
import type { Layout } from './store.js'
import { connected, terminalRepo } from './terminal-repo.js'

/** Documents that are asked for at a time. */
const AT_ONCE = 20

/** Fetches every document from the server into a repo in memory. */
export async function readBackDocuments(server: ServerAddress, layout: Layout): Promise<ReadBack> {
  const ids = (await idsAtServer(server)).filter((id) => id !== CATALOGUE)
  const repo = terminalRepo()
  const entries: [string, string][] = []
  const nextOnes = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const handle = await repo.find<unknown>(id)
      for (const invoice of layout.invoicesOf(handle.doc())) entries.push([invoice.id, digestOf(invoice)])
    }
  }
  await connected(repo, server, async () => {
    await Promise.all(Array.from({ length: AT_ONCE }, nextOnes))
  })
  return { entries }
}
