import type { DecodedChange } from '@automerge/automerge'
import { BY_LENGTH, readNote } from './change-note.js'
import { positionOf } from './daybook.js'
import { segmentsOf } from './flat.js'
import { schemas } from './generated/schemas.js'
import { shardOf, type DocumentName } from './naming.js'
import { readRecord, verifyRecord } from './record.js'
import { InvalidInput, validate } from './validate.js'

/** Why a change may not be merged, for programs. */
export type ChangeFault =
  /** It touches what is no plain value of the document's map, or a key no such document has. */
  | 'shape'
  /** A value breaks its schema. */
  | 'schema'
  /** Its note names nobody, or another than who brings it. */
  | 'author'
  /** It overwrites or deletes what is final. */
  | 'final'
  /** A record is not signed by its terminal. */
  | 'signature'

/** A change that may not be merged (A3). The message says why, for the operator and the terminal. */
export class ChangeRefused extends Error {
  readonly fault: ChangeFault
  constructor(fault: ChangeFault, reason: string) {
    super(reason)
    this.name = 'ChangeRefused'
    this.fault = fault
  }
}

/** What has to be known beside the change. */
export interface ChangeContext {
  readonly name: DocumentName
  /** Of the shop. */
  readonly catalogueShards: number
  /** Public key of the day book's epoch; undefined for other documents. */
  readonly publicKey?: string
}

/** An operation as Automerge decodes it. */
interface Operation {
  readonly action: string
  readonly obj: string
  readonly pred: readonly string[]
  readonly key?: unknown
  readonly value?: unknown
  readonly insert?: unknown
  readonly datatype?: unknown
}

interface EntrySchema {
  readonly contentSchema?: { readonly $ref: string }
}

const FILE = 'documents.schema.json'
const ENTRIES = { catalogue: 'CatalogueEntries', bills: 'BillEntries', images: 'ImageEntries' } as const

/** Documents whose values have schemas of their own. */
type EntryKind = keyof typeof ENTRIES

/** Of entries whose text holds JSON: their keys, and the schema of what it holds. */
const CONTENTS = {
  catalogue: contentsIn(ENTRIES.catalogue),
  bills: contentsIn(ENTRIES.bills),
  images: contentsIn(ENTRIES.images),
} as const

function contentsIn(definition: string): readonly { readonly keys: RegExp; readonly schema: string }[] {
  const file = schemas.find((schema) => '$id' in schema && schema.$id === FILE) as {
    $defs: Record<string, { patternProperties: Record<string, EntrySchema> }>
  }
  return Object.entries(file.$defs[definition]?.patternProperties ?? {}).flatMap(
    ([pattern, { contentSchema }]) =>
      contentSchema ? [{ keys: new RegExp(pattern, 'u'), schema: contentSchema.$ref }] : [],
  )
}

/**
 * Checks what a change of a terminal does to a document, without the document: it may set, and in bills take away,
 * values of keys the document has, each as its schema says; records are final and signed.
 * @throws ChangeRefused
 */
export function checkChange(change: DecodedChange, context: ChangeContext): void {
  const { name } = context
  if (name.kind !== 'daybook' && !isEntryKind(name.kind)) {
    throw new ChangeRefused('author', `only the relay writes the ${name.kind} document`)
  }
  checkAuthor(change, name)
  const entries: [string, unknown][] = []
  for (const operation of change.ops as readonly Operation[]) {
    const key = keyIn(operation)
    if (operation.action === 'del') {
      if (name.kind !== 'bills')
        throw new ChangeRefused('final', `it deletes "${shown(key)}", which is never deleted`)
      entries.push([key, null])
      continue
    }
    const value = valueIn(operation, key)
    if (name.kind === 'daybook') checkRecord(operation, key, value, name, context.publicKey)
    else if (value === null) throw new ChangeRefused('shape', `"${shown(key)}" is set to nothing`)
    else entries.push([key, value])
    if (name.kind === 'catalogue') checkShard(key, name.shard, context.catalogueShards)
  }
  if (isEntryKind(name.kind)) checkEntries(name.kind, entries)
}

/** Texts of a peer in a message stay readable. */
function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

