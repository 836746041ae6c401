import type { MarksFile } from '../../docs/generated/types.js'
import { validate } from '../../docs/validate.js'
import { readChecked, writeChecked } from '../../storage/atomic-file.js'
import type { Disk } from '../../storage/disk.js'

/** What is done after a receipt was given, and nobody waits for: how far it has come, by the serials of receipts. */
export class Marks {
  readonly #path: string
  readonly #disk: Disk
  #file: MarksFile

  private constructor(path: string, disk: Disk, file: MarksFile) {
    this.#path = path
    this.#disk = disk
    this.#file = file
  }

  /** @throws DamagedFile, StorageReadError, InvalidInput */
  static async open(path: string, disk: Disk): Promise<Marks> {
    const file = (await readChecked(disk, path)) ?? { counted: 0, verified: 0 }
    validate<MarksFile>('data-files.schema.json#/$defs/MarksFile', file, 'file marks.json')
    return new Marks(path, disk, file)
  }

  get(mark: keyof MarksFile): number {
    return this.#file[mark]
  }

  /** @throws StorageWriteError; the mark is then where it was, and what it speaks of is done again after a start */
  async set(mark: keyof MarksFile, serial: number): Promise<void> {
    if (serial <= this.#file[mark]) return
    const file = { ...this.#file, [mark]: serial }
    await writeChecked(this.#disk, this.#path, file)
    this.#file = { ...this.#file, [mark]: serial }
  }
}
