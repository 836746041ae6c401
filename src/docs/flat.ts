import * as A from '@automerge/automerge'

/**
 * Every Counterfoil document is one flat map from a path-like key to a scalar. Two terminals can then create the
 * same thing while apart without hiding each other's object, each value merges by itself, and history and
 * conflicts are per key.
 */
export type Scalar = string | number | boolean | null | Uint8Array
export type FlatValue = number | boolean | null | Uint8Array | A.ImmutableString
export type FlatDoc = Record<string, FlatValue>

/** Joins segments into a key; a slash inside a segment is escaped, so that SKUs may contain one. */
export function keyOf(...segments: readonly string[]): string {
  return segments.map((segment) => segment.replaceAll('%', '%25').replaceAll('/', '%2F')).join('/')
}

/** The inverse of {@link keyOf}. */
export function segmentsOf(key: string): string[] {
  return key.split('/').map((segment) => segment.replaceAll('%2F', '/').replaceAll('%25', '%'))
}

/** What a stored value means to everything that is not Automerge. */
export function plain(value: unknown): Scalar | undefined {
  if (value === undefined) return undefined
  if (A.isImmutableString(value)) return value.val
  if (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    value instanceof Uint8Array
  ) {
    return value
  }
  // A peer may write any type Automerge knows; what no Counterfoil document holds reads as its text.
  return String(value)
}

/** The text under `key`, or undefined where there is none or it is no text. */
export function textAt(doc: A.Doc<FlatDoc>, key: string): string | undefined {
  const value = plain(doc[key])
  return typeof value === 'string' ? value : undefined
}

export function integerAt(doc: A.Doc<FlatDoc>, key: string): number | undefined {
  const value = plain(doc[key])
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}

/** The JSON value under `key`; undefined where there is none or it does not parse. */
export function jsonAt(doc: A.Doc<FlatDoc>, key: string): unknown {
  const text = textAt(doc, key)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * Writes a value inside a change. The same value is not written again, so that an import of an unchanged file
 * changes nothing; where there is a conflict it is written, because that settles it.
 * @returns whether anything was written
 */
export function put(draft: FlatDoc, before: A.Doc<FlatDoc>, key: string, value: Scalar): boolean {
  const old = plain(before[key])
  const same =
    old instanceof Uint8Array && value instanceof Uint8Array
      ? Buffer.compare(old, value) === 0
      : old === value && old !== undefined
  if (same && A.getConflicts(before, key) === undefined) return false
  draft[key] = typeof value === 'string' ? new A.ImmutableString(value) : value
  return true
}

/** The keys that begin with these segments, in key order. */
export function keysUnder(doc: A.Doc<FlatDoc>, ...segments: readonly string[]): string[] {
  const prefix = `${keyOf(...segments)}/`
  return Object.keys(doc)
    .filter((key) => key.startsWith(prefix))
    .sort()
}
