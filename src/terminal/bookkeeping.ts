import { join } from 'node:path'
import type { BookkeepingFile } from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { readChecked, writeChecked } from '../storage/atomic-file.js'
import type { Disk } from '../storage/disk.js'
import { Queues } from '../storage/queues.js'

export type Mode = BookkeepingFile['mode']

const FILE = 'bookkeeping.json'

/** What people chose and when they last synced. Nothing here makes anything purgeable (S3). */
export class Bookkeeping {
  readonly #path: string
  readonly #disk: Disk
  readonly #queue = new Queues()
  #file: BookkeepingFile

  private constructor(path: string, disk: Disk, file: BookkeepingFile) {
    this.#path = path
    this.#disk = disk
    this.#file = file
  }

  static async open(directory: string, disk: Disk): Promise<Bookkeeping> {
    const path = join(directory, FILE)
    const file = (await readChecked(disk, path)) ?? { mode: 'online' }
    validate<BookkeepingFile>('data-files.schema.json#/$defs/BookkeepingFile', file, `file ${FILE}`)
    return new Bookkeeping(path, disk, file)
  }

  get file(): BookkeepingFile {
    return this.#file
  }

  get mode(): Mode {
    return this.#file.mode
  }

  /** When everything there was had last been receipted, RFC 3339. */
  get lastSync(): string | undefined {
    return this.#file.lastSync
  }

  /** When a person last said that everything counts as synced. A remark, no more. */
  get markedSynced(): string | undefined {
    return this.#file.markedSynced
  }

  /** One change after the other: none takes back what another one is just writing. */
  change(change: Partial<BookkeepingFile>): Promise<void> {
    return this.#queue.run('file', async () => {
      const next = { ...this.#file, ...change }
      await writeChecked(this.#disk, this.#path, next)
      this.#file = next
    })
  }
}
