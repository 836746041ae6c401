import { createHash } from 'node:crypto'

/*
 * A chunk file, all numbers big-endian:
 *   0  8  magic
 *   8  4  format version
 *  12  8  length of the payload in bytes
 *  20  4  first bytes of SHA-256 of bytes 0 to 19: tells a newer format from a flipped bit
 *  24 32  SHA-256 of the payload
 *  56     payload
 * Every later format keeps bytes 0 to 23 as they are.
 */

/** As in PNG: a byte above 127, CR LF and LF show what a transfer as text has done to a file. */
const MAGIC = Uint8Array.of(0x89, 0x43, 0x46, 0x43, 0x0d, 0x0a, 0x1a, 0x0a)
const FORMAT = 1
const VERSION_AT = 8
const LENGTH_AT = 12
const CHECK_AT = 20
const HASH_AT = 24
/** Bytes before the payload. */
export const CHUNK_HEADER = 56

export type ChunkDamage =
  'empty' | 'truncated' | 'not-a-chunk' | 'checksum' | 'newer-format' | 'trailing-bytes'

/** Bytes that are no whole chunk. `newer-format` is no damage of the data: the software is too old to read it. */
export class DamagedChunk extends Error {
  readonly reason: ChunkDamage
  constructor(reason: ChunkDamage, message: string) {
    super(message)
    this.name = 'DamagedChunk'
    this.reason = reason
  }
}

/** A copy of the payload with its header. */
export function encodeChunk(payload: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(CHUNK_HEADER + payload.length)
  chunk.set(MAGIC)
  chunk.writeUInt32BE(FORMAT, VERSION_AT)
  chunk.writeBigUInt64BE(BigInt(payload.length), LENGTH_AT)
  chunk.set(headCheck(chunk), CHECK_AT)
  chunk.set(sha256(payload), HASH_AT)
  chunk.set(payload, CHUNK_HEADER)
  return chunk
}

/**
 * The payload, as a view into `bytes`.
 * @throws DamagedChunk
 */
export function decodeChunk(bytes: Uint8Array): Uint8Array {
  const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (chunk.length === 0) throw new DamagedChunk('empty', 'The file is empty')
  const magic = chunk.subarray(0, MAGIC.length)
  if (!magic.equals(MAGIC.subarray(0, magic.length))) {
    throw new DamagedChunk('not-a-chunk', 'The file does not begin as a chunk does')
  }
  if (chunk.length < HASH_AT) throw new DamagedChunk('truncated', 'The file ends within its header')
  if (!chunk.subarray(CHECK_AT, HASH_AT).equals(headCheck(chunk))) {
    throw new DamagedChunk('checksum', 'The header does not match its checksum')
  }
  const version = chunk.readUInt32BE(VERSION_AT)
  if (version > FORMAT) {
    throw new DamagedChunk('newer-format', `The file has format ${version}, this software knows ${FORMAT}`)
  }
  const expected = BigInt(CHUNK_HEADER) + chunk.readBigUInt64BE(LENGTH_AT)
  if (BigInt(chunk.length) < expected) {
    throw new DamagedChunk('truncated', `The file has ${chunk.length} of ${expected} bytes`)
  }
  if (BigInt(chunk.length) > expected) {
    throw new DamagedChunk('trailing-bytes', `The file has ${chunk.length} bytes instead of ${expected}`)
  }
  const payload = new Uint8Array(bytes.buffer, bytes.byteOffset + CHUNK_HEADER, chunk.length - CHUNK_HEADER)
  if (!chunk.subarray(HASH_AT, CHUNK_HEADER).equals(sha256(payload))) {
    throw new DamagedChunk('checksum', 'The content does not match its checksum')
  }
  return payload
}

function headCheck(chunk: Buffer): Buffer {
  return sha256(chunk.subarray(0, CHECK_AT)).subarray(0, HASH_AT - CHECK_AT)
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
