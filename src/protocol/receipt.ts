import { canonicalJson } from '../docs/canonical.js'
import type { CustodyReceipt, CustodyReceiptBody } from '../docs/generated/types.js'
import { verifySignature, type Signer } from '../docs/keys.js'
import { validate } from '../docs/validate.js'

export type { CustodyReceipt, CustodyReceiptBody } from '../docs/generated/types.js'

/** A receipt that is not what its relay signed, or not for this terminal. */
export class BadReceipt extends Error {
  constructor(reason: string) {
    super(`The custody receipt is not valid: ${reason}`)
    this.name = 'BadReceipt'
  }
}

function bytesOf(body: CustodyReceiptBody): Uint8Array {
  return new TextEncoder().encode(canonicalJson(body))
}

export function signReceipt(body: CustodyReceiptBody, signer: Signer): CustodyReceipt {
  return { body, signature: signer.sign(bytesOf(body)) }
}

/** Whom a receipt must come from and be for. */
export interface ReceiptExpectation {
  readonly relay: string
  readonly relayKey: string
  readonly terminal: string
}

/**
 * Checks a receipt against the pinned key of the relay.
 * @throws BadReceipt
 */
export function checkReceipt(value: unknown, expected: ReceiptExpectation): CustodyReceipt {
  try {
    validate<CustodyReceipt>('custody-receipt.schema.json', value, 'custody receipt')
  } catch (error) {
    throw new BadReceipt((error as Error).message)
  }
  const { body, signature } = value
  if (body.relay !== expected.relay)
    throw new BadReceipt(`it comes from ${body.relay}, not from ${expected.relay}`)
  if (body.terminal !== expected.terminal) throw new BadReceipt(`it was given to ${body.terminal}`)
  if (!verifySignature(expected.relayKey, bytesOf(body), signature))
    throw new BadReceipt('its signature is wrong')
  return value
}

/** Heads are sets: sorted, they compare as text. */
export function sameHeads(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().join() === b.toSorted().join()
}
