import { dirname, join } from 'node:path'
import { DamagedFile, readChecked, readIfThere, writeChecked } from './atomic-file.js'
import { type ChunkDamage, DamagedChunk, decodeChunk } from './chunk-format.js'
import type { Disk } from './disk.js'
import { writing } from './errors.js'
import { ensureFolder, listFiles, unless } from './folders.js'
import { labelOfName } from './storage-key.js'

/**
 * Why a chunk is in quarantine. After a crash between move and note the bytes are examined once more: `intact` when
 * they are whole now (a disk that returned wrong bytes once), `gone` when somebody took them out.
 */
export type DamageReason = Exclude<ChunkDamage, 'newer-format'> | 'intact' | 'gone'

export interface Damage {
  readonly documentId: string
  /** The chunk's storage key: document id, kind, name. */
  readonly key: readonly string[]
  readonly reason: DamageReason
  /** ISO 8601: when it was found. */
  readonly at: string
  /** Where the chunk lay, and where its bytes are now. */
  readonly path: string
  readonly quarantined: string
  /** What `saveChange` was told that the chunk holds. */
  readonly label?: string
}

/** A chunk in quarantine, settled or not. */
export interface QuarantinedChunk {
  readonly key: readonly string[]
  readonly settled: boolean
}

export interface QuarantineOptions {
  readonly directory: string
  readonly disk: Disk
  readonly now: () => Date
  /** Called for each chunk that is moved here. */
  readonly onDamage: (damage: Damage) => void
  /** Where a chunk with this key lies when it is not in quarantine. */
  readonly pathOf: (key: readonly string[]) => string
}

interface Place {
  readonly key: readonly string[]
  /** Path without the ending. */
  readonly stem: string
}

const BYTES = '.chunk'
const NOTE = '.json'
const SETTLED = '.settled.json'
const FILE = /^(.+)\.(\d+)(\.chunk|\.json|\.settled\.json)$/

/**
 * Where damaged chunks are kept: `<document id>/<kind>/<chunk name>.<n>.chunk` with a note beside it,
 * `….<n>.json`, renamed to `….<n>.settled.json` once a person has dealt with it. Bytes are never deleted.
 */
export class Quarantine {
  readonly #directory: string
  readonly #disk: Disk
  readonly #now: () => Date
  readonly #onDamage: (damage: Damage) => void
  readonly #open = new Map<string, Damage[]>()

  private constructor({ directory, disk, now, onDamage }: QuarantineOptions) {
    this.#directory = directory
    this.#disk = disk
    this.#now = now
    this.#onDamage = onDamage
  }

  /**
   * Reads what was found earlier; it is listed, not reported again.
   * @throws StorageReadError, StorageWriteError
   */
  static async open(options: QuarantineOptions): Promise<Quarantine> {
    const { directory, disk, pathOf } = options
    const quarantine = new Quarantine(options)
    await writing(directory, false, () => ensureFolder(disk, directory))
    for (const [stem, { place, endings }] of await quarantine.#places()) {
      // A restart sees them, so a power failure must not take them away again.
      for (let at = dirname(stem); at.length >= directory.length; at = dirname(at))
        await disk.syncDirectory(at)
      if (!endings.has(SETTLED)) await quarantine.#restore(place, endings, pathOf)
    }
    return quarantine
  }

  has(documentId: string): boolean {
    return this.#open.has(documentId)
  }

