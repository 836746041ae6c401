import type { PeerId, Repo } from '@automerge/automerge-repo'

type Synchronizer = Repo['synchronizer']
type DocSynchronizer = Synchronizer['docSynchronizers'][keyof Synchronizer['docSynchronizers']]

/**
 * Begins sync anew with a peer that left and comes back.
 *
 * automerge-repo keeps its notes of what a peer has been sent beyond the end of the connection, and reads them over
 * again only for documents that it announces. Where a peer has to ask, as at the relay, what was on its way when the
 * connection ended counts as sent for ever: the peer asks for it, gets an answer without it, and asks again, endlessly.
 */
export function beginAnewWithReturningPeers(repo: Repo): void {
  const { synchronizer } = repo
  const left = new WeakMap<DocSynchronizer, Map<PeerId, Promise<void> | undefined>>()

  const removePeer = synchronizer.removePeer.bind(synchronizer)
  synchronizer.removePeer = (peer) => {
    for (const document of Object.values(synchronizer.docSynchronizers)) {
      if (!document.hasPeer(peer)) continue
      const peers = left.get(document) ?? new Map<PeerId, Promise<void> | undefined>()
      left.set(document, peers.set(peer, undefined))
    }
    removePeer(peer)
  }

  const receiveMessage = synchronizer.receiveMessage.bind(synchronizer)
  synchronizer.receiveMessage = async (message) => {
    const { senderId, documentId } = message
    const document = documentId && synchronizer.docSynchronizers[documentId]
    const peers = document && left.get(document)
    if (document && peers?.has(senderId) && (await repo.shareConfig.access(senderId, documentId))) {
      // Messages that come meanwhile wait as well: none may be answered from the old notes.
      const begun = peers.get(senderId) ?? document.beginSync([senderId])
      peers.set(senderId, begun)
      await begun
      peers.delete(senderId)
    }
    await receiveMessage(message)
  }
}
