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
  const ordered = inOrder(value)
  let text = ordered === undefined ? undefined : JSON.stringify(ordered)
  if (text !== undefined && !text.includes(SURROGATE_ESCAPE)) return text
  try {
    text = canonicalize(value)
  } catch (error) {
    throw new NotCanonical((error as Error).message)
  }
  if (text === undefined) throw new NotCanonical(`${typeof value} is not JSON`)
  return text
}

/** A lone surrogate has no canonical form; in JSON it can only be written as an escape. */
const SURROGATE_ESCAPE = '\\ud'

/**
 * A copy with the members of all objects in the order of their names (UTF-16): what JSON.stringify writes of it is the
 * canonical form, since it spells texts and numbers as RFC 8785 does, and natively.
 * @returns undefined for what is left to the library: what JSON cannot carry, or what no object keeps in that order
 */
function inOrder(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'object') return undefined
  return Array.isArray(value) ? arrayInOrder(value) : objectInOrder(value)
}

function arrayInOrder(value: readonly unknown[]): unknown[] | undefined {
  const copy: unknown[] = []
  // By index, so that a hole is seen as what it is.
  for (let at = 0; at < value.length; at += 1) {
    const member = inOrder(value[at])
    if (member === undefined) return undefined
    copy.push(member)
  }
  return copy
}

function objectInOrder(value: object): Record<string, unknown> | undefined {
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined
  const members = value as Readonly<Record<string, unknown>>
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(members).sort()) {
    // Names that look like an index come first in every object, and this one is no member at all.
    if (name === '__proto__' || /^\d/.test(name)) return undefined
    if (members[name] === undefined) continue
    const member = inOrder(members[name])
    if (member === undefined) return undefined
    copy[name] = member
  }
  return copy
}

/**
 * Whether a text that was parsed to this value is its canonical JSON. Most of them are told without being spelled
 * anew: JSON.stringify writes texts and numbers as RFC 8785 does, in the order in which the members were read.
 */
export function isCanonical(text: string, value: unknown): boolean {
  if (isInOrder(value) && !text.includes(SURROGATE_ESCAPE)) return JSON.stringify(value) === text
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
