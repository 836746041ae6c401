import { dirname, join } from 'node:path'
import type { Chunk, StorageAdapterInterface, StorageKey } from '@automerge/automerge-repo'
import { splitChanges } from './change-chunks.js'
import { ChunkFiles, INCREMENTAL, SNAPSHOT } from './chunk-files.js'
import { CHUNK_HEADER, DamagedChunk, decodeChunk, encodeChunk } from './chunk-format.js'
import type { Disk } from './disk.js'
import { SoftwareTooOld } from './errors.js'
import { sizeOf } from './folders.js'
import { type Damage, Quarantine } from './quarantine.js'
import { Queues } from './queues.js'
import { labelOfName, nameOfChange, pathOfKey } from './storage-key.js'
import { StoredChanges } from './stored-changes.js'

export interface DurableStorageOptions {
  /** Absolute path of the folder that holds the documents. */
  readonly directory: string
  /** Absolute path of the folder for damaged chunks, on the same file system. */
  readonly quarantine: string
  readonly disk: Disk
  readonly now: () => Date
  /** Called once for each damaged chunk that is found. */
  readonly onDamage?: (damage: Damage) => void
}

export interface StoredLabel {
  readonly label: string
  /** SHA-256 of the change's bytes, hex. */
  readonly change: string
  readonly state: 'stored' | 'quarantined' | 'settled'
}

/**
 * Durable storage for automerge-repo, on the folder layout of its nodefs adapter. When a write or removal resolves it
 * is on the medium (D1); every chunk that is read is verified, damaged ones are moved to the quarantine and reported
 * (D2). Operations on one document run in order. One process at a time: see `DataDirectory`.
 *
 * All operations reject with InvalidStorageKey, StorageReadError, StorageWriteError or SoftwareTooOld.
 */
export class DurableStorageAdapter implements StorageAdapterInterface {
  readonly #disk: Disk
  readonly #files: ChunkFiles
  readonly #quarantine: Quarantine
  readonly #queues = new Queues()
  readonly #changes = new StoredChanges()
  /** Documents whose files are known to have durable names. */
  readonly #durable = new Set<string>()
  /** How often the files of each document were changed by this process. */
  readonly #revisions = new Map<string, number>()

  private constructor(disk: Disk, files: ChunkFiles, quarantine: Quarantine) {
    this.#disk = disk
    this.#files = files
    this.#quarantine = quarantine
  }

  /** Makes the folders, deletes what was never acknowledged, and reads what is in quarantine. */
  static async open(options: DurableStorageOptions): Promise<DurableStorageAdapter> {
    const { directory, quarantine, disk, now, onDamage = () => undefined } = options
    const files = await ChunkFiles.open(directory, disk)
    const pathOf = (key: readonly string[]): string => pathOfKey(directory, key)
    const damaged = await Quarantine.open({ directory: quarantine, disk, now, onDamage, pathOf })
    return new DurableStorageAdapter(disk, files, damaged)
  }

