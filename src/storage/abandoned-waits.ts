import type { Repo } from '@automerge/automerge-repo'

type DocSynchronizer =
  Repo['synchronizer']['docSynchronizers'][keyof Repo['synchronizer']['docSynchronizers']]

/**
 * Keeps a sync that nobody needs any more from ending the process.
 *
 * Where a document leaves memory while automerge-repo is about to sync it, that waits for the document to be ready, for
 * 60 s, and rejects where nobody listens. What is needed later begins a sync of its own.
 * @param onAbandoned told of the document and why the wait ended
 */
export function surviveAbandonedWaits(
  { synchronizer }: Repo,
  onAbandoned: (document: string, error: Error) => void,
): void {
  const survive = (document: DocSynchronizer): DocSynchronizer => {
    const beginSync = document.beginSync.bind(document)
    document.beginSync = (peers) =>
      beginSync(peers).catch((error: unknown) => onAbandoned(document.documentId, error as Error))
    return document
  }
  // automerge-repo enters every synchronizer it makes here, before it uses it.
  synchronizer.docSynchronizers = new Proxy(synchronizer.docSynchronizers, {
    set: (target, id, document: DocSynchronizer) => Reflect.set(target, id, survive(document)),
  })
}