function checkAuthor(change: DecodedChange, name: DocumentName): void {
  const { terminal, by } = readNote(change.message)
  if (!/^[A-Z][A-Z0-9]?[0-9]$/.test(terminal) || by === '' || by.length > BY_LENGTH)
    throw new ChangeRefused('author', 'its note does not say which terminal made it, and who')
  if (name.kind === 'daybook' && terminal !== name.code)
    throw new ChangeRefused(
      'author',
      `${shown(terminal)} made it, and only ${name.code} writes this day book`,
    )
}

function keyIn({ action, obj, key, insert }: Operation): string {
  if (
    obj !== '_root' ||
    typeof key !== 'string' ||
    insert === true ||
    (action !== 'set' && action !== 'del')
  ) {
    const what = typeof key === 'string' ? `at "${shown(key)}"` : 'inside a value'
    throw new ChangeRefused('shape', `it does "${String(action)}" ${what}; values are only set as a whole`)
  }
  return key
}

/** Text, true or false, null, or bytes. */
function valueIn({ value, datatype }: Operation, key: string): string | boolean | null | Uint8Array {
  if (datatype === undefined) {
    if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
    if (value instanceof Uint8Array) return value
    if (Array.isArray(value)) return Uint8Array.from(value as number[])
  }
  throw new ChangeRefused('schema', `"${shown(key)}" has a value of a type that no such document holds`)
}

function isEntryKind(kind: DocumentName['kind']): kind is EntryKind {
  return kind in ENTRIES
}

function checkEntries(kind: EntryKind, entries: readonly [string, unknown][]): void {
  try {
    for (const content of contentsOf(entries))
      validate(`${FILE}#/$defs/${ENTRIES[kind]}`, Object.fromEntries(content), `change of the ${kind}`)
    for (const [key, value] of entries) checkContent(kind, key, value)
  } catch (error) {
    if (error instanceof InvalidInput) throw new ChangeRefused('schema', error.message)
    throw error
  }
}

/** One change may set a key twice; each value has to stand up by itself. */
function contentsOf(entries: readonly [string, unknown][]): Map<string, unknown>[] {
  const contents: Map<string, unknown>[] = []
  const times = new Map<string, number>()
  for (const [key, value] of entries) {
    const time = times.get(key) ?? 0
    times.set(key, time + 1)
    const content = contents[time] ?? new Map<string, unknown>()
    contents[time] = content.set(key, value)
  }
  return contents
}

/** Text that holds JSON has a schema of its own. */
function checkContent(kind: EntryKind, key: string, value: unknown): void {
  const field = CONTENTS[kind].find(({ keys }) => keys.test(key))
  if (!field || typeof value !== 'string') return
  let content: unknown
  try {
    content = JSON.parse(value)
  } catch {
    throw new ChangeRefused('schema', `"${shown(key)}" is not JSON`)
  }
  validate(field.schema, content, `value of "${shown(key)}"`)
}

function checkShard(key: string, shard: number, shards: number): void {
  const sku = segmentsOf(key)[1] ?? ''
  if (shardOf(sku, shards) !== shard)
    throw new ChangeRefused('shape', `item ${shown(sku)} does not belong into this catalogue shard`)
}

function checkRecord(
  { pred }: Operation,
  key: string,
  value: unknown,
  name: Extract<DocumentName, { kind: 'daybook' }>,
  publicKey: string | undefined,
): void {
  const position = positionOf(key)
  if (position === undefined)
    throw new ChangeRefused('shape', `a day book holds records, and "${shown(key)}" is none`)
  if (pred.length > 0) throw new ChangeRefused('final', `it overwrites record ${position}, which is sealed`)
  let record
  try {
    record = readRecord(value)
  } catch (error) {
    throw new ChangeRefused('schema', `record ${position}: ${(error as Error).message}`)
  }
  const { chain, day } = record.body
  if (chain.position !== position || chain.terminal !== name.code || chain.epoch !== name.epoch)
    throw new ChangeRefused(
      'author',
      `record ${position} is record ${chain.position} of ${chain.terminal}${chain.epoch}`,
    )
  if (day !== name.day) throw new ChangeRefused('shape', `record ${position} belongs to business day ${day}`)
  if (publicKey === undefined || !verifyRecord(record, publicKey))
    throw new ChangeRefused(
      'signature',
      `the signature of record ${position} is not of ${name.code} in epoch ${name.epoch}`,
    )
}
