import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { readIfThere, writeAtomic } from './atomic-file.js'
import type { Disk } from './disk.js'
import { reading, StorageReadError, StorageWriteError, writing } from './errors.js'
import { ensureFolder, listFolder, unless } from './folders.js'
import { ImageQuarantine, type ImageDamage } from './image-quarantine.js'
import { Queues } from './queues.js'

export interface ImageStoreOptions {
  /** Absolute path of the folder of images. */
  readonly directory: string
  /** Where damaged ones are moved. */
  readonly quarantine: string
  readonly disk: Disk
  readonly onDamage: (damage: ImageDamage) => void
}

/** One transfer of an image to this store. */
export interface Transfer {
  /** Parts of different senders are kept apart, so that what one sends wrong spoils nothing of another. */
  readonly sender?: string
  /** Looks at the bytes before they get their name; what it throws is told, and nothing of them is kept. */
  readonly check?: (bytes: Uint8Array) => void
}

const NAME = /^[0-9a-f]{64}$/
const INCOMING = 'incoming'

export class WrongOffset extends Error {
  /** The byte to go on at. */
  readonly offset: number
  constructor(offset: number) {
    super(`The image goes on at byte ${offset}.`)
    this.name = 'WrongOffset'
    this.offset = offset
  }
}

/** All bytes came, and their hash is another: the upload begins anew. */
export class WrongBytes extends Error {
  constructor(sha256: string) {
    super(`What came as image ${sha256} has another hash.`)
    this.name = 'WrongBytes'
  }
}

/**
 * Images as files named by the SHA-256 of their bytes. One is under its name only once it is whole, verified and
 * fsynced (D1); one that is read is verified again (D2). What comes in parts lies in the folder `incoming` until then.
 */
export class ImageStore {
  readonly #options: ImageStoreOptions
  readonly #quarantine: ImageQuarantine
  readonly #queues = new Queues()
  /** Bytes by hash, of all that are here. */
  readonly #sizes = new Map<string, number>()

  private constructor(options: ImageStoreOptions, quarantine: ImageQuarantine) {
    this.#options = options
    this.#quarantine = quarantine
  }

  /** @throws StorageReadError, StorageWriteError */
  static async open(options: ImageStoreOptions): Promise<ImageStore> {
    const { disk, directory, quarantine: aside, onDamage } = options
    const pathOf = (sha256: string): string => join(directory, sha256)
    const quarantine = await ImageQuarantine.open({ directory: aside, disk, pathOf, onDamage })
    const store = new ImageStore(options, quarantine)
    await writing(directory, false, () => ensureFolder(disk, join(directory, INCOMING)))
    for (const { name } of (await listFolder(disk, directory)) ?? []) {
      if (!NAME.test(name)) continue
      const { size } = await reading(join(directory, name), () => disk.stat(join(directory, name)))
      store.#sizes.set(name, size)
      await quarantine.settle(name)
    }
    return store
  }

  /** Bytes of an image; undefined where it is not here. */
  size(sha256: string): number | undefined {
    return this.#sizes.get(sha256)
  }

  /** Damaged images that are not here again since. */
  damage(): ImageDamage[] {
    return this.#quarantine.list()
  }

