import { join } from 'node:path'
import type { Printing } from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { readChecked, writeChecked } from '../storage/atomic-file.js'
import type { Disk } from '../storage/disk.js'

const FILE = 'printing.json'

const AT_FIRST: Printing = {
  widthMm: 80,
  header: '',
  footer: '',
  copies: 1,
  autoPrint: false,
  drawerOnCash: false,
}

/** How slips of this terminal are printed: of this terminal alone, because printers differ. */
export class PrintingSettings {
  readonly #path: string
  readonly #disk: Disk

  constructor(directory: string, disk: Disk) {
    this.#path = join(directory, FILE)
    this.#disk = disk
  }

  /** @throws DamagedFile, InvalidInput */
  async read(): Promise<Printing> {
    const file = (await readChecked(this.#disk, this.#path)) ?? AT_FIRST
    validate<Printing>('terminal-api.schema.json#/$defs/Printing', file, `file ${FILE}`)
    return file
  }

  /** @throws StorageWriteError */
  async write(settings: Printing): Promise<void> {
    await writeChecked(this.#disk, this.#path, settings)
  }
}
