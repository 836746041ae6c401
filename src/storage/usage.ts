import { join } from 'node:path'
import type { Disk } from './disk.js'
import { ABSENT, unless } from './folders.js'

/** Counting asks for each file: not more often than this, and never more than a hundredth of the time. Milliseconds. */
const COUNT_EVERY_MS = 10 * 60_000
const REST = 100

export interface Use {
  /** Bytes of the files, as they were counted last. */
  readonly used?: number
  /** Bytes that are free beside them. */
  readonly free?: number
}

/** How full a directory and its disk are, cheaply. A disk that does not tell its room is not looked through either. */
export class StorageUse {
  readonly #disk: Disk
  readonly #directory: string
  #used: number | undefined
  #counting: Promise<void> | undefined
  #countAgainAt = Number.NEGATIVE_INFINITY

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  /** Waits for the first count only; later ones run beside. Never rejects: what cannot be told is left out. */
  async read(): Promise<Use> {
    const space = await this.#disk.space?.(this.#directory).catch(() => undefined)
    if (!space) return {}
    if (performance.now() > this.#countAgainAt) {
      this.#counting ??= this.#count().finally(() => {
        this.#counting = undefined
      })
    }
    if (this.#used === undefined) await this.#counting
    return { free: space.free, ...(this.#used === undefined ? {} : { used: this.#used }) }
  }

  async #count(): Promise<void> {
    const from = performance.now()
    try {
      this.#used = await bytesBelow(this.#disk, this.#directory)
    } catch {
      // A file that cannot be looked at now may be later.
    }
    const to = performance.now()
    this.#countAgainAt = to + Math.max(COUNT_EVERY_MS, REST * (to - from))
  }
}

/** Bytes of all files below a folder. What goes while it is counted is not counted. */
async function bytesBelow(disk: Disk, folder: string): Promise<number> {
  let bytes = 0
  for (const { name, kind } of (await unless(ABSENT, disk.readdir(folder))) ?? []) {
    const path = join(folder, name)
    if (kind === 'file') bytes += (await unless(ABSENT, disk.stat(path)))?.size ?? 0
    if (kind === 'folder') bytes += await bytesBelow(disk, path)
  }
  return bytes
}
