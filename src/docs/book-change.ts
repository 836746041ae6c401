import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { deflateRaw as deflateRawCallback, deflateRawSync, inflateRawSync } from 'node:zlib'
import { ByteReader, Malformed } from './byte-reader.js'
import { positionOf, recordKey } from './record-key.js'

/*
 * One Automerge change that puts sealed records into a day book, read and written without Automerge. It is the form in
 * which records are stored and sent by the thousand: Automerge takes a hundred times as long to make the same bytes.
 *
 * The format is Automerge's (https://automerge.org/automerge-binary-format-spec/, "Change Chunks"). Only one shape is
 * known here: operations that each set a key of the root map to bytes, with nothing before. For that shape the bytes
 * are the very ones Automerge makes, so that either may read what the other wrote and both compute one hash.
 */

export interface BookChange {
  /** Hex. */
  readonly actor: string
  /** 1 for the actor's first change. */
  readonly seq: number
  /** Of the first record; each record is one operation. */
  readonly startOp: number
  /** Seconds since 1970. */
  readonly time: number
  /** '' for none. */
  readonly message: string
  /** Hashes of the changes it follows, hex. */
  readonly deps: readonly string[]
  /** At least one, ascending. `stored` is what `sealRecord` made. */
  readonly records: readonly BookRecord[]
}

export interface BookRecord {
  readonly position: number
  readonly stored: Uint8Array
}

/** Bytes that are no sound change, or unfold to more than they may. */
export class MalformedChange extends Error {
  constructor(reason: string) {
    super(`This is not a sound change: ${reason}`)
    this.name = 'MalformedChange'
  }
}

const MAGIC = Buffer.of(0x85, 0x6f, 0x4a, 0x83)
const CHECKSUM_BYTES = 4
const HASH_BYTES = 32
const TYPE = { change: 1, compressed: 2 } as const
/** Automerge leaves shorter changes as they are. */
const DEFLATE_FROM_BYTES = 256

const COLUMN = {
  key: 0x15,
  insert: 0x34,
  action: 0x42,
  valueMetadata: 0x56,
  value: 0x57,
  predecessors: 0x70,
} as const
const SET = 1
/** The low four bits of a value's metadata; its length stands above them. */
const BYTES = 7

/** A change as it is stored and sent, and its hash (hex). */
export interface EncodedChange {
  readonly bytes: Uint8Array
  readonly hash: string
}

/** The bytes of a change, deflated when that is worth it. */
export function encodeBookChange(change: BookChange): EncodedChange {
  const body = encodeBody(change)
  return framed(body, isLong(body) ? deflateRawSync(body) : undefined)
}

/** As {@link encodeBookChange}; hundreds of records are deflated while something else goes on. */
export async function encodeBookChangeAside(change: BookChange): Promise<EncodedChange> {
  const body = encodeBody(change)
  return framed(body, isLong(body) ? await deflateRaw(body) : undefined)
}

const deflateRaw = promisify<Uint8Array, Buffer>(deflateRawCallback)

function isLong({ length }: Uint8Array): boolean {
  return length >= DEFLATE_FROM_BYTES
}

function framed(body: Buffer, deflated: Buffer | undefined): EncodedChange {
  const hash = hashOf(body)
  const checksum = hash.subarray(0, CHECKSUM_BYTES)
  const data = deflated ?? body
  const type = deflated ? TYPE.compressed : TYPE.change
  const bytes = Buffer.concat([MAGIC, checksum, Buffer.of(type), unsigned(data.length), data])
  return { bytes: new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length), hash: hash.toString('hex') }
}

/**
 * Reads one change, deflated or not. Records of the result are views into one buffer.
 * @param maxBytes how many bytes it may unfold to
 * @returns undefined for a change of another shape, which is for Automerge to read; it was not looked at further
 * @throws MalformedChange
 */
export function decodeBookChange(
  bytes: Uint8Array,
  maxBytes: number,
): (BookChange & { readonly hash: string }) | undefined {
  try {
    const { body, hash } = unfold(bytes, maxBytes)
    const change = decodeBody(body)
    // Two encodings of one change would have two hashes, and Automerge keeps but its own.
    if (!change || !encodeBody(change).equals(body)) return undefined
    return { ...change, hash: hash.toString('hex') }
  } catch (error) {
    if (error instanceof Malformed) throw new MalformedChange(error.message)
    throw error
  }
}

