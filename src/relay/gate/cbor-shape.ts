import { ByteReader, Malformed } from '../../docs/byte-reader.js'

/** A frame is a map of some ten members; `peerMetadata` and `supportedProtocolVersions` nest one level. */
const MOST_DEPTH = 4
const MOST_ITEMS = 64

const MAJOR = { unsigned: 0, negative: 1, bytes: 2, text: 3, array: 4, map: 5, tag: 6, simple: 7 } as const

/**
 * Makes sure that bytes are one CBOR item (RFC 8949) of the kind automerge-repo sends, before a decoder sees them:
 * decoders make room for as many entries as an array of five bytes promises. Lengths are those that are there; no
 * tags, no endless items.
 * @throws Malformed
 */
export function checkCborShape(bytes: Uint8Array): void {
  const reader = new ByteReader(bytes)
  let items = 0
  const walk = (depth: number): number => {
    items += 1
    if (items > MOST_ITEMS) throw new Malformed(`it has more than ${MOST_ITEMS} items`)
    if (depth > MOST_DEPTH) throw new Malformed('it is nested too deeply')
    const initial = reader.byte()
    const major = initial >> 5
    const value = argument(reader, initial & 0x1f, major)
    switch (major) {
      case MAJOR.bytes:
      case MAJOR.text:
        reader.take(value)
        break
      case MAJOR.array:
        for (let entry = 0; entry < value; entry += 1) walk(depth + 1)
        break
      case MAJOR.map:
        for (let entry = 0; entry < value; entry += 1) {
          if (walk(depth + 1) !== MAJOR.text) throw new Malformed('a member has a name that is no text')
          walk(depth + 1)
        }
        break
      case MAJOR.tag:
        throw new Malformed('it has a tag')
    }
    return major
  }
  walk(0)
  if (reader.left > 0) throw new Malformed('bytes follow its end')
}

/** The number after an initial byte: a length, or the value itself. */
function argument(reader: ByteReader, short: number, major: number): number {
  if (short < 24) return short
  if (short > 27) throw new Malformed('it has an item without a length')
  const bytes = reader.take(2 ** (short - 24))
  let value = 0
  for (const byte of bytes) value = value * 256 + byte
  // Of a number or a float only the length matters here.
  return major === MAJOR.unsigned || major === MAJOR.negative || major === MAJOR.simple ? 0 : value
}
