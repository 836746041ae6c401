import { dirname } from 'node:path'
import type { Disk } from './disk.js'
import { StorageReadError, writing } from './errors.js'
import { ensureFolder, unless } from './folders.js'
import { encodeLine, readLines } from './log-lines.js'

/**
 * A file of JSON entries that can be made again from something else at any time: lines with checksums, never fsynced. One
 * that is damaged anywhere is not used at all.
 */
export class DerivedFile {
  readonly #path: string
  readonly #disk: Disk

  /** @param path absolute */
  constructor(path: string, disk: Disk) {
    this.#path = path
    this.#disk = disk
  }

  /**
   * Hands out the entries, in order.
   * @returns false where the file is damaged: what was handed out is not to be used then
   * @throws StorageReadError
   */
  async read(onEntry: (entry: unknown) => void): Promise<boolean> {
    try {
      const file = await unless(['ENOENT'], this.#disk.open(this.#path, 'read'))
      if (!file) return true
      try {
        for await (const line of readLines(file)) {
          if (line.damage !== undefined) return false
          onEntry(line.entry)
        }
        return true
      } finally {
        await file.close()
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error
      throw new StorageReadError(this.#path, error)
    }
  }

  /** @throws StorageWriteError; the file may be damaged then */
  async append(entries: readonly unknown[]): Promise<void> {
    if (entries.length === 0) return
    await writing(this.#path, false, async () => {
      await ensureFolder(this.#disk, dirname(this.#path))
      const file = await this.#disk.open(this.#path, 'append')
      try {
        await file.write(Buffer.concat(entries.map(encodeLine)))
      } finally {
        await file.close()
      }
    })
  }

  /** @throws StorageWriteError */
  async remove(): Promise<void> {
    await writing(this.#path, false, async () => {
      await unless(['ENOENT'], this.#disk.unlink(this.#path))
    })
  }
}
