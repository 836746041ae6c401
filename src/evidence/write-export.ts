import fs from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { exportBundle, type ExportSource, type SourceLog } from '../docs/bundle/write.js'
import { BadCheckpoint } from '../docs/checkpoint.js'
import { ExportTooLarge } from '../docs/bundle/zip-writer.js'
import { DamagedDocument } from '../docs/verify/book.js'
import { Refused } from '../protocol/problem.js'
import type { Disk } from '../storage/disk.js'
import { readDirectory, type DayRange, type DirectoryRead } from './directory.js'
import { consistencyWith, proofsOf } from './log-proofs.js'
import type { LogRead } from './log-read.js'
import { viewOf } from './view-of.js'
import { FileSpool } from '../storage/spool.js'
import type { OnDamage } from '../storage/stored-files.js'

export interface Written {
  readonly file: string
  readonly bytes: number
  readonly damage: readonly { readonly path: string; readonly reason: string }[]
}

export interface ExportOptions extends DayRange {
  /** The name of a view. */
  readonly format: string
  readonly disk: Disk
  readonly now: () => Date
  /** A checkpoint of the relay's log that was seen earlier: the bundle shows that the log goes on from it. */
  readonly older?: string | undefined
}

/**
 * A signed export bundle of a data directory, piece by piece, also while a process uses the directory.
 * @throws Refused `unknown-format`, `export-too-large`, `damaged-document`, `bad-checkpoint`
 */
export async function* bundleOf(
  directory: string,
  options: ExportOptions,
  onDamage: OnDamage,
): AsyncGenerator<Uint8Array> {
  const { format, disk } = options
  const view = viewOf(format)
  const read = await readDirectory(resolve(directory), disk, options, onDamage)
  const spool = new FileSpool()
  try {
    yield* exportBundle(sourceOf(read, options), format, view, spool)
  } catch (error) {
    if (error instanceof ExportTooLarge) throw new Refused('tooLarge', 'export-too-large', error.message)
    if (error instanceof DamagedDocument) throw new Refused('damaged', 'damaged-document', error.message)
    if (error instanceof BadCheckpoint) throw new Refused('invalid', 'bad-checkpoint', error.message)
    throw error
  } finally {
    spool.close()
  }
}

/**
 * Writes a signed export bundle; the file is there whole, or not at all.
 * @param out a path where nothing is yet
 * @throws Refused `export-exists`, and as {@link bundleOf}
 */
export async function writeExport(directory: string, out: string, options: ExportOptions): Promise<Written> {
  const file = resolve(out)
  if (await exists(file))
    throw new Refused(
      'conflict',
      'export-exists',
      `There is a file ${out} already. Give another name, or take it away.`,
    )
  const damage = new Map<string, string>()
  const temporary = join(dirname(file), `.${basename(file)}.part`)
  try {
    const pieces = bundleOf(directory, options, (path, reason) => damage.set(path, reason))
    const bytes = await writeWhole(temporary, pieces)
    await fs.rename(temporary, file)
    return { file, bytes, damage: [...damage].map(([path, reason]) => ({ path, reason })) }
  } catch (error) {
    await fs.rm(temporary, { force: true })
    throw error
  }
}

function exists(path: string): Promise<boolean> {
  return fs.access(path).then(
    () => true,
    () => false,
  )
}

async function writeWhole(path: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await fs.open(path, 'w', 0o600)
  try {
    let bytes = 0
    for await (const piece of pieces) {
      await file.write(piece)
      bytes += piece.length
    }
    await file.sync()
    return bytes
  } finally {
    await file.close()
  }
}

function sourceOf(read: DirectoryRead, { from, to, now, older }: ExportOptions): ExportSource {
  const { by, signer, organisation, shops, keys, names, log } = read
  return {
    by,
    signer,
    organisation,
    shops: [...shops],
    keys,
    names,
    from,
    to,
    at: now().toISOString(),
    receipts: () => receiptsOf(read),
    books: read.books,
    ...(log ? { log: (leaves) => logOf(log, leaves, read, older) } : {}),
  }
}

async function logOf(
  log: LogRead,
  leaves: Iterable<Uint8Array>,
  { keys }: DirectoryRead,
  older: string | undefined,
): Promise<SourceLog> {
  const consistency =
    older === undefined || !keys.relay ? undefined : await consistencyWith(log, older, keys.relay)
  return {
    checkpoint: log.checkpoint,
    proofs: proofsOf(log, leaves),
    ...(consistency === undefined ? {} : { consistency }),
  }
}

/** Those that name one of the day books exported. */
async function* receiptsOf({ receipts, names }: DirectoryRead): AsyncGenerator<unknown> {
  for await (const receipt of receipts()) {
    const { body } = receipt as {
      readonly body?: { readonly documents?: readonly { readonly id: string }[] }
    }
    if (body?.documents?.some(({ id }) => names.has(id))) yield receipt
  }
}
