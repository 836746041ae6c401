import fs from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { exportBundle, type ExportSource } from '../../docs/bundle/write.js'
import { ExportTooLarge } from '../../docs/bundle/zip-writer.js'
import { DamagedDocument } from '../../docs/verify/book.js'
import type { CustodyReceipt } from '../../docs/generated/types.js'
import { validate } from '../../docs/validate.js'
import { VIEWS } from '../../docs/views/index.js'
import { Refused } from '../../protocol/problem.js'
import { outside } from '../outside.js'
import { readDirectory, type DayRange, type DirectoryRead } from './directory.js'
import { FileSpool } from '../../storage/spool.js'

export interface Written {
  readonly file: string
  readonly bytes: number
  readonly damage: readonly { readonly path: string; readonly reason: string }[]
}

/**
 * Writes a signed export bundle of a data directory, also while a process uses it; the file is there whole, or not at all.
 * @param out a path where nothing is yet
 * @throws Refused `export-exists`, `unknown-format`, `export-too-large`
 */
export async function writeExport(
  directory: string,
  out: string,
  format: string,
  range: DayRange,
): Promise<Written> {
  const view = VIEWS.get(format)
  if (!view)
    throw new Refused(
      'invalid',
      'unknown-format',
      `There is no format ${format}. Give one of ${[...VIEWS.keys()].join(', ')}.`,
    )
  const file = resolve(out)
  if (await exists(file))
    throw new Refused(
      'conflict',
      'export-exists',
      `There is a file ${out} already. Give another name, or take it away.`,
    )
  const damage = new Map<string, string>()
  const read = await readDirectory(resolve(directory), outside.disk, range, (path, reason) =>
    damage.set(path, reason),
  )
  const spool = new FileSpool()
  const temporary = join(dirname(file), `.${basename(file)}.part`)
  try {
    const bytes = await writeWhole(temporary, exportBundle(sourceOf(read, range), format, view, spool))
    await fs.rename(temporary, file)
    return { file, bytes, damage: [...damage].map(([path, reason]) => ({ path, reason })) }
  } catch (error) {
    await fs.rm(temporary, { force: true })
    if (error instanceof ExportTooLarge) throw new Refused('tooLarge', 'export-too-large', error.message)
    if (error instanceof DamagedDocument) throw new Refused('damaged', 'damaged-document', error.message)
    throw error
  } finally {
    spool.close()
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

function sourceOf(read: DirectoryRead, { from, to }: DayRange): ExportSource {
  const { by, signer, organisation, shops, keys, names } = read
  return {
    by,
    signer,
    organisation,
    shops: [...shops],
    keys,
    names,
    from,
    to,
    at: outside.now().toISOString(),
    receipts: () => receiptsOf(read),
    books: read.books,
  }
}

/** Those that name one of the day books exported. */
async function* receiptsOf({ receipts, names }: DirectoryRead): AsyncGenerator<CustodyReceipt> {
  for await (const receipt of receipts()) {
    validate<CustodyReceipt>('custody-receipt.schema.json', receipt, 'line of receipts.log')
    if (receipt.body.documents.some(({ id }) => names.has(id))) yield receipt
  }
}
