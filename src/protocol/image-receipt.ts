import { canonicalJson } from '../docs/canonical.js'
import type { ImageReceipt, ImageReceiptBody } from '../docs/generated/types.js'
import { verifySignature, type Signer } from '../docs/keys.js'
import { validate } from '../docs/validate.js'
import { BadReceipt } from './receipt.js'

export type { ImageReceipt } from '../docs/generated/types.js'

function bytesOf(body: ImageReceiptBody): Uint8Array {
  return new TextEncoder().encode(canonicalJson(body))
}

export function signImageReceipt(body: ImageReceiptBody, signer: Signer): ImageReceipt {
  return { body, signature: signer.sign(bytesOf(body)) }
}

/**
 * A receipt as the relay that signed it reads it from its own log.
 * @throws InvalidInput, BadReceipt
 */
export function readImageReceipt(value: unknown, relay: string, relayKey: string): ImageReceipt {
  validate<ImageReceipt>('relay-api.schema.json#/$defs/ImageReceipt', value, 'receipt of an image')
  return checkImageReceipt(value, { relay, relayKey, shop: value.body.shop })
}

/** Whom a receipt must come from, and for which shop. */
export interface ImageReceiptExpectation {
  readonly relay: string
  readonly relayKey: string
  readonly shop: string
}

/**
 * Checks a receipt against the pinned key of the relay.
 * @throws BadReceipt
 */
export function checkImageReceipt(value: unknown, expected: ImageReceiptExpectation): ImageReceipt {
  try {
    validate<ImageReceipt>('relay-api.schema.json#/$defs/ImageReceipt', value, 'receipt of an image')
  } catch (error) {
    throw new BadReceipt((error as Error).message)
  }
  const { body, signature } = value
  if (body.relay !== expected.relay)
    throw new BadReceipt(`it comes from ${body.relay}, not from ${expected.relay}`)
  if (body.shop !== expected.shop) throw new BadReceipt(`it was given to shop ${body.shop}`)
  if (!verifySignature(expected.relayKey, bytesOf(body), signature))
    throw new BadReceipt('its signature is wrong')
  return value
}
