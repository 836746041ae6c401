import * as A from '@automerge/automerge'

/**
 * A sync message from a peer that may read a document and not write it: the changes it brings are left out, and
 * whatever it says of changes that only it has, so that neither side asks for the impossible without end (A2).
 * @param doc the document as the relay has it
 * @returns the message to use instead, and how many changes were left out
 */
export function withoutChanges(
  message: Uint8Array,
  doc: A.Doc<unknown>,
): { readonly message: Uint8Array; readonly refused: number } {
  const decoded = A.decodeSyncMessage(message)
  const isKnown = (head: string): boolean => A.hasHeads(doc, [head])
  const heads = decoded.heads.filter(isKnown)
  const have = decoded.have.map((one) => (one.lastSync.every(isKnown) ? one : { ...one, lastSync: [] }))
  const refused = decoded.changes.length
  const isHarmless = refused === 0 && heads.length === decoded.heads.length
  if (isHarmless && have.every((one, index) => one === decoded.have[index])) return { message, refused }
  // Where we know none of its heads, as when this relay was restored from a backup: without any the peer would seem to
  // have lost everything, with ours it would seem to be where we are. With the first change it gets what it lacks.
  if (heads.length === 0 && decoded.heads.length > 0) heads.push(...A.topoHistoryTraversal(doc).slice(0, 1))
  return { message: A.encodeSyncMessage({ ...decoded, heads, have, changes: [] }), refused }
}