  list(): Damage[] {
    return [...this.#open.values()].flat()
  }

  /**
   * Moves a damaged chunk here, durably.
   * @throws StorageWriteError; the chunk is then where it was, or here without a note, which the next start writes
   */
  async take(key: readonly string[], path: string, reason: DamageReason): Promise<Damage> {
    const place = await this.#vacant(key)
    const quarantined = place.stem + BYTES
    await writing(quarantined, true, async () => {
      await ensureFolder(this.#disk, dirname(quarantined))
      await this.#disk.rename(path, quarantined)
    })
    // From here on the damage counts and is told, whatever fails.
    const damage = this.#register(place, { reason, at: this.#now().toISOString(), path })
    try {
      // The new name first: at no moment is the chunk without a durable name.
      await writing(quarantined, true, async () => {
        await this.#disk.syncDirectory(dirname(quarantined))
        await this.#disk.syncDirectory(dirname(path))
      })
      await this.#writeNote(place.stem, damage)
    } finally {
      this.#onDamage(damage)
    }
    return damage
  }

  /**
   * Marks a document's notes as settled; the bytes stay.
   * @throws StorageWriteError; the document then still counts as damaged
   */
  async settle(documentId: string): Promise<void> {
    for (const damage of this.#open.get(documentId) ?? []) {
      const stem = damage.quarantined.slice(0, -BYTES.length)
      await writing(stem + SETTLED, true, async () => {
        const note = await unless(['ENOENT'], this.#disk.stat(stem + NOTE))
        if (!note) await this.#writeNote(stem, damage)
        await this.#disk.rename(stem + NOTE, stem + SETTLED)
        await this.#disk.syncDirectory(dirname(stem))
      })
    }
    this.#open.delete(documentId)
  }

  /** What of a document is or was in quarantine. */
  async chunks(documentId: string): Promise<QuarantinedChunk[]> {
    const found = [...(await this.#places(documentId)).values()]
    return found.map(({ place, endings }) => ({ key: place.key, settled: endings.has(SETTLED) }))
  }

  async #restore(
    place: Place,
    endings: Set<string>,
    pathOf: (key: readonly string[]) => string,
  ): Promise<void> {
    const damage = this.#register(
      place,
      (await this.#readNote(place.stem)) ?? {
        reason: await this.#examine(place.stem + BYTES),
        at: this.#now().toISOString(),
        path: pathOf(place.key),
      },
    )
    // A damaged note is evidence as well and stays as it is.
    if (!endings.has(NOTE)) await this.#writeNote(place.stem, damage)
  }

  #register(place: Place, note: Note): Damage {
    const [documentId = '', , name = ''] = place.key
    const label = labelOfName(name)?.label
    const damage: Damage = {
      documentId,
      key: place.key,
      ...note,
      quarantined: place.stem + BYTES,
      ...(label !== undefined && { label }),
    }
    this.#open.set(documentId, [...(this.#open.get(documentId) ?? []), damage])
    return damage
  }

  async #writeNote(stem: string, { key, reason, at, path }: Damage): Promise<void> {
    await writeChecked(this.#disk, stem + NOTE, { key, reason, at, path })
  }

  async #readNote(stem: string): Promise<Note | undefined> {
    try {
      const note = await readChecked(this.#disk, stem + NOTE)
      return isNote(note) ? { reason: note.reason, at: note.at, path: note.path } : undefined
    } catch (error) {
      if (error instanceof DamagedFile) return undefined
      throw error
    }
  }

  async #examine(path: string): Promise<DamageReason> {
    const bytes = await readIfThere(this.#disk, path)
    if (!bytes) return 'gone'
    try {
      decodeChunk(bytes)
      return 'intact'
    } catch (error) {
      if (!(error instanceof DamagedChunk)) throw error
      return error.reason === 'newer-format' ? 'intact' : error.reason
    }
  }

  /** The first number under which nothing of this chunk is kept yet. */
  async #vacant(key: readonly string[]): Promise<Place> {
    const taken = await this.#places(key[0])
    for (let number = 1; ; number++) {
      const stem = `${join(this.#directory, ...key)}.${number}`
      if (!taken.has(stem)) return { key, stem }
    }
  }

  async #places(documentId?: string): Promise<Map<string, { place: Place; endings: Set<string> }>> {
    const places = new Map<string, { place: Place; endings: Set<string> }>()
    for (const parts of (await listFiles(this.#disk, this.#directory)) ?? []) {
      const [, name, number, ending] = FILE.exec(parts.at(-1) ?? '') ?? []
      if (name === undefined || ending === undefined) continue
      const key = [...parts.slice(0, -1), name]
      if (documentId !== undefined && key[0] !== documentId) continue
      const stem = `${join(this.#directory, ...key)}.${number}`
      const found = places.get(stem) ?? { place: { key, stem }, endings: new Set<string>() }
      places.set(stem, found)
      found.endings.add(ending)
    }
    return places
  }
}

type Note = Pick<Damage, 'reason' | 'at' | 'path'>

function isNote(value: unknown): value is Note {
  return (
    typeof value === 'object' &&
    value !== null &&
    'reason' in value &&
    typeof value.reason === 'string' &&
    'at' in value &&
    typeof value.at === 'string' &&
    'path' in value &&
    typeof value.path === 'string'
  )
}
