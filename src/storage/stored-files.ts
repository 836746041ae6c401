import { join } from 'node:path'
import { decodeChunk, DamagedChunk } from './chunk-format.js'
import { readIfThere } from './atomic-file.js'
import type { Disk } from './disk.js'
import { listFiles } from './folders.js'
import { readLines } from './log-lines.js'
import { pathOfKey } from './storage-key.js'

export type OnDamage = (path: string, reason: string) => void

/** A document whose files vanish again and again while they are read is being compacted by a process that is very busy. */
const TRIES = 5

/** The files of a document now. */
export async function filesOf(directory: string, id: string, disk: Disk): Promise<string[]> {
  const folder = pathOfKey(join(directory, 'documents'), [id])
  const files: string[] = []
  for (const kind of ['snapshot', 'incremental'])
    for (const parts of (await listFiles(disk, join(folder, kind))) ?? [])
      files.push(join(folder, kind, ...parts))
  return files
}

/**
 * What is stored of a document, without the lock of its directory. A file that went since it was listed was put into another
 * one, which is there by then.
 * @returns undefined where there is nothing
 */
export async function storedDocument(
  directory: string,
  id: string,
  disk: Disk,
  listed: readonly string[],
  onDamage: OnDamage,
): Promise<Uint8Array | undefined> {
  let files = listed
  for (let tries = 0; tries < TRIES; tries += 1) {
    const chunks = await Promise.all(
      files.map(async (path) => [path, await readIfThere(disk, path)] as const),
    )
    if (chunks.every(([, bytes]) => bytes !== undefined)) {
      const whole = chunks.flatMap(([path, bytes]) => payload(path, bytes as Uint8Array, onDamage))
      return whole.length === 0 ? undefined : Buffer.concat(whole)
    }
    files = await filesOf(directory, id, disk)
  }
  onDamage(pathOfKey(join(directory, 'documents'), [id]), 'its files went while they were read')
  return undefined
}

function payload(path: string, bytes: Uint8Array, onDamage: OnDamage): Uint8Array[] {
  try {
    return [decodeChunk(bytes)]
  } catch (error) {
    if (!(error instanceof DamagedChunk)) throw error
    onDamage(path, error.message)
    return []
  }
}

/** The entries of a log up to a size it had; what is being written at its end is left out. */
export async function* entriesOf(
  path: string,
  disk: Disk,
  size: number,
  onDamage: OnDamage,
): AsyncGenerator<unknown> {
  if (size === 0) return
  const file = await disk.open(path, 'read')
  try {
    const bounded = {
      read: (into: Uint8Array, at: number) =>
        file.read(into.subarray(0, Math.max(0, Math.min(into.length, size - at))), at),
    }
    for await (const line of readLines(bounded)) {
      if (line.damage === undefined) yield line.entry
      else if (line.damage !== 'no-line-end') onDamage(path, `line ${line.number}: ${line.damage}`)
    }
  } finally {
    await file.close()
  }
}
