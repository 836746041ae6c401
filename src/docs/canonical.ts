import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** A value that JSON can carry without loss. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

export class NotCanonical extends Error {
  constructor(reason: string) {
    super(`This value has no canonical JSON form: ${reason}`)
    this.name = 'NotCanonical'
  }
}

/**
 * The one JSON spelling of a value (RFC 8785), so that a hash over it means the same everywhere.
 * @throws NotCanonical for NaN, infinities, lone surrogates and values JSON cannot carry.
 */
export function canonicalJson(value: unknown): string {
  let text: string | undefined
  try {
    text = canonicalize(value)
  } catch (error) {
    throw new NotCanonical((error as Error).message)
  }
  if (text === undefined) throw new NotCanonical(`${typeof value} is not JSON`)
  return text
}

/** SHA-256 in base64url without padding (43 characters). */
export function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('base64url')
}
