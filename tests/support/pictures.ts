import { crc32, deflateSync } from 'node:zlib'

/** A PNG of one colour, which every browser draws (PNG, Third Edition). */
export function png(
  width: number,
  height: number,
  [red, green, blue]: readonly [number, number, number],
): Uint8Array {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  const row = Buffer.from([0, ...Array.from({ length: width }, () => [red, green, blue]).flat()])
  const pixels = Buffer.concat(Array.from({ length: height }, () => row))
  const parts = [
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]
  return new Uint8Array(Buffer.concat(parts))
}

/** The same picture with bytes behind its header that no reader looks at: as large as a test needs. */
export function largePng(bytes: number, colour: readonly [number, number, number]): Uint8Array {
  const plain = Buffer.from(png(4, 4, colour))
  const filler = chunk('teSt', Buffer.alloc(bytes - plain.length - 12, colour[0]))
  return new Uint8Array(Buffer.concat([plain.subarray(0, 33), filler, plain.subarray(33)]))
}

function chunk(type: string, data: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const check = Buffer.alloc(4)
  check.writeUInt32BE(checksum(body))
  return Buffer.concat([length, body, check])
}

function checksum(data: Uint8Array): number {
  return crc32(data)
}