/**
 * Takes saved Automerge bytes apart into its chunks, which are not looked into.
 * @param most chunks there may be
 * @returns undefined where they are not only changes: saved documents, something else, more of them
 */
export function splitChunks(bytes: Uint8Array, most: number): Uint8Array[] | undefined {
  const chunks: Uint8Array[] = []
  const reader = new ByteReader(bytes)
  try {
    while (reader.left > 0) {
      const start = reader.position
      if (!MAGIC.equals(reader.take(MAGIC.length))) return undefined
      reader.skip(CHECKSUM_BYTES)
      const type = reader.byte()
      if (type !== TYPE.change && type !== TYPE.compressed) return undefined
      reader.skip(reader.unsigned())
      if (chunks.push(bytes.subarray(start, reader.position)) > most) return undefined
    }
  } catch (error) {
    if (error instanceof Malformed) return undefined
    throw error
  }
  return chunks
}

/** What a change is and what it follows, told without reading what it does. */
export interface ChangeHead {
  /** Hex. */
  readonly hash: string
  readonly deps: readonly string[]
}

/**
 * @param maxBytes how many bytes the change may unfold to
 * @throws MalformedChange
 */
export function headOfChange(bytes: Uint8Array, maxBytes: number): ChangeHead {
  try {
    const { body, hash } = unfold(bytes, maxBytes)
    return { hash: hash.toString('hex'), deps: readDeps(new ByteReader(body)) }
  } catch (error) {
    if (error instanceof Malformed) throw new MalformedChange(error.message)
    throw error
  }
}

function readDeps(reader: ByteReader): string[] {
  const count = reader.count(HASH_BYTES)
  return Array.from({ length: count }, () => Buffer.from(reader.take(HASH_BYTES)).toString('hex'))
}

function unfold(bytes: Uint8Array, maxBytes: number): { body: Buffer; hash: Buffer } {
  const reader = new ByteReader(bytes)
  if (!MAGIC.equals(reader.take(MAGIC.length))) throw new Malformed('it does not begin as one')
  const checksum = reader.take(CHECKSUM_BYTES)
  const type = reader.byte()
  const data = reader.take(reader.unsigned())
  if (reader.left > 0) throw new Malformed('bytes follow it')
  if (type !== TYPE.change && type !== TYPE.compressed) throw new Malformed(`it is of the type ${type}`)
  if (data.length > maxBytes) throw new Malformed(`it has more than ${maxBytes} bytes`)
  const body = type === TYPE.compressed ? inflate(data, maxBytes) : Buffer.from(data)
  const hash = hashOf(body)
  if (!hash.subarray(0, CHECKSUM_BYTES).equals(checksum)) throw new Malformed('its checksum is wrong')
  return { body, hash }
}

function inflate(data: Uint8Array, maxBytes: number): Buffer {
  try {
    return inflateRawSync(data, { maxOutputLength: maxBytes })
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    throw new Malformed(isTooLarge ? `it unfolds to more than ${maxBytes} bytes` : 'it cannot be inflated')
  }
}

/** As Automerge defines it: over the type and the length as of a change that is not deflated, and its body. */
function hashOf(body: Uint8Array): Buffer {
  return createHash('sha256')
    .update(Buffer.of(TYPE.change))
    .update(unsigned(body.length))
    .update(body)
    .digest()
}

function encodeBody({ actor, seq, startOp, time, message, deps, records }: BookChange): Buffer {
  const count = records.length
  const text = Buffer.from(message)
  const columns: [number, Buffer][] = [
    [COLUMN.key, keys(records)],
    [COLUMN.insert, unsigned(count)],
    [COLUMN.action, sameAll(SET, count)],
    [COLUMN.valueMetadata, runs(records.map(({ stored }) => stored.length * 16 + BYTES))],
    [COLUMN.value, Buffer.concat(records.map(({ stored }) => stored))],
    [COLUMN.predecessors, sameAll(0, count)],
  ]
  return Buffer.concat([
    unsigned(deps.length),
    ...deps.toSorted().map((hash) => Buffer.from(hash, 'hex')),
    unsigned(actor.length / 2),
    Buffer.from(actor, 'hex'),
    unsigned(seq),
    unsigned(startOp),
    signed(time),
    unsigned(text.length),
    text,
    unsigned(0),
    unsigned(columns.length),
    ...columns.flatMap(([spec, data]) => [unsigned(spec), unsigned(data.length)]),
    ...columns.map(([, data]) => data),
  ])
}

