import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'

export interface FolderSize {
  /** Sum of the files' lengths. */
  readonly bytes: number
  /** What they take up on the disk, folders included. */
  readonly allocated: number
  readonly files: number
}

const BLOCK_BYTES = 512

export async function sizeOf(folder: string): Promise<FolderSize> {
  const own = await lstat(folder)
  let sum: FolderSize = { bytes: 0, allocated: own.blocks * BLOCK_BYTES, files: 0 }
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    const size = entry.isDirectory() ? await sizeOf(path) : await fileSize(path)
    sum = {
      bytes: sum.bytes + size.bytes,
      allocated: sum.allocated + size.allocated,
      files: sum.files + size.files,
    }
  }
  return sum
}

async function fileSize(path: string): Promise<FolderSize> {
  const { size, blocks } = await lstat(path)
  return { bytes: size, allocated: blocks * BLOCK_BYTES, files: 1 }
}
