import { decodeStateVector } from 'yjs'

/** A state vector as it goes over the wire, in base64. */
export function vectorText(vector: Uint8Array): string {
  return Buffer.from(vector).toString('base64')
}

/** Whether a state vector covers all that another has. */
export function covers(stored: string, own: Uint8Array): boolean {
  const has = stored === '' ? new Map<number, number>() : decodeStateVector(Buffer.from(stored, 'base64'))
  return [...decodeStateVector(own)].every(([client, clock]) => (has.get(client) ?? 0) >= clock)
}