function decodeBody(body: Buffer): BookChange | undefined {
  // A plain array, so that what is taken from it is one as well.
  const reader = new ByteReader(new Uint8Array(body.buffer, body.byteOffset, body.length))
  const hex = (length: number): string => Buffer.from(reader.take(length)).toString('hex')
  const deps = readDeps(reader)
  const actor = hex(reader.unsigned())
  const seq = reader.unsigned()
  const startOp = reader.unsigned()
  const time = reader.signed()
  const message = Buffer.from(reader.take(reader.unsigned())).toString('utf8')
  if (reader.unsigned() !== 0) return undefined
  const columns = new Map<number, Uint8Array>()
  const heads = Array.from({ length: reader.count(2) }, () => [reader.unsigned(), reader.unsigned()] as const)
  for (const [spec, length] of heads) columns.set(spec, reader.take(length))
  const known: readonly number[] = Object.values(COLUMN)
  if (columns.size !== known.length || !known.every((spec) => columns.has(spec))) return undefined
  const positions = readKeys(columns.get(COLUMN.key) as Uint8Array)
  const lengths = positions && readLengths(columns.get(COLUMN.valueMetadata) as Uint8Array, positions.length)
  if (!positions || !lengths) return undefined
  const values = new ByteReader(columns.get(COLUMN.value) as Uint8Array)
  const records = positions.map((position, index) => ({ position, stored: values.take(lengths[index] ?? 0) }))
  return { actor, seq, startOp, time, message, deps, records }
}

/** Keys are all different, so that their column is one run of literals. */
function keys(records: readonly BookRecord[]): Buffer {
  const parts = records.map(({ position }) => {
    const key = recordKey(position)
    return String.fromCharCode(key.length) + key
  })
  return Buffer.concat([signed(-records.length), Buffer.from(parts.join(''), 'latin1')])
}

function readKeys(column: Uint8Array): number[] | undefined {
  const reader = new ByteReader(column)
  const count = -reader.signed()
  if (count < 1 || count > reader.left) return undefined
  const positions: number[] = []
  for (let index = 0; index < count; index += 1) {
    const position = positionOf(Buffer.from(reader.take(reader.unsigned())).toString('latin1'))
    if (position === undefined || position <= (positions.at(-1) ?? -1)) return undefined
    positions.push(position)
  }
  return positions
}

/** At most `count` of them, all bytes; undefined for anything else. */
function readLengths(column: Uint8Array, count: number): number[] | undefined {
  const reader = new ByteReader(column)
  const lengths: number[] = []
  const add = (metadata: number, times: number): boolean => {
    if (metadata % 16 !== BYTES || lengths.length + times > count) return false
    for (let time = 0; time < times; time += 1) lengths.push(Math.floor(metadata / 16))
    return true
  }
  while (reader.left > 0) {
    const length = reader.signed()
    if (length > 0) {
      if (!add(reader.unsigned(), length)) return undefined
    } else {
      for (let value = length; value < 0; value += 1) if (!add(reader.unsigned(), 1)) return undefined
      if (length === 0) return undefined
    }
  }
  return lengths.length === count ? lengths : undefined
}

function sameAll(value: number, count: number): Buffer {
  return Buffer.concat([signed(count === 1 ? -1 : count), unsigned(value)])
}

/** Run-length coding as Automerge does it: equal neighbours are a run, others lie together in a run of literals. */
function runs(values: readonly number[]): Buffer {
  const parts: Buffer[] = []
  let literals: Buffer[] = []
  const endLiterals = (): void => {
    if (literals.length > 0) parts.push(signed(-literals.length), ...literals)
    literals = []
  }
  for (let at = 0; at < values.length;) {
    const value = values[at] ?? 0
    let end = at + 1
    while (values[end] === value) end += 1
    if (end - at === 1) literals.push(unsigned(value))
    else {
      endLiterals()
      parts.push(signed(end - at), unsigned(value))
    }
    at = end
  }
  endLiterals()
  return Buffer.concat(parts)
}

function unsigned(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80)
  return Buffer.from([...bytes, rest])
}

function signed(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    const low = ((rest % 128) + 128) % 128
    const isLast = rest >= -64 && rest < 64
    bytes.push(isLast ? low & 0x7f : low | 0x80)
    if (isLast) return Buffer.from(bytes)
  }
}
