/*
 * The list of files at the end of a zip (APPNOTE.TXT, 4.3.12 and 4.3.16), as far as an export bundle needs it: no
 * encryption, no 64-bit extension, one disk. The library that writes the zip reads one only front to back, and has to
 * guess there where a file ends that was written front to back; this list says it.
 */

export class BadZip extends Error {
  constructor(reason: string) {
    super(`This is not a zip that can be read: ${reason}`)
    this.name = 'BadZip'
  }
}

export interface ZipEntry {
  readonly name: string
  readonly isDeflated: boolean
  /** Bytes in the zip, and unfolded. */
  readonly packed: number
  readonly bytes: number
  /** Where its header begins. */
  readonly at: number
}

/** The end of a zip is at most this long: 22 bytes and a comment. */
export const ZIP_END_BYTES = 22 + 65_535
export const LOCAL_HEADER_BYTES = 30

const END = 0x06054b50
const ENTRY = 0x02014b50
const LOCAL = 0x04034b50
const ENTRY_BYTES = 46
const NAME = /^([a-z]+\/)?[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/**
 * Where the list of files lies, from the last bytes of a zip.
 * @throws BadZip
 */
export function placeOfList(tail: Buffer): { at: number; bytes: number; count: number } {
  for (let at = tail.length - 22; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END || at + 22 + tail.readUInt16LE(at + 20) !== tail.length) continue
    return {
      count: tail.readUInt16LE(at + 10),
      bytes: tail.readUInt32LE(at + 12),
      at: tail.readUInt32LE(at + 16),
    }
  }
  throw new BadZip('it has no list of files at its end; it may have been cut')
}

/** @throws BadZip */
export function readList(list: Buffer, count: number): Map<string, ZipEntry> {
  const entries = new Map<string, ZipEntry>()
  let at = 0
  for (let index = 0; index < count; index += 1) {
    if (at + ENTRY_BYTES > list.length || list.readUInt32LE(at) !== ENTRY)
      throw new BadZip('its list of files is damaged')
    const method = list.readUInt16LE(at + 10)
    const nameBytes = list.readUInt16LE(at + 28)
    const next = at + ENTRY_BYTES + nameBytes + list.readUInt16LE(at + 30) + list.readUInt16LE(at + 32)
    const name = list.toString('utf8', at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes)
    if (!NAME.test(name))
      throw new BadZip(`it holds a file with a name no export has, ${JSON.stringify(name.slice(0, 100))}`)
    if (entries.has(name)) throw new BadZip(`it holds two files called ${name}`)
    if ((method !== 0 && method !== 8) || (list.readUInt16LE(at + 8) & 1) !== 0)
      throw new BadZip(`file ${name} is packed in a way no export is`)
    entries.set(name, {
      name,
      isDeflated: method === 8,
      packed: list.readUInt32LE(at + 20),
      bytes: list.readUInt32LE(at + 24),
      at: list.readUInt32LE(at + 42),
    })
    at = next
  }
  return entries
}

/**
 * Where the bytes of a file begin, from its own header.
 * @throws BadZip
 */
export function startOf({ at, name }: ZipEntry, header: Buffer): number {
  if (header.length < LOCAL_HEADER_BYTES || header.readUInt32LE(0) !== LOCAL)
    throw new BadZip(`the header of ${name} is not where the list says`)
  return at + LOCAL_HEADER_BYTES + header.readUInt16LE(26) + header.readUInt16LE(28)
}