  /** The value; undefined when there is none or it was damaged, which `onDamage` and `damage` tell. */
  async load(key: StorageKey): Promise<Uint8Array | undefined> {
    const [documentId = '', kind, name = ''] = key
    const path = this.#files.pathOf(key)
    return this.#run(documentId, async () => {
      const own = await this.#read(key, path)
      const files = kind === INCREMENTAL && !own ? this.#changes.filesOf(documentId, name) : []
      const parts: Uint8Array[] = []
      for (const file of files) {
        const part = await this.#read([documentId, INCREMENTAL, file], join(dirname(path), file))
        if (part) parts.push(part)
      }
      return parts.length > 0 ? new Uint8Array(Buffer.concat(parts)) : own
    })
  }

  /** Every intact value whose key begins with these parts. */
  async loadRange(prefix: StorageKey): Promise<Chunk[]> {
    const [documentId = ''] = prefix
    this.#files.pathOf(prefix)
    return this.#run(documentId, async () => {
      const chunks: Chunk[] = []
      for (const { key, path } of await this.#files.list(prefix)) {
        const data = await this.#read(key, path)
        if (data) chunks.push({ key, data })
      }
      return chunks
    })
  }

  /**
   * Stores a value. An incremental blob whose changes all lie in files of {@link saveChange} is not written again:
   * its key then stands for these files.
   */
  async save(key: StorageKey, data: Uint8Array): Promise<void> {
    const [documentId = '', kind, name = ''] = key
    this.#files.pathOf(key)
    // Encoded now, because the caller may use its buffer again as soon as this call returns.
    const chunk = encodeChunk(data)
    const payload = chunk.subarray(CHUNK_HEADER)
    return this.#run(documentId, async () => {
      if (kind === INCREMENTAL && this.#changes.alias(documentId, name, payload)) return
      await this.#write(key, chunk)
      if (kind !== SNAPSHOT || this.damaged(documentId)) return
      await this.#unlink(documentId, this.#changes.filesIn(documentId, payload))
    })
  }

  /**
   * Stores one Automerge change that no document in memory holds yet, durably.
   * @param label what it holds, 1 to 40 letters, digits and hyphens: kept in the file's name, so that it can be read
   * even when the content no longer can
   * @throws TypeError when these are not the bytes of exactly one change
   */
  async saveChange(documentId: string, change: Uint8Array, label?: string): Promise<void> {
    const name = nameOfChange(change, label)
    const key = [documentId, INCREMENTAL, name]
    this.#files.pathOf(key)
    const [only, ...more] = splitChanges(change) ?? []
    if (!only || more.length > 0)
      throw new TypeError('saveChange takes the bytes of exactly one Automerge change')
    const chunk = encodeChunk(change)
    return this.#run(documentId, async () => {
      await this.#write(key, chunk)
      this.#changes.add(documentId, name, only)
    })
  }

  /**
   * Stores Automerge changes that nothing here holds yet, durably, many for hardly more than one.
   * @param isNew whether nothing of this document was ever stored here
   * @throws StorageWriteError; any of them may be stored then
   */
  async saveChanges(documentId: string, changes: readonly Uint8Array[], isNew: boolean): Promise<void> {
    const files = changes.map((change) => [nameOfChange(change), encodeChunk(change)] as const)
    const folder = this.#files.pathOf([documentId, INCREMENTAL])
    const write = async (): Promise<void> => {
      try {
        await this.#files.writeNew(folder, files)
      } finally {
        this.#changed(documentId)
      }
      this.#durable.add(documentId)
    }
    // Of a new document there are no names that a killed process could have left.
    return isNew ? this.#queues.run(documentId, write) : this.#run(documentId, write)
  }

  /**
   * Stores bytes that Automerge saved and nothing here holds yet, durably, in one file.
   * @param kind `snapshot` for a whole document, `incremental` for changes that follow what is here
   * @throws StorageWriteError; they may be stored then, whole
   */
  async saveSaved(
    documentId: string,
    kind: typeof SNAPSHOT | typeof INCREMENTAL,
    saved: Uint8Array,
  ): Promise<void> {
    const folder = this.#files.pathOf([documentId, kind])
    const file = [nameOfChange(saved), encodeChunk(saved)] as const
    await this.#run(documentId, async () => {
      try {
        await this.#files.writeNew(folder, [file])
      } finally {
        this.#changed(documentId)
      }
    })
  }

  /** Counts what this process changed of a document's files: as long as it is the same, they are. */
  revision(documentId: string): number {
    return this.#revisions.get(documentId) ?? 0
  }

  #changed(documentId: string): void {
    this.#revisions.set(documentId, this.revision(documentId) + 1)
  }

  /**
   * The keys of a document's values, without reading these.
   * @param prefix at least the document
   */
  async keys(prefix: StorageKey): Promise<StorageKey[]> {
    const [documentId = ''] = prefix
    this.#files.pathOf(prefix)
    return this.#run(documentId, async () => (await this.#files.list(prefix)).map(({ key }) => key))
  }

  /**
   * Makes sure, durably, that a change is not stored: for a {@link saveChange} that failed and left it open whether
   * the change is there. Works on a damaged document as well, as the change was never acknowledged.
   */
  async discardChange(documentId: string, change: Uint8Array, label?: string): Promise<void> {
    const name = nameOfChange(change, label)
    this.#files.pathOf([documentId])
    return this.#run(documentId, () => this.#unlink(documentId, [name]))
  }

  /** Does nothing on a damaged document. */
  async remove(key: StorageKey): Promise<void> {
    const [documentId = '', kind, name = ''] = key
    const folder = dirname(this.#files.pathOf(key))
    return this.#run(documentId, async () => {
      if (this.damaged(documentId)) return
      if (kind !== INCREMENTAL || key.length !== 3)
        return this.#files.unlink(documentId, folder, key.slice(-1))
      await this.#unlink(documentId, [...new Set([name, ...this.#changes.filesOf(documentId, name)])])
    })
  }

  /**
   * Removes everything below a key in one step: after a crash all of it is there or nothing. Does nothing on a damaged
   * document.
   */
  async removeRange(prefix: StorageKey): Promise<void> {
    const [documentId = '', kind, name] = prefix
    this.#files.pathOf(prefix)
    return this.#run(documentId, async () => {
      if (this.damaged(documentId)) return
      this.#changed(documentId)
      // Forgotten first: where a removal fails half-way, a change must rather be written twice than never.
      if (kind === undefined) this.#durable.delete(documentId)
      if (kind === undefined || (kind === INCREMENTAL && name === undefined)) this.#changes.forget(documentId)
      if (name !== undefined) this.#changes.forgetFile(documentId, name)
      await this.#files.unlinkAll(prefix)
    })
  }

  /** Whether this disk holds anything of a document, damaged or not. */
  async has(documentId: string): Promise<boolean> {
    this.#files.pathOf([documentId])
    return this.#run(
      documentId,
      async () => this.damaged(documentId) || (await this.#files.isDocument(documentId)),
    )
  }

  /** The ids of the documents that have chunks here. */
  documents(): AsyncGenerator<string> {
    return this.#files.documents()
  }

  /** How many files a document has here, and how many bytes these take, headers included. */
  async usage(documentId: string): Promise<{ files: number; bytes: number }> {
    this.#files.pathOf([documentId])
    return this.#run(documentId, async () => {
      const files = await this.#files.list([documentId])
      let bytes = 0
      for (const { path } of files) bytes += await sizeOf(this.#disk, path)
      return { files: files.length, bytes }
    })
  }

  /** The labels of a document's changes that lie in files of their own, here or in quarantine. */
  async labels(documentId: string): Promise<StoredLabel[]> {
    this.#files.pathOf([documentId])
    return this.#run(documentId, async () => {
      const labels: StoredLabel[] = []
      const add = (name: string | undefined, state: StoredLabel['state']): void => {
        const label = labelOfName(name ?? '')
        if (label) labels.push({ ...label, state })
      }
      for (const { key } of await this.#files.list([documentId, INCREMENTAL])) add(key[2], 'stored')
      for (const { key, settled } of await this.#quarantine.chunks(documentId)) {
        add(key[2], settled ? 'settled' : 'quarantined')
      }
      return labels
    })
  }

  /**
   * Puts a damaged file from elsewhere on this file system into the quarantine of the document that it held a part of,
   * which counts as damaged from then on.
   * @param label as for {@link saveChange}
   */
  async takeDamaged(documentId: string, path: string, label?: string): Promise<void> {
    return this.#run(documentId, async () => {
      const bytes = (await this.#files.read(path)) ?? new Uint8Array()
      await this.#quarantine.take([documentId, INCREMENTAL, nameOfChange(bytes, label)], path, 'not-a-chunk')
    })
  }

  /** Whether a damaged chunk was found in this document, now or in an earlier run, and nobody has dealt with it. */
  damaged(documentId: string): boolean {
    return this.#quarantine.has(documentId)
  }

  /** All damage that nobody has dealt with. */
  damage(): Damage[] {
    return this.#quarantine.list()
  }

  /** A person has dealt with a document's damage: its chunks may be removed again. The damaged bytes are kept. */
  async clearDamage(documentId: string): Promise<void> {
    this.#files.pathOf([documentId])
    return this.#run(documentId, () => this.#quarantine.settle(documentId))
  }

  /** Resolves when every operation on this document that was begun before this call is over. */
  settled(documentId: string): Promise<void> {
    return this.#queues.settled(documentId)
  }

  #run<T>(documentId: string, task: () => Promise<T>): Promise<T> {
    return this.#queues.run(documentId, async () => {
      try {
        // What has once been seen must not vanish with a power failure. Ids that are only asked for are not
        // remembered: there is no end to them.
        const isDurable = this.#durable.has(documentId)
        if (!isDurable && (await this.#files.makeDurable(documentId))) this.#durable.add(documentId)
        return await task()
      } catch (error) {
        this.#durable.delete(documentId)
        throw error
      }
    })
  }

  async #read(key: readonly string[], path: string): Promise<Uint8Array | undefined> {
    const bytes = await this.#files.read(path)
    return bytes && this.#verified(key, path, bytes)
  }

  async #verified(key: readonly string[], path: string, bytes: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      return decodeChunk(bytes)
    } catch (error) {
      if (!(error instanceof DamagedChunk)) throw error
      const { reason } = error
      if (reason === 'newer-format') throw new SoftwareTooOld(path, error)
      this.#changes.forgetFile(key[0] ?? '', key[2] ?? '')
      this.#changed(key[0] ?? '')
      await this.#quarantine.take(key, path, reason)
      return undefined
    }
  }

  async #write(key: readonly string[], chunk: Uint8Array): Promise<void> {
    const path = this.#files.pathOf(key)
    const existing = await this.#files.read(path)
    if (existing && Buffer.compare(existing, chunk) === 0) return
    // What is to be replaced is looked at first: damaged bytes are kept, newer ones are not touched.
    if (existing) await this.#verified(key, path, existing)
    try {
      await this.#files.write(path, chunk)
    } finally {
      this.#changed(key[0] ?? '')
    }
  }

  async #unlink(documentId: string, names: readonly string[]): Promise<void> {
    this.#changed(documentId)
    // Forgotten first, as in `removeRange`.
    for (const name of names) this.#changes.forgetFile(documentId, name)
    await this.#files.unlink(documentId, this.#files.pathOf([documentId, INCREMENTAL]), names)
  }
}
