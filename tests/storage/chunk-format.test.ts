import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { CHUNK_HEADER, DamagedChunk, decodeChunk, encodeChunk } from '../../src/storage/chunk-format.js'

const PAYLOAD = Uint8Array.from({ length: 40 }, (_, index) => (index * 37) & 0xff)

function reasonOf(bytes: Uint8Array): string {
  try {
    decodeChunk(bytes)
    return 'intact'
  } catch (error) {
    if (error instanceof DamagedChunk) return error.reason
    throw error
  }
}

/** A whole chunk as a later version would write it: only what every version shares is as in ours. */
function newerChunk(version: number): Buffer {
  const chunk = Buffer.from(encodeChunk(PAYLOAD))
  chunk.writeUInt32BE(version, 8)
  createHash('sha256').update(chunk.subarray(0, 20)).digest().copy(chunk, 20, 0, 4)
  return chunk
}

it('R1 a chunk gives back its payload, an empty one too', () => {
  expect(decodeChunk(encodeChunk(PAYLOAD))).toEqual(PAYLOAD)
  expect(decodeChunk(encodeChunk(new Uint8Array()))).toEqual(new Uint8Array())
})

it('D2 every flipped bit of a chunk is found', () => {
  const found = new Set<string>()
  for (let bit = 0; bit < (CHUNK_HEADER + PAYLOAD.length) * 8; bit++) {
    const chunk = Buffer.from(encodeChunk(PAYLOAD))
    chunk.writeUInt8(chunk.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    found.add(reasonOf(chunk))
  }
  // Not as a newer format either, which would be refused instead of quarantined.
  expect([...found].toSorted()).toEqual(['checksum', 'not-a-chunk'])
})

it('D2 every chunk cut short is found', () => {
  const chunk = encodeChunk(PAYLOAD)
  const reasons = Array.from(chunk, (_, length) => reasonOf(chunk.subarray(0, length)))
  expect(reasons).toEqual(['empty', ...Array.from({ length: chunk.length - 1 }, () => 'truncated')])
})

it('D2 bytes after the end and other files are found', () => {
  expect(reasonOf(Buffer.concat([encodeChunk(PAYLOAD), Buffer.alloc(1)]))).toBe('trailing-bytes')
  expect(reasonOf(Buffer.alloc(200))).toBe('not-a-chunk')
  expect(reasonOf(Buffer.from('hi'))).toBe('not-a-chunk')
})

it('D2 a newer format is told from damage', () => {
  expect(reasonOf(newerChunk(2))).toBe('newer-format')
  expect(reasonOf(newerChunk(2).subarray(0, 30))).toBe('newer-format')
  expect(reasonOf(newerChunk(1))).toBe('intact')
})
