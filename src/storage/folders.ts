import { dirname, join } from 'node:path'
import { codeOf, reading } from './errors.js'
import type { Disk, DiskEntry } from './disk.js'

/** Resolves to undefined instead of rejecting with one of these codes. */
export async function unless<T>(codes: readonly string[], task: Promise<T>): Promise<T | undefined> {
  try {
    return await task
  } catch (error) {
    if (codes.includes(codeOf(error))) return undefined
    throw error
  }
}

/** What is not there, or lies below something that is not a folder. */
export const ABSENT = ['ENOENT', 'ENOTDIR'] as const

/** Makes a folder and those above it that are missing; the names of those it made are durable. */
export async function ensureFolder(disk: Disk, path: string): Promise<void> {
  try {
    await disk.mkdir(path)
  } catch (error) {
    const code = codeOf(error)
    if (code === 'EEXIST') return
    if (code !== 'ENOENT' || dirname(path) === path) throw error
    await ensureFolder(disk, dirname(path))
    await unless(['EEXIST'], disk.mkdir(path))
  }
  await disk.syncDirectory(dirname(path))
}

/**
 * The entries of a folder sorted by name, without hidden ones; undefined when it is not there.
 * @throws StorageReadError
 */
export async function listFolder(disk: Disk, path: string): Promise<DiskEntry[] | undefined> {
  const entries = await reading(path, () => unless(ABSENT, disk.readdir(path)))
  return entries
    ?.filter((entry) => !entry.name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

/**
 * Bytes of a file.
 * @throws StorageReadError
 */
export async function sizeOf(disk: Disk, path: string): Promise<number> {
  return (await reading(path, () => disk.stat(path))).size
}

/** All files below a folder, each as its path parts, sorted; undefined when there is no such folder. */
export async function listFiles(disk: Disk, path: string): Promise<string[][] | undefined> {
  const entries = await listFolder(disk, path)
  if (!entries) return undefined
  const files: string[][] = []
  for (const { name, kind } of entries) {
    if (kind === 'file') files.push([name])
    if (kind !== 'folder') continue
    for (const below of (await listFiles(disk, join(path, name))) ?? []) files.push([name, ...below])
  }
  return files
}

/** Deletes a file or a folder with all that is in it. It is the caller who makes that durable. */
export async function removeTree(disk: Disk, path: string): Promise<void> {
  const entries = await unless(['ENOTDIR'], disk.readdir(path))
  if (!entries) return disk.unlink(path)
  for (const entry of entries) await removeTree(disk, join(path, entry.name))
  await disk.rmdir(path)
}

/** Whether an attempt to remove a folder removed it; false when it is not empty. */
export async function isRemoved(removal: Promise<void>): Promise<boolean> {
  return (
    (await unless(
      ['ENOTEMPTY', 'EEXIST'],
      removal.then(() => true),
    )) ?? false
  )
}

/** Makes the names in a folder and in all below it durable; resolves to false when there is no such folder. */
export async function syncTree(disk: Disk, path: string): Promise<boolean> {
  const entries = await listFolder(disk, path)
  if (!entries) return false
  for (const { name, kind } of entries) if (kind === 'folder') await syncTree(disk, join(path, name))
  await disk.syncDirectory(path)
  return true
}
