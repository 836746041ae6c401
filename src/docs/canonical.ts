import { hash } from 'node:crypto'
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

/**
 * Whether a text that was parsed to this value is its canonical JSON. Most of them are told without being spelled
 * anew: JSON.stringify writes texts and numbers as RFC 8785 does, in the order in which the members were read.
 */
export function isCanonical(text: string, value: unknown): boolean {
  // A lone surrogate has no canonical form; in JSON it can only be written as an escape.
  if (isInOrder(value) && !text.includes('\\ud')) return JSON.stringify(value) === text
  try {
    return canonicalJson(value) === text
  } catch {
    return false
  }
}

/** Whether the members of all objects come in the order of their names (UTF-16). */
function isInOrder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true
  if (Array.isArray(value)) return value.every(isInOrder)
  let before: string | undefined
  for (const [name, member] of Object.entries(value)) {
    if (before !== undefined && name <= before) return false
    before = name
    if (typeof member === 'object' && !isInOrder(member)) return false
  }
  return true
}

/** SHA-256 in base64url without padding (43 characters). */
export function digest(data: string | Uint8Array): string {
  return hash('sha256', data, 'base64url')
}
