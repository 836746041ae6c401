import { join } from 'node:path'
import { Repo } from '@automerge/automerge-repo'
import type { Disk } from '../../src/storage/disk.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { DurableStorageAdapter } from '../../src/storage/durable-adapter.js'
import { StorageReadError, StorageWriteError } from '../../src/storage/errors.js'
import type { Damage } from '../../src/storage/quarantine.js'

export const NOW = new Date('2026-04-01T08:00:00.000Z')

/** Opens storage in `<folder>/documents` with its quarantine beside it. */
export function openStorage(
  folder: string,
  disk: Disk = nodeDisk,
  onDamage: (damage: Damage) => void = () => undefined,
): Promise<DurableStorageAdapter> {
  return DurableStorageAdapter.open({
    directory: join(folder, 'documents'),
    quarantine: join(folder, 'quarantine'),
    disk,
    now: () => NOW,
    onDamage,
  })
}

/** The file of a key in such storage. */
export function fileOf(folder: string, [first = '', ...rest]: readonly string[]): string {
  return join(folder, 'documents', first.slice(0, 2), first.slice(2), ...rest)
}

/** Bytes that do not compress and are the same in every run. */
export function noise(length: number, seed: number): string {
  let state = seed + 1
  return Array.from({ length }, () => {
    state = (state * 48271) % 2147483647
    return String.fromCharCode(33 + (state % 90))
  }).join('')
}

/**
 * automerge-repo that saves only when it is flushed: a save in the background would come at any moment, also when the
 * test is over. The longest delay a timer takes, in ms.
 */
export function openRepo(storage: DurableStorageAdapter): Repo {
  return new Repo({ storage, saveDebounceRate: 2 ** 31 - 1 })
}

export function isStorageError(error: unknown): error is StorageReadError | StorageWriteError {
  return error instanceof StorageWriteError || error instanceof StorageReadError
}
