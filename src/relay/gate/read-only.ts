import * as A from '@automerge/automerge'

/**
 * A sync message whose changes were left out: what it says of changes that only its sender has is left out as well,
 * so that neither side asks for the impossible without end (A2).
 * @param message without changes
 * @param doc the document as the relay has it
 */
export function withoutUnknownHeads(message: Uint8Array, doc: A.Doc<unknown>): Uint8Array {
  const decoded = A.decodeSyncMessage(message)
  const isKnown = (head: string): boolean => A.hasHeads(doc, [head])
  const heads = decoded.heads.filter(isKnown)
  const have = decoded.have.map((one) => (one.lastSync.every(isKnown) ? one : { ...one, lastSync: [] }))
  const isHarmless = heads.length === decoded.heads.length
  if (isHarmless && have.every((one, index) => one === decoded.have[index])) return message
  // Where we know none of its heads, as when this relay was restored from a backup: without any the peer would seem to
  // have lost everything, with ours it would seem to be where we are. With the first change it gets what it lacks.
  if (heads.length === 0 && decoded.heads.length > 0) heads.push(...A.topoHistoryTraversal(doc).slice(0, 1))
  return A.encodeSyncMessage({ ...decoded, heads, have })
}
