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
  return segments.map(escaped).join('/')
}

/** The inverse of {@link keyOf}. */
export function segmentsOf(key: string): string[] {
  const segments = key.split('/')
  // Of a day's many thousand keys hardly one is escaped.
  return key.includes('%') ? segments.map(unescaped) : segments
}

function escaped(segment: string): string {
  return segment.replaceAll('%', '%25').replaceAll('/', '%2F')
}

function unescaped(segment: string): string {
  return segment.replaceAll('%2F', '/').replaceAll('%25', '%')
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
  if (isSame(plain(before[key]), value)) {
    const other = otherValue(before, key, value)
    if (other === undefined) return false
    // Set to what it shows already, Automerge would only delete the others, and the relay takes no deletion.
    draft[key] = stored(other)
  }
  draft[key] = stored(value)
  return true
}

function stored(value: Scalar): FlatValue {
  return typeof value === 'string' ? new A.ImmutableString(value) : value
}

/** A value that was written apart from this one, where it differs: two who wrote the same do not disagree. */
function otherValue(before: A.Doc<FlatDoc>, key: string, value: Scalar): Scalar | undefined {
  const values = Object.values(A.getConflicts(before, key) ?? {}).map(plain)
  return values.find((one) => one !== undefined && !isSame(one, value))
}

function isSame(a: Scalar | undefined, b: Scalar): boolean {
  return a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) === 0 : a === b
}

/** The keys that begin with these segments, in key order. */
export function keysUnder(doc: A.Doc<FlatDoc>, ...segments: readonly string[]): string[] {
  const prefix = `${keyOf(...segments)}/`
  return Object.keys(doc)
    .filter((key) => key.startsWith(prefix))
    .sort()
}
