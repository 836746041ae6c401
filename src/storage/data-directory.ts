import { dirname, join } from 'node:path'
import { DamagedFile, readChecked, writeChecked } from './atomic-file.js'
import {
  DirectoryInUse,
  DirectoryNewer,
  DirectoryNotEmpty,
  DirectoryNotFound,
  DirectoryWrongKind,
} from './directory-errors.js'
import { type Disk, type DiskFile, type DiskStat, nodeDisk } from './disk.js'
import { writing } from './errors.js'
import { ABSENT, ensureFolder, unless } from './folders.js'

export type DirectoryKind = 'terminal' | 'relay'

export interface DataDirectoryOptions {
  /** Absolute path. */
  readonly directory: string
  readonly kind: DirectoryKind
  /** Whether to make it where there is none. */
  readonly create: boolean
  readonly disk: Disk
  readonly now: () => Date
}

const FORMAT = 1
const STATE = 'counterfoil.json'
const LOCK = 'lock'
/** What a directory that was never finished, or the root of a file system, may hold. */
const HARMLESS = [LOCK, `.${STATE}.tmp`, 'lost+found']
/** The holder's line has a fixed length, so that writing it anew needs no space on a full disk. */
const HOLDER_BYTES = 80

/** Writes until the clock of the file system moves on, which takes up to 10 ms; where it takes seconds, we do not wait. */
const TICK_TRIES = 2_000

/** What a copy cannot have in common with its original on the same disk. */
interface Fingerprint {
  readonly lock: Mark
  readonly folder: Mark
}

type Mark = Pick<DiskStat, 'inode' | 'bornNs'>

interface State {
  readonly format: number
  readonly kind: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly fingerprint: Fingerprint
}

/** A file handle that is collected as garbage is closed, and a lock ends with its handle. */
const held = new Set<DiskFile>()

/**
 * A directory that one process at a time may use (N2): whoever opens it holds a kernel lock on `<directory>/lock`,
 * which ends with the process. What it is stands in `counterfoil.json`.
 */
export class DataDirectory {
  readonly directory: string
  readonly kind: DirectoryKind
  readonly createdAt: Date
  readonly #disk: Disk
  readonly #lock: DiskFile
  readonly #state: State
  readonly #present: Fingerprint
  #copied: boolean

  private constructor(options: DataDirectoryOptions, lock: DiskFile, state: State, present: Present) {
    this.directory = options.directory
    this.kind = options.kind
    this.createdAt = new Date(state.createdAt)
    this.#disk = options.disk
    this.#lock = lock
    this.#state = state
    this.#present = present.fingerprint
    this.#copied = !isSame(state.fingerprint, present)
  }

  /**
   * Takes the lock and reads what the directory is.
   * @throws DirectoryInUse, DirectoryNewer, DirectoryWrongKind, DirectoryNotFound, DirectoryNotEmpty
   * @throws DamagedFile, StorageReadError, StorageWriteError
   */
  static async open(options: DataDirectoryOptions): Promise<DataDirectory> {
    const { directory } = options
    await checkPlace(options)
    const lock = await openLock(options)
    try {
      if (!lock.tryLock('exclusive')) throw new DirectoryInUse(directory, await readHolder(lock))
      const present = await writing(join(directory, LOCK), false, () => look(lock, options))
      const state = (await readState(options)) ?? (await writeNewState(options, present.fingerprint))
      held.add(lock)
      return new DataDirectory(options, lock, state, present)
    } catch (error) {
      await writing(join(directory, LOCK), false, () => lock.close())
      throw error
    }
  }

  /** True when this is not the place it was written at: the directory was copied, or restored from a backup. */
  get copied(): boolean {
    return this.#copied
  }

