import { createHash } from 'node:crypto'
import { join } from 'node:path'

/** Half of what file systems allow in a name, which leaves room for what the quarantine adds. */
const PART_BYTES = 128
/** automerge-repo uses three parts; more is a mistake or an attack on the path length. */
const PARTS = 8
/** The first two characters of the first part are one folder, the rest is another. */
export const PREFIX_LENGTH = 2

export class InvalidStorageKey extends Error {
  constructor(key: readonly unknown[], problem: string) {
    super(`Storage key ${JSON.stringify(key)} is refused: ${problem}`)
    this.name = 'InvalidStorageKey'
  }
}

/**
 * Where a key lies below a folder: `<2 chars of key[0]>/<rest of key[0]>/key[1]/key[2]…`
 * @throws InvalidStorageKey for a key that could leave the folder or hide in it
 */
export function pathOfKey(directory: string, key: readonly string[]): string {
  if (key.length === 0 || key.length > PARTS)
    throw new InvalidStorageKey(key, `it must have 1 to ${PARTS} parts`)
  for (const part of key) {
    if (typeof part !== 'string' || part === '') throw new InvalidStorageKey(key, 'a part is empty')
    if (Buffer.byteLength(part) > PART_BYTES) {
      throw new InvalidStorageKey(key, `a part is longer than ${PART_BYTES} bytes`)
    }
    // Names that begin with a dot are ours: temporary files.
    if (part.startsWith('.')) throw new InvalidStorageKey(key, 'a part begins with a dot')
    // eslint-disable-next-line no-control-regex
    if (/[/\\\u0000-\u001f]/.test(part))
      throw new InvalidStorageKey(key, 'a part has a separator or control character')
  }
  const [first = '', ...rest] = key
  if (first.length <= PREFIX_LENGTH) throw new InvalidStorageKey(key, 'its first part is too short')
  if (first[PREFIX_LENGTH] === '.') throw new InvalidStorageKey(key, 'a part begins with a dot')
  return join(directory, first.slice(0, PREFIX_LENGTH), first.slice(PREFIX_LENGTH), ...rest)
}

const LABEL = /^[A-Za-z0-9-]{1,40}$/
const LABELLED = /^([0-9a-f]{64})\.([A-Za-z0-9-]{1,40})$/

/**
 * The name under which one change is stored: SHA-256 of its bytes in hex, and `.<label>` where there is one.
 * @throws InvalidStorageKey for a label other than 1 to 40 letters, digits and hyphens
 */
export function nameOfChange(change: Uint8Array, label?: string): string {
  const hash = createHash('sha256').update(change).digest('hex')
  if (label === undefined) return hash
  if (!LABEL.test(label))
    throw new InvalidStorageKey([label], 'a label has 1 to 40 letters, digits and hyphens')
  return `${hash}.${label}`
}

/** The change's hash and label from such a name; undefined for a name without a label. */
export function labelOfName(name: string): { change: string; label: string } | undefined {
  const [, change, label] = LABELLED.exec(name) ?? []
  return change !== undefined && label !== undefined ? { change, label } : undefined
}
