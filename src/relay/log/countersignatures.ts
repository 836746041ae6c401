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

/** When many terminals come back at once, their receipts come first. Milliseconds. */
const TOGETHER_MS = 2_000

/**
 * The last checkpoint that each terminal countersigned in each of its epochs, a file each. Nobody waits for a file: what a
 * crash takes of them the terminals countersign again at their next sync.
 */
export class Countersignatures {
  readonly #options: CountersignaturesOptions
  readonly #last = new Map<string, Countersignature>()
  readonly #unwritten = new Set<string>()
  #writing: Promise<void> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined

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

  /** Of the same terminal and epoch the last one is kept; it is written soon. */
  keep(one: Countersignature): void {
    this.#last.set(keyOf(one), one)
    this.#unwritten.add(keyOf(one))
    this.#timer ??= setTimeout(() => void this.settled(), TOGETHER_MS)
    this.#timer.unref()
  }

  /** Resolves when what was kept is on the disk, or has failed and is tried again with the next. */
  settled(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async #write(): Promise<void> {
    const { directory, disk, log } = this.#options
    for (const key of this.#unwritten) {
      const one = this.#last.get(key)
      this.#unwritten.delete(key)
      try {
        await writeChecked(disk, join(directory, `${key}.json`), one)
      } catch (error) {
        this.#unwritten.add(key)
        log.error(
          { file: `${key}.json`, error: (error as Error).message },
          'a countersignature was not written',
        )
        return
      }
    }
  }
}

function keyOf({ terminal, epoch }: Countersignature): string {
  return `${terminal}-${epoch}`
}
