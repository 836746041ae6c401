import fs from 'node:fs'
import { tryLock } from 'fs-native-extensions'

/**
 * How a file is opened; reading is always allowed.
 * - `create`: a new file for writing, EEXIST when there is one
 * - `append`: every write goes to the end; made when absent
 * - `update`: an existing file, written at any position
 * - `read`: an existing file, not written
 */
export type OpenMode = 'create' | 'append' | 'update' | 'read'

export type EntryKind = 'file' | 'folder' | 'other'

export interface DiskEntry {
  readonly name: string
  readonly kind: EntryKind
}

export interface DiskStat {
  readonly kind: EntryKind
  /** Bytes. */
  readonly size: number
  /** Decimal digits: an inode number may exceed what a JSON number holds. */
  readonly inode: string
  /** Nanoseconds since 1970 as decimal digits; "0" or equal to `changedNs` where the file system does not keep it. */
  readonly bornNs: string
  readonly changedNs: string
}

/** Bytes of the file system a path lies on. */
export interface DiskSpace {
  readonly total: number
  /** What this process may still write. */
  readonly free: number
}

/** An open file. Every method rejects with Node's error and its `code`. */
export interface DiskFile {
  /** Reads up to `into.length` bytes from `position`; resolves to the number read, 0 at the end. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Writes all bytes, at `position` or, without one, where the last write ended (`append`: at the end). */
  write(bytes: Uint8Array, position?: number): Promise<void>
  truncate(length: number): Promise<void>
  /** fsync: resolves when content and length are on the medium. */
  sync(): Promise<void>
  stat(): Promise<DiskStat>
  /** Takes a kernel lock that lives as long as this open file; false when another open file's lock conflicts. */
  tryLock(mode: 'exclusive' | 'shared'): boolean
  close(): Promise<void>
}

/**
 * Every file operation of the storage layer, so that a test or simulator can fail, lose or count any of them.
 * Paths are absolute. Every method rejects with Node's error and its `code`.
 */
export interface Disk {
  readFile(path: string): Promise<Uint8Array>
  open(path: string, mode: OpenMode): Promise<DiskFile>
  stat(path: string): Promise<DiskStat>
  readdir(path: string): Promise<DiskEntry[]>
  /** Not recursive: EEXIST when it is there, ENOENT when its parent is not. */
  mkdir(path: string): Promise<void>
  rmdir(path: string): Promise<void>
  /** Replaces a file at `to`, in one step. */
  rename(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** fsync of a folder: resolves when the names in it are on the medium. */
  syncDirectory(path: string): Promise<void>
  /** How much room there is; not every disk can tell. */
  space?(path: string): Promise<DiskSpace>
}

/** Sales are nobody's business but the till's own account's. */
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

const FLAGS: Record<OpenMode, string> = { create: 'wx+', append: 'a+', update: 'r+', read: 'r' }

// Everything is looked up on fs.promises at the moment of the call: tests observe this disk and others alike there.
export const nodeDisk: Disk = {
  readFile: (path) => fs.promises.readFile(path),
  open: async (path, mode) => nodeFile(await fs.promises.open(path, FLAGS[mode], FILE_MODE)),
  stat: async (path) => statOf(await fs.promises.stat(path, { bigint: true })),
  readdir: async (path) => {
    const entries = await fs.promises.readdir(path, { withFileTypes: true })
    return entries.map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
  },
  mkdir: async (path) => {
    await fs.promises.mkdir(path, { mode: FOLDER_MODE })
  },
  rmdir: (path) => fs.promises.rmdir(path),
  rename: (from, to) => fs.promises.rename(from, to),
  unlink: (path) => fs.promises.unlink(path),
  syncDirectory: async (path) => {
    // Windows offers no fsync of a folder; NTFS writes its names to its own log.
    if (process.platform === 'win32') return
    const handle = await fs.promises.open(path, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
  space: async (path) => {
    const { bsize, blocks, bavail } = await fs.promises.statfs(path)
    return { total: blocks * bsize, free: bavail * bsize }
  },
}

function nodeFile(handle: fs.promises.FileHandle): DiskFile {
  return {
    read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    write: async (bytes, position) => {
      for (let done = 0; done < bytes.length;) {
        const at = position === undefined ? null : position + done
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at)
        done += bytesWritten
      }
    },
    truncate: (length) => handle.truncate(length),
    sync: () => handle.sync(),
    stat: async () => statOf(await handle.stat({ bigint: true })),
    tryLock: (mode) => tryLock(handle.fd, { shared: mode === 'shared' }),
    close: () => handle.close(),
  }
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): EntryKind {
  if (entry.isDirectory()) return 'folder'
  return entry.isFile() ? 'file' : 'other'
}

function statOf(stat: fs.BigIntStats): DiskStat {
  return {
    kind: kindOf(stat),
    size: Number(stat.size),
    inode: String(stat.ino),
    bornNs: String(stat.birthtimeNs),
    changedNs: String(stat.ctimeNs),
  }
}
