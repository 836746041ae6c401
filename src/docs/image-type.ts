import type { ImageFacts } from './generated/types.js'

/** Bytes of an image: a picture of an item on a till is some ten kilobytes. */
export const IMAGE_BYTES = 2 * 1024 * 1024
/** Width or height in pixels: what unfolds to more is meant to fill a till's memory. */
export const IMAGE_SIDE = 4_096

export class NotAnImage extends Error {
  constructor(reason: string) {
    super(`This is not an image that a till shows: ${reason}. Use a JPEG, PNG or WebP of at most 2 MiB.`)
    this.name = 'NotAnImage'
  }
}

/** What the bytes of an image are. Width and height in pixels. */
export interface Sniffed extends ImageFacts {
  readonly width: number
  readonly height: number
}

interface Side {
  readonly width: number
  readonly height: number
}

/**
 * Tells by its bytes what an image is; what its sender calls it counts for nothing. No SVG: it can hold scripts.
 * @throws NotAnImage
 */
export function sniffImage(bytes: Uint8Array): Sniffed {
  if (bytes.length > IMAGE_BYTES) throw new NotAnImage(`it has ${bytes.length} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [type, side] = typeOf(bytes, view)
  if (!side || side.width < 1 || side.height < 1) throw new NotAnImage('its header is damaged')
  if (side.width > IMAGE_SIDE || side.height > IMAGE_SIDE)
    throw new NotAnImage(`it has ${side.width} × ${side.height} pixels, more than ${IMAGE_SIDE} each way`)
  return { type, bytes: bytes.length, ...side }
}

function typeOf(bytes: Uint8Array, view: DataView): [ImageFacts['type'], Side | undefined] {
  if (begins(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]))
    return ['image/png', pngSide(bytes, view)]
  if (begins(bytes, 0, [0xff, 0xd8, 0xff])) return ['image/jpeg', jpegSide(bytes, view)]
  if (begins(bytes, 0, ascii('RIFF')) && begins(bytes, 8, ascii('WEBP')))
    return ['image/webp', webpSide(bytes, view)]
  throw new NotAnImage('it is of another kind')
}

function ascii(text: string): number[] {
  return [...text].map((letter) => letter.charCodeAt(0))
}

function begins(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, index) => bytes[at + index] === byte)
}

/** PNG (Third Edition), 11.2.1: IHDR comes first; 5.3: IEND comes last. */
function pngSide(bytes: Uint8Array, view: DataView): Side | undefined {
  const isWhole = bytes.length >= 45 && begins(bytes, bytes.length - 8, ascii('IEND'))
  if (!isWhole || view.getUint32(8) !== 13 || !begins(bytes, 12, ascii('IHDR'))) return undefined
  return { width: view.getUint32(16), height: view.getUint32(20) }
}

/** ITU-T T.81, B.1.1: segments of a marker and a length until a frame header tells the size. */
function jpegSide(bytes: Uint8Array, view: DataView): Side | undefined {
  if (!begins(bytes, bytes.length - 2, [0xff, 0xd9])) return undefined
  let at = 2
  while (at + 9 <= bytes.length) {
    if (bytes[at] !== 0xff) return undefined
    const marker = bytes[at + 1] ?? 0
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
    if (isFrame) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) }
    const length = view.getUint16(at + 2)
    if (length < 2) return undefined
    at += 2 + length
  }
  return undefined
}

/** RFC 9649: a simple lossy (VP8), lossless (VP8L) or extended (VP8X) file whose length is what it says. */
function webpSide(bytes: Uint8Array, view: DataView): Side | undefined {
  if (bytes.length < 30 || view.getUint32(4, true) + 8 !== bytes.length) return undefined
  if (begins(bytes, 12, ascii('VP8X'))) return { width: 1 + uint24(view, 24), height: 1 + uint24(view, 27) }
  if (begins(bytes, 12, ascii('VP8L')) && bytes[20] === 0x2f) {
    const packed = view.getUint32(21, true)
    return { width: 1 + (packed & 0x3fff), height: 1 + ((packed >>> 14) & 0x3fff) }
  }
  if (begins(bytes, 12, ascii('VP8 ')) && begins(bytes, 23, [0x9d, 0x01, 0x2a]))
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
  return undefined
}

function uint24(view: DataView, at: number): number {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16)
}