  /**
   * Takes the copy for the original from now on. The caller has seen to it that no number can be used twice.
   * @throws StorageWriteError
   */
  async adopt(): Promise<void> {
    await writeState(this.#disk, this.directory, { ...this.#state, fingerprint: this.#present })
    this.#copied = false
  }

  /** Gives the directory free for another process. */
  async release(): Promise<void> {
    if (held.delete(this.#lock)) await this.#lock.close()
  }
}

/**
 * Whether a process has this data directory open. It asks by taking the lock for a moment, which can make a process
 * that starts in this moment believe that the directory is in use: not for use in a loop.
 */
export async function isLocked(directory: string, disk: Disk = nodeDisk): Promise<boolean> {
  const lock = await unless(ABSENT, disk.open(join(directory, LOCK), 'read'))
  if (!lock) return false
  try {
    return !lock.tryLock('shared')
  } finally {
    await lock.close()
  }
}

interface Present {
  readonly fingerprint: Fingerprint
  /** Whether this file system knows when a file was made. */
  readonly knowsBirth: boolean
}

/** Before anything is made there: a wrong path must not be left with a lock file in it. */
async function checkPlace({ directory, create, disk }: DataDirectoryOptions): Promise<void> {
  const names = ((await unless(ABSENT, disk.readdir(directory))) ?? []).map((entry) => entry.name)
  if (names.includes(STATE)) return
  if (!create) throw new DirectoryNotFound(directory)
  const foreign = names.filter((name) => !HARMLESS.includes(name))
  if (foreign.length > 0) throw new DirectoryNotEmpty(directory, foreign)
}

async function openLock({ directory, disk }: DataDirectoryOptions): Promise<DiskFile> {
  const path = join(directory, LOCK)
  return writing(path, false, async () => {
    await ensureFolder(disk, directory)
    await disk.syncDirectory(dirname(directory))
    for (;;) {
      const existing = await unless(['ENOENT'], disk.open(path, 'update'))
      const lock = existing ?? (await unless(['EEXIST'], disk.open(path, 'create')))
      if (lock) return lock
    }
  })
}

/** Writes who holds the lock, and looks at what cannot be copied. */
async function look(lock: DiskFile, { directory, disk, now }: DataDirectoryOptions): Promise<Present> {
  const since = now()
  await writeHolder(lock, since)
  const first = await lock.stat()
  const fingerprint = { lock: markOf(first), folder: markOf(await disk.stat(directory)) }
  if (first.bornNs === '0') return { fingerprint, knowsBirth: false }
  if (first.bornNs !== first.changedNs) return { fingerprint, knowsBirth: true }
  // Either the file was made a moment ago, or the time of its last change is reported as that of its birth.
  for (let tries = 0; tries < TICK_TRIES; tries++) {
    await writeHolder(lock, since)
    const { bornNs, changedNs } = await lock.stat()
    if (changedNs !== first.changedNs) return { fingerprint, knowsBirth: bornNs === first.bornNs }
  }
  return { fingerprint, knowsBirth: false }
}

async function writeHolder(lock: DiskFile, since: Date): Promise<void> {
  const line = `process ${process.pid} since ${since.toISOString()}`
  await lock.write(Buffer.from(`${line.padEnd(HOLDER_BYTES - 1)}\n`), 0)
}

async function readHolder(lock: DiskFile): Promise<string | undefined> {
  const buffer = Buffer.alloc(HOLDER_BYTES)
  // Windows does not let others read what is locked.
  const length = await unless(['EBUSY', 'EACCES', 'EPERM'], lock.read(buffer, 0))
  const line = buffer.toString('utf8', 0, length ?? 0).trim()
  return line === '' ? undefined : line
}

async function readState({ directory, kind, disk }: DataDirectoryOptions): Promise<State | undefined> {
  const path = join(directory, STATE)
  const value = await readChecked(disk, path)
  if (value === undefined) return undefined
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined
  if (typeof format !== 'number') throw new DamagedFile(path, 'it does not say its format')
  if (format > FORMAT) throw new DirectoryNewer(directory, format, FORMAT)
  if (!isState(value)) throw new DamagedFile(path, 'it is not what this software writes')
  if (value.kind !== kind) throw new DirectoryWrongKind(directory, value.kind, kind)
  return value
}

async function writeNewState(
  { directory, kind, disk, now }: DataDirectoryOptions,
  fingerprint: Fingerprint,
): Promise<State> {
  const state: State = { format: FORMAT, kind, createdAt: now().toISOString(), fingerprint }
  await writeState(disk, directory, state)
  return state
}

async function writeState(disk: Disk, directory: string, state: State): Promise<void> {
  await writeChecked(disk, join(directory, STATE), state)
}

function markOf({ inode, bornNs }: DiskStat): Mark {
  return { inode, bornNs }
}

function isSame(recorded: Fingerprint, { fingerprint, knowsBirth }: Present): boolean {
  const same = (a: Mark, b: Mark): boolean => a.inode === b.inode && (!knowsBirth || a.bornNs === b.bornNs)
  return same(recorded.lock, fingerprint.lock) && same(recorded.folder, fingerprint.folder)
}

function isState(value: unknown): value is State {
  const { kind, createdAt, fingerprint } = value as Partial<Record<string, unknown>>
  return typeof kind === 'string' && typeof createdAt === 'string' && isFingerprint(fingerprint)
}

function isFingerprint(value: unknown): value is Fingerprint {
  const isMark = (mark: unknown): boolean =>
    typeof mark === 'object' && mark !== null && 'inode' in mark && 'bornNs' in mark
  return (
    typeof value === 'object' &&
    value !== null &&
    'lock' in value &&
    'folder' in value &&
    isMark(value.lock) &&
    isMark(value.folder)
  )
}
