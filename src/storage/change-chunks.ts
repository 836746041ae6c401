import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'

/*
 * Automerge's chunks, as far as they concern us: magic, 4 bytes of checksum, type, length of the body (LEB128), body.
 * What Automerge calls a change's hash is SHA-256 over type, length and body.
 */
const MAGIC = Uint8Array.of(0x85, 0x6f, 0x4a, 0x83)
const TYPE_AT = 8
export const DOCUMENT = 0
export const CHANGE = 1
export const COMPRESSED_CHANGE = 2
const HASH_LENGTH = 32
/** Seven bits each: five bytes hold every length below 32 GiB, far above what an array can be. */
const LEB_BYTES = 5

export interface ChangeChunk {
  readonly bytes: Uint8Array
  /** SHA-256 of the chunk's bytes, hex. */
  readonly id: string
  /** Automerge's hash of the change, hex; undefined for a compressed change, whose hash is that of its plain form. */
  readonly hash: string | undefined
  /** Hashes of the changes it depends on, hex; empty where `hash` is undefined. */
  readonly deps: readonly string[]
}

/** The changes of what `A.saveSince` or `A.getLastLocalChange` gave; undefined when it is anything else. */
export function splitChanges(blob: Uint8Array): ChangeChunk[] | undefined {
  const changes: ChangeChunk[] = []
  for (let at = 0; at < blob.length;) {
    const chunk = readChunk(blob.subarray(at))
    if (!chunk || (chunk.type !== CHANGE && chunk.type !== COMPRESSED_CHANGE)) return undefined
    const bytes = blob.subarray(at, at + chunk.length)
    const plain = chunk.type === CHANGE
    const deps = plain ? readHashes(chunk.body) : []
    if (!deps) return undefined
    changes.push({
      bytes,
      id: sha256(bytes),
      hash: plain ? sha256(bytes.subarray(TYPE_AT)) : undefined,
      deps,
    })
    at += chunk.length
  }
  return changes.length > 0 ? changes : undefined
}

/** The heads (hex) of what `A.save` gave; undefined when it does not begin with a document. */
export function headsOfSnapshot(snapshot: Uint8Array): string[] | undefined {
  const chunk = readChunk(snapshot)
  return chunk?.type === DOCUMENT ? headsOfDocument(chunk.body) : undefined
}

/** The heads (hex) that the body of a document chunk names; undefined when it is cut. */
export function headsOfDocument(body: Uint8Array): string[] | undefined {
  const actors = readLeb(body, 0)
  if (!actors) return undefined
  let at = actors.next
  for (let actor = 0; actor < actors.value; actor++) {
    const length = readLeb(body, at)
    if (!length) return undefined
    at = length.next + length.value
  }
  return readHashes(body.subarray(at))
}

/** What is smaller hardly shrinks; it is where Automerge begins to deflate as well. */
const DEFLATE_FROM = 256

/** The same chunks, with each change deflated where that pays, as Automerge's format has it. What cannot be read stays as it is. */
export function deflateChanges(blob: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = []
  for (let at = 0; at < blob.length;) {
    const chunk = readChunk(blob.subarray(at))
    if (!chunk) return blob
    const bytes = blob.subarray(at, at + chunk.length)
    const isLarge = chunk.type === CHANGE && bytes.length > DEFLATE_FROM
    const body = isLarge ? deflateRawSync(chunk.body) : undefined
    // The checksum is that of the change as it is when it is not deflated.
    if (body && body.length < chunk.body.length)
      parts.push(bytes.subarray(0, TYPE_AT), Buffer.of(COMPRESSED_CHANGE), lebOf(body.length), body)
    else parts.push(bytes)
    at += chunk.length
  }
  return Buffer.concat(parts)
}

export function lebOf(value: number): Buffer {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest])
    bytes.push((rest % 128) | 0x80)
  }
}

export interface Chunk {
  readonly type: number
  readonly body: Uint8Array
  /** Bytes, header included. */
  readonly length: number
}

/** The chunk that these bytes begin with; undefined when they do not begin with a whole one. */
export function readChunk(bytes: Uint8Array): Chunk | undefined {
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) return undefined
  const type = bytes[TYPE_AT]
  const length = readLeb(bytes, TYPE_AT + 1)
  if (type === undefined || !length || length.next + length.value > bytes.length) return undefined
  const end = length.next + length.value
  return { type, body: bytes.subarray(length.next, end), length: end }
}

/** As many hashes (hex) as the number before them says; undefined when it is cut. */
export function readHashes(body: Uint8Array): string[] | undefined {
  const count = readLeb(body, 0)
  if (!count || count.next + count.value * HASH_LENGTH > body.length) return undefined
  return Array.from({ length: count.value }, (_, index) => {
    const at = count.next + index * HASH_LENGTH
    return Buffer.from(body.subarray(at, at + HASH_LENGTH)).toString('hex')
  })
}

function readLeb(bytes: Uint8Array, at: number): { value: number; next: number } | undefined {
  let value = 0
  for (let index = 0; index < LEB_BYTES; index++) {
    const byte = bytes[at + index]
    if (byte === undefined) return undefined
    value += (byte & 0x7f) * 2 ** (7 * index)
    if (byte < 0x80) return { value, next: at + index + 1 }
  }
  return undefined
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
