import { join } from 'node:path'
import type { Disk } from './disk.js'
import { writing } from './errors.js'
import { ensureFolder, listFolder } from './folders.js'

/** Bytes that are not what their name says were set aside, and the image is not whole again since. */
export interface ImageDamage {
  readonly sha256: string
  readonly reason: 'checksum'
  /** Where the image lay, and where its bytes are now. */
  readonly path: string
  readonly quarantined: string
}

export interface ImageQuarantineOptions {
  /** Absolute path of the folder. */
  readonly directory: string
  readonly disk: Disk
  /** Where an image lies that is whole. */
  readonly pathOf: (sha256: string) => string
  readonly onDamage: (damage: ImageDamage) => void
}

const SETTLED = '.settled'
const FILE = /^image-([0-9a-f]{64})\.\d+$/

/**
 * Where damaged images are kept: `image-<SHA-256>.<n>`, renamed to `….settled` once the image is here again. Bytes are
 * never deleted.
 */
export class ImageQuarantine {
  readonly #options: ImageQuarantineOptions
  readonly #open = new Map<string, ImageDamage[]>()

  private constructor(options: ImageQuarantineOptions) {
    this.#options = options
  }

  /** Reads what was found earlier; it is listed, not reported again. @throws StorageReadError */
  static async open(options: ImageQuarantineOptions): Promise<ImageQuarantine> {
    const quarantine = new ImageQuarantine(options)
    for (const { name } of (await listFolder(options.disk, options.directory)) ?? []) {
      const sha256 = FILE.exec(name)?.[1]
      if (sha256 !== undefined) quarantine.#register(sha256, join(options.directory, name))
    }
    return quarantine
  }

  list(): ImageDamage[] {
    return [...this.#open.values()].flat()
  }

  /** Moves a damaged image here, durably. @throws StorageWriteError */
  async take(sha256: string): Promise<void> {
    const { disk, directory, pathOf, onDamage } = this.#options
    await ensureFolder(disk, directory)
    const taken = new Set(((await listFolder(disk, directory)) ?? []).map(({ name }) => name))
    const isTaken = (name: string): boolean => taken.has(name) || taken.has(name + SETTLED)
    let number = 1
    while (isTaken(`image-${sha256}.${number}`)) number += 1
    const quarantined = join(directory, `image-${sha256}.${number}`)
    const path = pathOf(sha256)
    await writing(path, false, async () => {
      await disk.rename(path, quarantined)
      await disk.syncDirectory(directory)
    })
    onDamage(this.#register(sha256, quarantined))
  }

  /** The image is here again. What cannot be noted now is noted the next time; the image is whole all the same. */
  async settle(sha256: string): Promise<void> {
    const damages = this.#open.get(sha256)
    if (!damages) return
    this.#open.delete(sha256)
    const { disk, directory } = this.#options
    try {
      for (const { quarantined } of damages) await disk.rename(quarantined, quarantined + SETTLED)
      await disk.syncDirectory(directory)
    } catch {
      // The next start finds the image here, and settles it then.
    }
  }

  #register(sha256: string, quarantined: string): ImageDamage {
    const damage: ImageDamage = {
      sha256,
      reason: 'checksum',
      path: this.#options.pathOf(sha256),
      quarantined,
    }
    this.#open.set(sha256, [...(this.#open.get(sha256) ?? []), damage])
    return damage
  }
}
