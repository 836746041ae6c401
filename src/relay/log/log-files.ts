import { join } from 'node:path'
import { readCheckpoint, type SeenCheckpoint } from '../../docs/checkpoint.js'
import type { LogCheckpointFile, LogEntry } from '../../docs/generated/types.js'
import { entryHash } from '../../docs/log-entry.js'
import { HASH_BYTES, sameHash } from '../../docs/merkle.js'
import { validate } from '../../docs/validate.js'
import { readChecked, writeChecked } from '../../storage/atomic-file.js'
import type { Disk } from '../../storage/disk.js'
import { StorageReadError } from '../../storage/errors.js'
import { ensureFolder } from '../../storage/folders.js'
import { EntryFiles } from './entry-files.js'
import { LeafIndex } from './leaf-index.js'
import type { Log } from '../relay-parts.js'
import type { RelayLogOptions } from './relay-log.js'
import { Serials } from './serials.js'
import { HashMissing, TreeFiles } from './tree-files.js'

/** The folder of the log, opened. */
export interface LogFiles {
  readonly entries: EntryFiles
  readonly tree: TreeFiles
  readonly serials: Serials
  readonly index: LeafIndex
  /** Leaves that are in the tree. */
  readonly size: number
  /** The last checkpoint that was signed. */
  readonly signed: SeenCheckpoint | undefined
  /** Why it cannot go on. */
  readonly broken: string | undefined
}

/** Leaves hashed at once. */
const BATCH = 512

const FILE = 'checkpoint.json'

export async function writeSigned(disk: Disk, directory: string, note: string): Promise<void> {
  const file: LogCheckpointFile = { note }
  await writeChecked(disk, join(directory, FILE), file)
}

async function readSigned({
  disk,
  directory,
  relay,
  signer,
}: RelayLogOptions): Promise<SeenCheckpoint | undefined> {
  const file = await readChecked(disk, join(directory, FILE))
  if (file === undefined) return undefined
  validate<LogCheckpointFile>('log.schema.json#/$defs/LogCheckpointFile', file, `file log/${FILE}`)
  return readCheckpoint(file.note, relay, signer.publicKey)
}

/**
 * Opens the log's folder, and brings the tree to what its leaves are: those behind the last signed checkpoint are hashed
 * anew, and all of them where the tree does not have the root that was signed.
 * @throws StorageReadError, StorageWriteError
 */
export async function openLogFiles(options: RelayLogOptions): Promise<LogFiles> {
  const { directory, quarantine, disk, log } = options
  await ensureFolder(disk, directory)
  let broken: string | undefined
  const signed = await readSigned(options).catch((error: unknown) => {
    if (error instanceof StorageReadError) throw error
    broken = (error as Error).message
    return undefined
  })
  const entries = await EntryFiles.open({
    directory,
    quarantine,
    disk,
    signed: signed?.size ?? 0,
    onDamage: (file, damage) => log.error({ file: `log/${file}`, damage }, 'a damaged line was found'),
  })
  const tree = new TreeFiles(directory, disk)
  let serials: Serials | undefined
  try {
    serials = await Serials.open(directory, disk)
    return await caughtUp({ entries, tree, serials, signed }, broken, log)
  } catch (error) {
    await closeFiles({ entries, tree, serials }).catch(() => undefined)
    throw error
  }
}

type Trees = Pick<LogFiles, 'entries' | 'tree' | 'serials'>

async function caughtUp(
  { signed, ...trees }: Trees & Pick<LogFiles, 'signed'>,
  damage: string | undefined,
  log: Log,
): Promise<LogFiles> {
  const { entries, tree, serials } = trees
  let broken = damage
  const known = Math.min(signed?.size ?? 0, await tree.count(), await serials.count())
  await hashAnew(trees, known, entries.count)
  const size = Math.max(known, entries.count)
  if (broken === undefined && signed && !(await fits(tree, size, signed))) {
    log.error({ size }, 'the tree of the log is damaged; it is made again from the leaves')
    broken = await rebuild(trees, size, signed)
  }
  if (broken !== undefined) log.error({ reason: broken }, 'the log is damaged')
  const index = new LeafIndex()
  for await (const part of tree.leaves(size))
    for (let at = 0; at < part.length; at += HASH_BYTES) index.add(part.subarray(at, at + HASH_BYTES))
  return { ...trees, index, signed, size, broken }
}

/** Closes all, also where one of them cannot be closed. @throws StorageWriteError */
export async function closeFiles({
  entries,
  tree,
  serials,
}: Omit<Trees, 'serials'> & { readonly serials: Serials | undefined }): Promise<void> {
  const closed = await Promise.allSettled([entries.close(), tree.close(), serials?.close()])
  for (const one of closed) if (one.status === 'rejected') throw one.reason
}

async function fits(tree: TreeFiles, size: number, signed: SeenCheckpoint): Promise<boolean> {
  if (signed.size > size) return false
  try {
    return sameHash(await tree.root(signed.size), signed.root)
  } catch (error) {
    if (error instanceof HashMissing) return false
    throw error
  }
}

/**
 * Makes the tree of the first `size` leaves again.
 * @returns why it does not have the root that was signed; undefined where it has
 */
export async function rebuild(
  files: Trees,
  size: number,
  signed: SeenCheckpoint | undefined,
): Promise<string | undefined> {
  await hashAnew(files, 0, size)
  if (!signed || (await fits(files.tree, size, signed))) return undefined
  return signed.size > size
    ? `it has ${size} leaves, and has signed that there are ${signed.size}`
    : 'its leaves are not those whose root it signed'
}

/** Hashes leaves from their lines. Of one whose line is damaged the hash stays as it is. */
async function hashAnew({ entries, tree, serials }: Trees, from: number, to: number): Promise<void> {
  let at = from
  let batch: (LogEntry | undefined)[] = []
  const put = async (): Promise<void> => {
    const hashes = await Promise.all(
      batch.map((entry, index) => (entry ? entryHash(entry) : keptHash(tree, at + index))),
    )
    await serials.put(at, batch)
    await tree.put(at, hashes)
    at += batch.length
    batch = []
  }
  for await (const entry of entries.read(from, to)) {
    batch.push(entry)
    if (batch.length === BATCH) await put()
  }
  if (batch.length > 0) await put()
}

async function keptHash(tree: TreeFiles, index: number): Promise<Uint8Array> {
  try {
    return await tree.node({ level: 0, index })
  } catch (error) {
    if (error instanceof HashMissing) return new Uint8Array(HASH_BYTES)
    throw error
  }
}
