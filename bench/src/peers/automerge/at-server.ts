import type { DocumentId, UrlHeads } from '@automerge/automerge-repo'
import type { ServerAddress } from '../../contestant.js'

/** A document and the heads it is to have. */
export type Heads = readonly [id: DocumentId, heads: UrlHeads]

/** Resolves when the server has saved these documents with these heads. */
export async function storedAtServer(server: ServerAddress, wanted: readonly Heads[]): Promise<void> {
  await ask(server, '/stored', { method: 'POST', body: JSON.stringify(wanted) })
}

export async function headsAtServer(server: ServerAddress, id: DocumentId): Promise<UrlHeads> {
  return (await ask(server, `/heads/${id}`)) as UrlHeads
}

/** Ids of all documents that the server has stored. */
export async function idsAtServer(server: ServerAddress): Promise<DocumentId[]> {
  return (await ask(server, '/documents')) as DocumentId[]
}

async function ask({ host, port }: ServerAddress, path: string, init: RequestInit = {}): Promise<unknown> {
  const response = await fetch(`http://${host}:${port}${path}`, init)
  if (!response.ok) throw new Error(`${path} was answered ${response.status}: ${await response.text()}`)
  return response.json()
}
