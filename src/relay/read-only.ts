import * as A from '@automerge/automerge'

/**
 * A sync message from a peer that may read a document and not write it: the changes it brings are left out, and the
 * heads that only the peer has, so that the relay does not ask for them again and again (A2).
 * @param doc the document as the relay has it
 * @returns the message to use instead, and how many changes were left out
 */
export function withoutChanges(
  message: Uint8Array,
  doc: A.Doc<unknown>,
): { readonly message: Uint8Array; readonly refused: number } {
  const decoded = A.decodeSyncMessage(message)
  const known = decoded.heads.filter((head) => A.hasHeads(doc, [head]))
  const refused = decoded.changes.length
  if (refused === 0 && known.length === decoded.heads.length) return { message, refused }
  // Without any head the peer would seem to have lost everything; with ours it seems to be where we are.
  const heads = known.length > 0 || decoded.heads.length === 0 ? known : A.getHeads(doc)
  return { message: A.encodeSyncMessage({ ...decoded, changes: [], heads }), refused }
}
