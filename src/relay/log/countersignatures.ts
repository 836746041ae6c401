import { join } from 'node:path'
import type { Countersignature } from '../../docs/generated/types.js'
import { InvalidInput, validate } from '../../docs/validate.js'
import { DamagedFile, readChecked, writeChecked } from '../../storage/atomic-file.js'
import type { Disk } from '../../storage/disk.js'
import { ensureFolder, listFolder } from '../../storage/folders.js'
import type { Log } from '../relay-parts.js'

export interface CountersignaturesOptions {
  /** Absolute paths of folders. */
  readonly directory: string
  readonly quarantine: string
  readonly disk: Disk
  readonly log: Log
}

/** The last checkpoint that each terminal countersigned in each of its epochs, a file each. */
export class Countersignatures {
  readonly #options: CountersignaturesOptions
  readonly #last = new Map<string, Countersignature>()

  private constructor(options: CountersignaturesOptions) {
    this.#options = options
  }

  /** @throws StorageReadError, StorageWriteError */
  static async open(options: CountersignaturesOptions): Promise<Countersignatures> {
    const found = new Countersignatures(options)
    await ensureFolder(options.disk, options.directory)
    for (const { name } of (await listFolder(options.disk, options.directory)) ?? []) await found.#read(name)
    return found
  }

  async #read(name: string): Promise<void> {
    const { directory, quarantine, disk, log } = this.#options
    const path = join(directory, name)
    try {
      const value = await readChecked(disk, path)
      validate<Countersignature>('log.schema.json#/$defs/Countersignature', value, `file ${name}`)
      this.#last.set(keyOf(value), value)
    } catch (error) {
      if (!(error instanceof DamagedFile) && !(error instanceof InvalidInput)) throw error
      await ensureFolder(disk, quarantine)
      await disk.rename(path, join(quarantine, `countersigned-${name}`))
      log.error({ file: name, error: error.message }, 'a damaged countersignature was moved to quarantine')
    }
  }

  /** All of them, the newest first. */
  list(): Countersignature[] {
    return [...this.#last.values()].sort((a, b) => (a.at > b.at ? -1 : 1))
  }

  /** Of the same terminal and epoch the last one is kept. @throws StorageWriteError */
  async keep(one: Countersignature): Promise<void> {
    const { directory, disk } = this.#options
    await writeChecked(disk, join(directory, `${keyOf(one)}.json`), one)
    this.#last.set(keyOf(one), one)
  }
}

function keyOf({ terminal, epoch }: Countersignature): string {
  return `${terminal}-${epoch}`
}
