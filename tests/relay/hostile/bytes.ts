import { createHash } from 'node:crypto'
import { constants, deflateRawSync } from 'node:zlib'

/** Pieces one after the other; a number is one byte, text is UTF-8. */
export function bytes(...parts: readonly (number | string | Uint8Array)[]): Uint8Array {
  return new Uint8Array(
    Buffer.concat(
      parts.map((part) => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part as string))),
    ),
  )
}

/** LEB128. */
export function uleb(value: number): Uint8Array {
  const out: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...out, rest])
    out.push((rest % 128) | 0x80)
  }
}

/** Signed LEB128 of a positive number. */
export function sleb(value: number): Uint8Array {
  const plain = uleb(value)
  // The sign stands in the second highest bit of the last byte.
  if (((plain.at(-1) ?? 0) & 0x40) === 0) return plain
  return Uint8Array.from([...plain.subarray(0, -1), (plain.at(-1) ?? 0) | 0x80, 0])
}

export const repeated = (byte: number, times: number): Uint8Array => new Uint8Array(times).fill(byte)

const MAGIC = Uint8Array.of(0x85, 0x6f, 0x4a, 0x83)

/** An Automerge chunk with a right checksum, whatever is in it. */
export function chunk(type: number, data: Uint8Array): Uint8Array {
  const head = bytes(type, uleb(data.length))
  const hash = createHash('sha256').update(head).update(data).digest()
  return bytes(MAGIC, hash.subarray(0, 4), head, data)
}

/** A compressed change. */
export function compressed(data: Uint8Array): Uint8Array {
  const head = bytes(1, uleb(data.length))
  const hash = createHash('sha256').update(head).update(data).digest()
  const deflated = deflateRawSync(data)
  return bytes(MAGIC, hash.subarray(0, 4), 2, uleb(deflated.length), deflated)
}

export interface ChangeParts {
  readonly seq?: number
  readonly startOp?: number
  readonly message?: string
  /** Numbers and bytes of the columns of operations. */
  readonly columns?: readonly (readonly [number, Uint8Array])[]
}

/** The data of a change chunk by an actor of zeros. */
export function change({ seq = 1, startOp = 1, message = '', columns = [] }: ChangeParts = {}): Uint8Array {
  return bytes(
    0,
    16,
    repeated(0, 16),
    uleb(seq),
    uleb(startOp),
    0,
    uleb(message.length),
    message,
    0,
    uleb(columns.length),
    ...columns.flatMap(([spec, data]) => [uleb(spec), uleb(data.length)]),
    ...columns.map(([, data]) => data),
  )
}

/** A sync message of no heads that brings these blobs. */
export function sync(...blobs: readonly Uint8Array[]): Uint8Array {
  return bytes(
    0x43,
    0,
    0,
    0,
    uleb(blobs.length),
    ...blobs.flatMap((blob) => [uleb(blob.length), blob]),
    2,
    2,
    0x84,
  )
}

/** CBOR: the initial byte of a major type with a length of so many bytes, and that length. */
export function cborHead(major: number, length: number | bigint, size: 1 | 2 | 4 | 8): Uint8Array {
  const out = Buffer.alloc(9)
  out[0] = (major << 5) | (24 + Math.log2(size))
  out.writeBigUInt64BE(BigInt(length), 1)
  return new Uint8Array(Buffer.concat([out.subarray(0, 1), out.subarray(9 - size)]))
}

const BLOCK = 3_000_000
const FINAL_EMPTY_BLOCK = Uint8Array.of(3, 0)

/** So many times 3 MB of zeros, deflated: about 3 KB for each. */
export function deflatedZeros(times: number): Uint8Array {
  const block = deflateRawSync(repeated(0, BLOCK), { level: 9, finishFlush: constants.Z_FULL_FLUSH })
  return bytes(...Array.from({ length: times }, () => block), FINAL_EMPTY_BLOCK)
}

/** A compressed change of 300 MB of zeros in some 300 KB, with a right checksum. */
export function inflatingChange(): Uint8Array {
  const zeros = repeated(0, BLOCK)
  const hash = createHash('sha256').update(bytes(1, uleb(100 * BLOCK)))
  for (let block = 0; block < 100; block += 1) hash.update(zeros)
  const deflated = deflatedZeros(100)
  return bytes(MAGIC, hash.digest().subarray(0, 4), 2, uleb(deflated.length), deflated)
}
