import { canonicalJson } from '../docs/canonical.js'
import { verifySignature, type Signer } from '../docs/keys.js'

/**
 * What a terminal or a relay signs to prove that it holds its key. Each statement begins with its own context, so that
 * a signature given for one purpose is worth nothing for another.
 */
export interface PairingStatement {
  readonly context: 'counterfoil pair 1'
  readonly code: string
  readonly publicKey: string
}

/** What the relay signs, before the terminal signs anything: it holds the key that was pinned at pairing. */
export interface ChallengeStatement {
  readonly context: 'counterfoil challenge 1'
  readonly relay: string
  readonly terminal: string
  /** The terminal's own, so that an old answer of the relay proves nothing. */
  readonly terminalNonce: string
  readonly nonce: string
}

export interface ConnectStatement {
  readonly context: 'counterfoil connect 1'
  readonly relay: string
  readonly terminal: string
  readonly epoch: string
  readonly nonce: string
  readonly protocol: number
}

type Statement = PairingStatement | ChallengeStatement | ConnectStatement

function bytesOf(statement: Statement): Uint8Array {
  return new TextEncoder().encode(canonicalJson(statement))
}

export function prove(statement: Statement, signer: Signer): string {
  return signer.sign(bytesOf(statement))
}

export function proves(statement: Statement, publicKey: string, signature: string): boolean {
  return verifySignature(publicKey, bytesOf(statement), signature)
}
