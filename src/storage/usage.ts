import { join } from 'node:path'
import type { Disk } from './disk.js'
import { ABSENT, unless } from './folders.js'

/** Bytes of all files below a folder. What goes while it is counted is not counted. */
export async function bytesBelow(disk: Disk, folder: string): Promise<number> {
  let bytes = 0
  for (const { name, kind } of (await unless(ABSENT, disk.readdir(folder))) ?? []) {
    const path = join(folder, name)
    if (kind === 'file') bytes += (await unless(ABSENT, disk.stat(path)))?.size ?? 0
    if (kind === 'folder') bytes += await bytesBelow(disk, path)
  }
  return bytes
}
