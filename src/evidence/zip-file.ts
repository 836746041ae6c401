import fs from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { createInflateRaw } from 'node:zlib'
import {
  BadZip,
  LOCAL_HEADER_BYTES,
  placeOfList,
  readList,
  startOf,
  ZIP_END_BYTES,
  type ZipEntry,
} from '../docs/bundle/zip-directory.js'
import type { ExportFiles } from '../docs/bundle/open.js'
import { isSystemError } from '../storage/named-errors.js'

/** Bytes that are read at a time. */
const PIECE = 256 * 1024

/** A zip on the disk, of which one file at a time is read. */
export class ZipFile implements ExportFiles {
  readonly #file: fs.FileHandle
  readonly #entries: ReadonlyMap<string, ZipEntry>

  private constructor(file: fs.FileHandle, entries: ReadonlyMap<string, ZipEntry>) {
    this.#file = file
    this.#entries = entries
  }

  /** @throws BadZip */
  static async open(path: string): Promise<ZipFile> {
    const file = await fs.open(path)
    try {
      const { size } = await file.stat()
      const place = placeOfList(
        await bytesAt(file, Math.max(0, size - ZIP_END_BYTES), Math.min(size, ZIP_END_BYTES)),
      )
      if (place.at + place.bytes > size) throw new BadZip('its list of files lies beyond its end')
      return new ZipFile(file, readList(await bytesAt(file, place.at, place.bytes), place.count))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()]
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const entry = this.#entries.get(name)
    if (!entry) throw new BadZip(`it has no file ${name}`)
    const start = startOf(entry, await bytesAt(this.#file, entry.at, LOCAL_HEADER_BYTES))
    let bytes = 0
    for await (const piece of this.#unpacked(entry, start)) {
      bytes += piece.length
      if (bytes > entry.bytes) throw new BadZip(`file ${name} is longer than the list of files says`)
      yield piece
    }
  }

  async *#unpacked({ name, isDeflated, packed }: ZipEntry, start: number): AsyncGenerator<Uint8Array> {
    const source = this.#packed(start, packed)
    if (!isDeflated || packed === 0) {
      yield* source
      return
    }
    const target = createInflateRaw()
    // What fails in it is told to whoever reads from it.
    pipeline(source, target).catch(() => undefined)
    try {
      for await (const piece of target) yield piece as Uint8Array
    } catch (error) {
      if (isSystemError(error)) throw error
      throw new BadZip(`file ${name} cannot be unpacked: ${(error as Error).message}`)
    }
  }

  async *#packed(start: number, length: number): AsyncGenerator<Uint8Array> {
    for (let at = start; at < start + length;) {
      const piece = await bytesAt(this.#file, at, Math.min(PIECE, start + length - at))
      if (piece.length === 0) return
      yield piece
      at += piece.length
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

async function bytesAt(file: fs.FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  return buffer.subarray(0, bytesRead)
}
