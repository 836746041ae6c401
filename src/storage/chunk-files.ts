import { dirname, join } from 'node:path'
import { readIfThere, writeAtomic } from './atomic-file.js'
import type { Disk } from './disk.js'
import { reading, writing } from './errors.js'
import {
  ABSENT,
  ensureFolder,
  isRemoved,
  listFiles,
  listFolder,
  removeTree,
  syncTree,
  unless,
} from './folders.js'
import { pathOfKey, PREFIX_LENGTH } from './storage-key.js'

export const SNAPSHOT = 'snapshot'
export const INCREMENTAL = 'incremental'
/** Below the storage folder: files being written and folders being removed; emptied at start. */
const TEMPORARY = '.tmp'

export interface StoredFile {
  readonly key: string[]
  readonly path: string
}

/**
 * The files of the storage folder, on the layout of automerge-repo's nodefs adapter; what they hold is not looked at.
 * Writes and removals are durable when they resolve. Operations on one document must not run at the same time.
 */
export class ChunkFiles {
  readonly #directory: string
  readonly #disk: Disk
  #temporaries = 0

  private constructor(directory: string, disk: Disk) {
    this.#directory = directory
    this.#disk = disk
  }

  /**
   * Makes the folder and deletes what was never acknowledged.
   * @throws StorageWriteError
   */
  static async open(directory: string, disk: Disk): Promise<ChunkFiles> {
    const temporary = join(directory, TEMPORARY)
    await writing(temporary, false, async () => {
      await ensureFolder(disk, temporary)
      for (const { name } of await disk.readdir(temporary)) await removeTree(disk, join(temporary, name))
    })
    return new ChunkFiles(directory, disk)
  }

  /** @throws InvalidStorageKey */
  pathOf(key: readonly string[]): string {
    return pathOfKey(this.#directory, key)
  }

  /** @throws StorageReadError */
  read(path: string): Promise<Uint8Array | undefined> {
    return readIfThere(this.#disk, path)
  }

  /** @throws StorageWriteError */
  write(path: string, bytes: Uint8Array): Promise<void> {
    return writeAtomic(this.#disk, path, bytes, this.#temporary())
  }

  /**
   * Writes files of one document that were not there, side by side, with one fsync of their folder.
   * @throws StorageWriteError; any of them may be there then, and is whole
   */
  writeNew(folder: string, files: readonly (readonly [name: string, bytes: Uint8Array])[]): Promise<void> {
    return writing(folder, true, async () => {
      await ensureFolder(this.#disk, folder)
      await Promise.all(
        files.map(async ([name, bytes]) => {
          const temporary = this.#temporary()
          const file = await this.#disk.open(temporary, 'create')
          try {
            await file.write(bytes)
            await file.sync()
          } finally {
            await file.close()
          }
          await this.#disk.rename(temporary, join(folder, name))
        }),
      )
      await this.#disk.syncDirectory(folder)
    })
  }

  /**
   * The files whose keys begin with these parts.
   * @throws StorageReadError
   */
  async list(prefix: readonly string[]): Promise<StoredFile[]> {
    const path = this.pathOf(prefix)
    const below = await listFiles(this.#disk, path)
    if (below) return below.map((parts) => ({ key: [...prefix, ...parts], path: join(path, ...parts) }))
    return (await reading(path, () => unless(ABSENT, this.#disk.stat(path))))
      ? [{ key: [...prefix], path }]
      : []
  }

  /** Removes files of one folder, and folders that are empty then. */
  async unlink(documentId: string, folder: string, names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    await writing(folder, true, async () => {
      for (const name of names) await unless(ABSENT, this.#disk.unlink(join(folder, name)))
      await this.#removeEmpty(documentId, folder)
    })
  }

  /** Removes everything below a key in one step: after a crash all of it is there or nothing. */
  async unlinkAll(prefix: readonly string[]): Promise<void> {
    const path = this.pathOf(prefix)
    const away = this.#temporary()
    await writing(path, true, async () => {
      const moved = this.#disk.rename(path, away).then(() => true)
      if (!(await unless(ABSENT, moved))) return
      await this.#removeEmpty(prefix[0] ?? '', dirname(path))
      await removeTree(this.#disk, away)
    })
  }

  /**
   * Makes the names of a document's files durable, as a killed process or a failed write may have left them.
   * @returns whether it has any
   */
  makeDurable(documentId: string): Promise<boolean> {
    const folder = this.pathOf([documentId])
    return writing(folder, true, async () => {
      const exists = await syncTree(this.#disk, folder)
      await unless(ABSENT, this.#disk.syncDirectory(dirname(folder)))
      await this.#disk.syncDirectory(this.#directory)
      return exists
    })
  }

  /** Whether a document has chunks, and not only a sync state. */
  isDocument(documentId: string): Promise<boolean> {
    return this.#isDocument(this.pathOf([documentId]))
  }

  /** The ids of the documents that have chunks. */
  async *documents(): AsyncGenerator<string> {
    for (const { name: prefix, kind } of (await listFolder(this.#disk, this.#directory)) ?? []) {
      if (kind !== 'folder' || prefix.length !== PREFIX_LENGTH) continue
      for (const { name: rest } of (await listFolder(this.#disk, join(this.#directory, prefix))) ?? []) {
        if (await this.#isDocument(join(this.#directory, prefix, rest))) yield prefix + rest
      }
    }
  }

  async #isDocument(folder: string): Promise<boolean> {
    const kinds = (await listFolder(this.#disk, folder)) ?? []
    return kinds.some(({ name, kind }) => kind === 'folder' && (name === SNAPSHOT || name === INCREMENTAL))
  }

  #temporary(): string {
    return join(this.#directory, TEMPORARY, String(++this.#temporaries))
  }

  /**
   * Removes this folder and those above it that are empty, and makes that durable. The folder of the first two
   * characters stays: other documents, whose operations run at the same time, live in it.
   */
  async #removeEmpty(documentId: string, folder: string): Promise<void> {
    const shared = dirname(this.pathOf([documentId]))
    let at = folder
    for (; at.length > shared.length; at = dirname(at)) {
      if ((await unless(ABSENT, isRemoved(this.#disk.rmdir(at)))) === false) break
    }
    await unless(ABSENT, this.#disk.syncDirectory(at))
  }
}
