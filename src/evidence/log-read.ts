import { join } from 'node:path'
import { readCheckpoint } from '../docs/checkpoint.js'
import type { LogCheckpointFile, LogEntry } from '../docs/generated/types.js'
import { entryHash } from '../docs/log-entry.js'
import {
  consistencySpans,
  inclusionSpans,
  nodeHash,
  rootOf,
  sameHash,
  spanHash,
  type ReadNode,
  type Span,
} from '../docs/merkle.js'
import { validate } from '../docs/validate.js'
import { readChecked } from '../storage/atomic-file.js'
import type { Disk } from '../storage/disk.js'
import { ABSENT, listFolder, unless } from '../storage/folders.js'
import { entriesOf, type OnDamage } from '../storage/stored-files.js'

/** The log of a relay as far as its last signed checkpoint, in memory: 64 bytes a leaf. */
export interface LogRead {
  /** The signed note. */
  readonly checkpoint: string
  readonly size: number
  /** The number of the leaf with this hash; undefined where it is not in it. */
  indexOf(hash: Uint8Array): number | undefined
  /** The path of a proof that leaf `index` is in it. */
  inclusion(index: number): Promise<readonly Uint8Array[]>
  /** The path of a proof that it goes on from its first `from` leaves; undefined where it has not as many. */
  consistency(from: number): Promise<readonly Uint8Array[] | undefined>
}

/** Leaves of one file; its name tells the first. */
const FILE = /^entries-(\d{12})\.log$/

/**
 * Reads the log of a relay's directory, without its lock.
 * @returns undefined where there is none yet, or where its leaves are not what was signed: that is told
 * @throws BadCheckpoint
 */
export async function readLog(
  directory: string,
  disk: Disk,
  relay: { readonly id: string; readonly key: string },
  onDamage: OnDamage,
): Promise<LogRead | undefined> {
  const folder = join(directory, 'log')
  const path = join(folder, 'checkpoint.json')
  const file = await readChecked(disk, path)
  if (file === undefined) return undefined
  validate<LogCheckpointFile>('log.schema.json#/$defs/LogCheckpointFile', file, 'file log/checkpoint.json')
  const { size, root } = readCheckpoint(file.note, relay.id, relay.key)
  const leaves = await leavesIn(folder, disk, size, onDamage)
  const read = nodesOver(leaves)
  if (leaves.length < size || !sameHash(await rootOf(size, read), root)) {
    onDamage(path, 'the leaves of the log are not those that were signed')
    return undefined
  }
  const byHash = new Map(leaves.map((leaf, index) => [Buffer.from(leaf).toString('base64'), index]))
  const hashes = (spans: readonly Span[]): Promise<Uint8Array[]> =>
    Promise.all(spans.map((span) => spanHash(span, read)))
  return {
    checkpoint: file.note,
    size,
    indexOf: (hash) => byHash.get(Buffer.from(hash).toString('base64')),
    inclusion: (index) => hashes(inclusionSpans(index, size)),
    consistency: async (from) => (from > size ? undefined : hashes(consistencySpans(from, size))),
  }
}

/** Hashes of the first `size` leaves; fewer where a line is damaged. */
async function leavesIn(folder: string, disk: Disk, size: number, onDamage: OnDamage): Promise<Uint8Array[]> {
  const names = ((await listFolder(disk, folder)) ?? [])
    .map(({ name }) => name)
    .filter((name) => FILE.test(name))
  const leaves: Uint8Array[] = []
  for (const name of names.sort()) {
    const path = join(folder, name)
    const bytes = (await unless(ABSENT, disk.stat(path)))?.size ?? 0
    for await (const entry of entriesOf(path, disk, bytes, onDamage)) {
      if (leaves.length === size) return leaves
      leaves.push(entryHash(entry as LogEntry))
    }
  }
  return leaves
}

/** Reads nodes of the tree over these leaves; each is hashed once. */
function nodesOver(leaves: readonly Uint8Array[]): ReadNode {
  const levels: (readonly Uint8Array[])[] = [leaves]
  return async ({ level, index }) => {
    while (levels.length <= level) {
      const below = levels.at(-1) ?? []
      const whole = Math.floor(below.length / 2)
      levels.push(
        Array.from({ length: whole }, (_, at) =>
          nodeHash(below[2 * at] as Uint8Array, below[2 * at + 1] as Uint8Array),
        ),
      )
    }
    return levels[level]?.[index] as Uint8Array
  }
}
