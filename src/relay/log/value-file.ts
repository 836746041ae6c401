import { dirname } from 'node:path'
import type { Disk, DiskFile } from '../../storage/disk.js'
import { reading, writing } from '../../storage/errors.js'
import { unless } from '../../storage/folders.js'

/** Bytes read at once where all of a file is read. */
const READ_BYTES = 1024 * 1024

/** A file of values of one width, one after the other, each found by its index. */
export class ValueFile {
  readonly #path: string
  readonly #file: DiskFile
  readonly #width: number

  private constructor(path: string, file: DiskFile, width: number) {
    this.#path = path
    this.#file = file
    this.#width = width
  }

  /**
   * Opens a file, or makes it.
   * @param width bytes of a value
   * @throws StorageWriteError
   */
  static async open(disk: Disk, path: string, width: number): Promise<ValueFile> {
    return writing(path, false, async () => {
      const there = await unless(['ENOENT'], disk.open(path, 'update'))
      if (there) return new ValueFile(path, there, width)
      const made = await disk.open(path, 'create')
      await disk.syncDirectory(dirname(path)).catch(async (error: unknown) => {
        await made.close()
        throw error
      })
      return new ValueFile(path, made, width)
    })
  }

  /** Whole values it has. @throws StorageReadError */
  async count(): Promise<number> {
    const { size } = await reading(this.#path, () => this.#file.stat())
    return Math.floor(size / this.#width)
  }

  /** Values from `index` on, fewer where the file ends. @throws StorageReadError */
  async read(index: number, count = 1): Promise<Uint8Array> {
    const bytes = new Uint8Array(count * this.#width)
    let have = 0
    await reading(this.#path, async () => {
      for (let more = 1; more > 0 && have < bytes.length; have += more)
        more = await this.#file.read(bytes.subarray(have), index * this.#width + have)
    })
    return bytes.subarray(0, have - (have % this.#width))
  }

  /** All values of the first `count`, some of them at a time. @throws StorageReadError */
  async *parts(count: number): AsyncGenerator<Uint8Array> {
    const most = Math.floor(READ_BYTES / this.#width)
    for (let at = 0; at < count;) {
      const part = await this.read(at, Math.min(most, count - at))
      if (part.length === 0) return
      yield part
      at += part.length / this.#width
    }
  }

  /** @throws StorageWriteError; the same may be written again */
  write(index: number, values: Uint8Array): Promise<void> {
    return writing(this.#path, true, () => this.#file.write(values, index * this.#width))
  }

  /** Lets go of what lies behind the first `count` values. @throws StorageWriteError */
  truncate(count: number): Promise<void> {
    return writing(this.#path, true, () => this.#file.truncate(count * this.#width))
  }

  /** @throws StorageWriteError */
  sync(): Promise<void> {
    return writing(this.#path, true, () => this.#file.sync())
  }

  close(): Promise<void> {
    return writing(this.#path, false, () => this.#file.close())
  }
}
