import { generateKeyPairSync } from 'node:crypto'
import { signerFromPem, type Signer } from '../../src/docs/keys.js'

export function newSigner(): Signer {
  const { privateKey } = generateKeyPairSync('ed25519')
  return signerFromPem(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
}

/** Deterministic bytes, so that a failing run can be repeated (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
