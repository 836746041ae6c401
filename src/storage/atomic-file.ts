import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { Disk } from './disk.js'
import { reading, StorageWriteError } from './errors.js'
import { ABSENT, ensureFolder, unless } from './folders.js'
import { Queues } from './queues.js'

const writers = new WeakMap<Disk, Queues>()

/**
 * Writes a file so that at any moment, also after a power failure, either all of the old or all of the new content is
 * there, and resolves when the new one is durable. Missing folders are made. Writes to one path run one by one.
 * @param temporary where the bytes are put first: on the same file system, used by nobody else
 * @throws StorageWriteError; unless it is `indeterminate`, the path is as it was
 */
export function writeAtomic(
  disk: Disk,
  path: string,
  bytes: Uint8Array,
  temporary: string = join(dirname(path), `.${basename(path)}.tmp`),
): Promise<void> {
  let queues = writers.get(disk)
  if (!queues) writers.set(disk, (queues = new Queues()))
  return queues.run(path, () => write(disk, path, bytes, temporary))
}

async function write(disk: Disk, path: string, bytes: Uint8Array, temporary: string): Promise<void> {
  let replaces = false
  let renaming = false
  try {
    await ensureFolder(disk, dirname(path))
    replaces = (await unless(['ENOENT'], disk.stat(path))) !== undefined
    // One may be left from a process that was killed.
    await unless(['ENOENT'], disk.unlink(temporary))
    const file = await disk.open(temporary, 'create')
    try {
      await file.write(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    renaming = true
    await disk.rename(temporary, path)
    await disk.syncDirectory(dirname(path))
  } catch (error) {
    await undo(disk, path, temporary, { error, replaces, renaming })
  }
}

interface Failure {
  readonly error: unknown
  readonly replaces: boolean
  /** Whether the rename had begun: before it, nothing of the new content can be seen. */
  readonly renaming: boolean
}

async function undo(disk: Disk, path: string, temporary: string, failure: Failure): Promise<never> {
  const { error, replaces, renaming } = failure
  try {
    await unless(ABSENT, disk.unlink(temporary))
    // What was there before may live on only in the new file: a file that replaced another is never taken away.
    if (renaming && !replaces) {
      await unless(['ENOENT'], disk.unlink(path))
      await disk.syncDirectory(dirname(path))
    }
  } catch (second) {
    // A temporary file that stays is never read and goes at the next write or start.
    throw new StorageWriteError(path, withCode(error, second), renaming)
  }
  throw new StorageWriteError(path, error, renaming && replaces)
}

function withCode(first: unknown, second: unknown): unknown {
  if (!(first instanceof Error)) return first
  const both = new AggregateError([first, second], `${first.message}; then cleaning up failed as well`)
  return Object.assign(both, 'code' in first ? { code: first.code } : {})
}

/** A small state file whose content is not what was written. It was not touched. */
export class DamagedFile extends Error {
  readonly path: string
  readonly reason: string
  constructor(path: string, reason: string) {
    super(`${path} is damaged: ${reason}. Restore it from a backup, or pair this terminal again.`)
    this.name = 'DamagedFile'
    this.path = path
    this.reason = reason
  }
}

const TRAILER = /^([\s\S]*)\nsha256 ([0-9a-f]{64})\n$/

/**
 * Writes a JSON value as text followed by the line `sha256 <64 hex digits>`, atomically and durably.
 * @throws StorageWriteError
 */
export async function writeChecked(disk: Disk, path: string, value: unknown): Promise<void> {
  const json = JSON.stringify(value, null, 2)
  await writeAtomic(disk, path, Buffer.from(`${json}\nsha256 ${sha256(json)}\n`))
}

/**
 * Reads what {@link writeChecked} wrote; undefined when there is no file.
 * @throws DamagedFile, StorageReadError
 */
export async function readChecked(disk: Disk, path: string): Promise<unknown> {
  const bytes = await readIfThere(disk, path)
  if (!bytes) return undefined
  if (bytes.length === 0) throw new DamagedFile(path, 'it is empty')
  const match = TRAILER.exec(Buffer.from(bytes).toString('utf8'))
  if (!match) throw new DamagedFile(path, 'its last line is missing')
  const [, json = '', expected] = match
  if (sha256(json) !== expected) throw new DamagedFile(path, 'its checksum does not match')
  try {
    return JSON.parse(json)
  } catch {
    throw new DamagedFile(path, 'it is not JSON')
  }
}

/**
 * A file's bytes; undefined when there is none.
 * @throws StorageReadError
 */
export function readIfThere(disk: Disk, path: string): Promise<Uint8Array | undefined> {
  return reading(path, () => unless([...ABSENT, 'EISDIR'], disk.readFile(path)))
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