  /** Hashes and sizes in bytes, the one that was used longest ago first. */
  entries(): readonly (readonly [string, number])[] {
    return [...this.#sizes]
  }

  /** Marks an image as used now. */
  touch(sha256: string): void {
    const size = this.#sizes.get(sha256)
    if (size === undefined) return
    this.#sizes.delete(sha256)
    this.#sizes.set(sha256, size)
  }

  /** Stores an image that is here as a whole. @returns its hash @throws StorageWriteError */
  async put(bytes: Uint8Array): Promise<string> {
    const sha256 = hashOf(bytes)
    await this.#queues.run(sha256, async () => {
      if (this.#sizes.has(sha256)) return
      await writeAtomic(this.#options.disk, this.#path(sha256), bytes, this.#incoming(`${sha256}.tmp`))
      this.#sizes.set(sha256, bytes.length)
      await this.#quarantine.settle(sha256)
    })
    return sha256
  }

  /**
   * The bytes of an image. Damaged ones are set aside and reported, and are then not here any more.
   * @returns undefined where it is not here
   */
  read(sha256: string): Promise<Uint8Array | undefined> {
    return this.#queues.run(sha256, async () => {
      if (!this.#sizes.has(sha256)) return undefined
      const bytes = await readIfThere(this.#options.disk, this.#path(sha256))
      if (bytes && hashOf(bytes) === sha256) return bytes
      this.#sizes.delete(sha256)
      if (bytes) await this.#quarantine.take(sha256)
      return undefined
    })
  }

  /** How many bytes of an image that is not whole have come. */
  async received(sha256: string, sender?: string): Promise<number> {
    const path = this.#incoming(partOf(sha256, sender))
    const stat = await reading(path, () => unless(['ENOENT'], this.#options.disk.stat(path)))
    return stat?.size ?? 0
  }

  /**
   * Where a transfer goes on. One that ended between its last byte and the image's name is finished now: nobody would
   * send a part of it any more.
   * @returns the byte to go on at; `total` where the image is here
   * @throws StorageReadError, StorageWriteError
   */
  resume(sha256: string, total: number, transfer: Transfer = {}): Promise<number> {
    return this.#queues.run(sha256, async () => {
      if (this.#sizes.has(sha256)) return total
      const have = await this.received(sha256, transfer.sender)
      if (have < total) return have
      try {
        await this.#finish(sha256, total, transfer)
        return total
      } catch (error) {
        if (error instanceof StorageReadError || error instanceof StorageWriteError) throw error
        return 0
      }
    })
  }

  /**
   * Adds a part and fsyncs it; with the last one the image is verified and appears under its name.
   * @returns the byte to go on at
   * @throws WrongOffset, WrongBytes, StorageWriteError; what `check` throws
   */
  append(
    sha256: string,
    total: number,
    offset: number,
    part: Uint8Array,
    transfer: Transfer = {},
  ): Promise<number> {
    return this.#queues.run(sha256, async () => {
      if (this.#sizes.has(sha256)) return total
      const { disk } = this.#options
      const path = this.#incoming(partOf(sha256, transfer.sender))
      const have = await this.received(sha256, transfer.sender)
      if (offset !== have || have + part.length > total) throw new WrongOffset(have)
      await writing(path, false, async () => {
        const file = await disk.open(path, 'append')
        try {
          await file.write(part)
          await file.sync()
        } catch (error) {
          await file.truncate(have)
          throw error
        } finally {
          await file.close()
        }
      })
      if (have + part.length < total) return have + part.length
      await this.#finish(sha256, total, transfer)
      return total
    })
  }

  async #finish(sha256: string, total: number, { sender, check }: Transfer): Promise<void> {
    const { disk, directory } = this.#options
    const from = this.#incoming(partOf(sha256, sender))
    const bytes = await readIfThere(disk, from)
    try {
      if (bytes?.length !== total || hashOf(bytes) !== sha256) throw new WrongBytes(sha256)
      check?.(bytes)
    } catch (error) {
      await writing(from, false, () => unless(['ENOENT'], disk.unlink(from)))
      throw error
    }
    await writing(this.#path(sha256), false, async () => {
      await disk.rename(from, this.#path(sha256))
      await disk.syncDirectory(directory)
      await disk.syncDirectory(join(directory, INCOMING))
    })
    this.#sizes.set(sha256, total)
    await this.#quarantine.settle(sha256)
    await this.#dropParts(sha256)
  }

  /** What other senders began of an image that is here now. What stays is in nobody's way. */
  async #dropParts(sha256: string): Promise<void> {
    const { disk, directory } = this.#options
    try {
      for (const { name } of (await listFolder(disk, join(directory, INCOMING))) ?? [])
        if (name.endsWith(`-${sha256}`)) await disk.unlink(this.#incoming(name))
    } catch {
      // The image is here, whole and durable.
    }
  }

  /** Deletes an image. @throws StorageWriteError */
  remove(sha256: string): Promise<void> {
    return this.#queues.run(sha256, async () => {
      if (!this.#sizes.has(sha256)) return
      const { disk, directory } = this.#options
      await writing(this.#path(sha256), false, async () => {
        await unless(['ENOENT'], disk.unlink(this.#path(sha256)))
        await disk.syncDirectory(directory)
      })
      this.#sizes.delete(sha256)
    })
  }

  #path(sha256: string): string {
    return join(this.#options.directory, sha256)
  }

  #incoming(name: string): string {
    return join(this.#options.directory, INCOMING, name)
  }
}

function partOf(sha256: string, sender: string | undefined): string {
  return sender === undefined ? sha256 : `${sender}-${sha256}`
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
