import { join } from 'node:path'
import { readChecked } from './atomic-file.js'
import type { Disk } from './disk.js'
import type { DirectoryKind } from './data-directory.js'

/** What a data directory belongs to, without opening it; undefined when it is none, or of a kind nobody knows. */
export async function kindOfDirectory(directory: string, disk: Disk): Promise<DirectoryKind | undefined> {
  const state = await readChecked(disk, join(directory, 'counterfoil.json'))
  if (typeof state !== 'object' || state === null || !('kind' in state)) return undefined
  return state.kind === 'terminal' || state.kind === 'relay' ? state.kind : undefined
}
