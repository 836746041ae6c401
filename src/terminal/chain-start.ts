import { join } from 'node:path'
import * as A from '@automerge/automerge'
import { advance, ChainBroken, newChain, sequenceKey, type ChainState } from '../docs/chain-state.js'
import type { FlatDoc } from '../docs/flat.js'
import type { CheckpointFile } from '../docs/generated/types.js'
import { isSale, readRecord, type SealedRecord } from '../docs/record.js'
import type { DocumentId } from '../docs/naming.js'
import { parseNumber } from '../docs/series.js'
import { validate } from '../docs/validate.js'
import { readChecked, writeChecked } from '../storage/atomic-file.js'
import type { Disk } from '../storage/disk.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { BookWriter } from './book-writer.js'
import type { Chain, ChainStart } from './chain.js'
import type { Log } from './context.js'
import type { Book, DayBooks } from './day-books.js'
import type { TerminalIdentity } from './identity.js'
import { recover } from './recovery.js'

const FILE = 'checkpoint.json'

/**
 * Keeps the chain's state apart from its day books, so that these can be purged.
 * @throws StorageWriteError, StorageReadError
 */
export async function writeCheckpoint(directory: string, disk: Disk, chain: Chain): Promise<void> {
  const file: CheckpointFile = { chain: chain.state, refs: await chain.refs.flush() }
  await writeChecked(disk, join(directory, FILE), file)
}

/** @throws DamagedFile, InvalidInput */
export async function readCheckpoint(directory: string, disk: Disk): Promise<CheckpointFile | undefined> {
  const file = await readChecked(disk, join(directory, FILE))
  if (file !== undefined)
    validate<CheckpointFile>('data-files.schema.json#/$defs/CheckpointFile', file, `file ${FILE}`)
  return file
}

export interface ChainStartOptions {
  readonly directory: string
  readonly disk: Disk
  readonly identity: TerminalIdentity
  readonly durable: DurableRepo
  readonly books: DayBooks
  readonly writer: BookWriter
  readonly log: Log
}

/** Finds out where the chain stands: the checkpoint, and the records after it in the day books on this disk. */
export async function readChainStart(options: ChainStartOptions): Promise<ChainStart> {
  const { directory, disk, identity } = options
  const file = await readCheckpoint(directory, disk)
  const state = file?.chain.epoch === identity.epoch ? file.chain : newChain(identity.code, identity.epoch)
  const { records, lost, uncertain, open } = await readBooks(options, state.position)
  const { state: after, broken } = follow(state, records, options.log)
  if (open) await goOn(open, after.position, options)
  const tailLost = lost.some((position) => position > after.position)
  return {
    state: after,
    sales: records.filter(({ body }) => isSale(body)),
    block: tailLost || uncertain || broken ? 'damaged' : undefined,
  }
}

interface BooksRead {
  /** By position. */
  readonly records: readonly SealedRecord[]
  readonly lost: readonly number[]
  readonly uncertain: boolean
  /** The last book that is not known to be finished. */
  readonly open: Book | undefined
}

async function readBooks(options: ChainStartOptions, after: number): Promise<BooksRead> {
  const { books, durable, identity, writer } = options
  const freeze = (id: DocumentId): Promise<void> =>
    writer.current === id ? writer.freeze() : books.freeze(id)
  const found = new Map<number, SealedRecord>()
  const lost: number[] = []
  let uncertain = false
  let open: Book | undefined
  // Finished books before the checkpoint, and those of earlier epochs, have nothing to tell.
  const matters = ({ id, name, entry }: Book): boolean =>
    !entry || (name.epoch === identity.epoch && (entry.last > after || durable.storage.damaged(id)))
  for (const book of await books.onDisk(matters)) {
    if (book.name.epoch !== identity.epoch) {
      // Its epoch has ended, so it will not be written again.
      await freeze(book.id)
      continue
    }
    for (const { position, stored } of await books.records(book.id)) found.set(position, readRecord(stored))
    // Damage is often found by reading. A damaged book is not written again, so that what happened to it stays clear.
    if (durable.storage.damaged(book.id)) {
      await freeze(book.id)
      const doc = (await books.open(book.id))?.doc() ?? A.init<FlatDoc>()
      const recovered = await recover(durable.storage, book.id, doc)
      for (const [position, record] of recovered.hidden) found.set(position, record)
      lost.push(...recovered.lost)
      uncertain ||= recovered.uncertain
    } else if (!book.entry) open = book
  }
  const records = [...found].sort(([a], [b]) => a - b).map(([, record]) => record)
  return { records, lost, uncertain, open }
}

/**
 * Goes on with a book, if it holds the last record. Another one, such as a book that was handed off and has come back
 * from the relay, is finished: a record in it would not follow the one before.
 */
async function goOn(book: Book, position: number, { books, writer }: ChainStartOptions): Promise<void> {
  if (writer.current === book.id) return
  const content = await books.settledContent(book.id)
  if (content?.records.at(-1)?.position === position) writer.resume(book.id, book.name, content)
  else await books.freeze(book.id)
}

/** Goes through the records; where some are lost in the middle, the chain goes on after them. */
function follow(
  start: ChainState,
  records: readonly SealedRecord[],
  log: Log,
): { state: ChainState; broken: boolean } {
  let state = start
  let gaps = false
  for (const record of records) {
    const { chain } = record.body
    if (chain.position <= state.position) continue
    if (chain.position > state.position + 1) {
      gaps = true
      log.error(
        { from: state.position + 1, to: chain.position - 1 },
        'sealed records are damaged; the chain goes on after them',
      )
      state = { ...state, position: chain.position - 1, lastHash: chain.prev }
    }
    if (gaps) state = { ...state, sequences: upTo(state.sequences, record) }
    try {
      state = advance(state, record)
    } catch (error) {
      if (!(error instanceof ChainBroken)) throw error
      log.error(
        { position: error.position, problem: error.message },
        'a sealed record does not continue its chain',
      )
      return { state, broken: true }
    }
  }
  return { state, broken: false }
}

/** After a gap the numbers of lost records are skipped, never given out again. */
function upTo(sequences: ChainState['sequences'], { body }: SealedRecord): ChainState['sequences'] {
  const number = isSale(body) ? parseNumber(body.number) : undefined
  if (!number) return sequences
  const key = sequenceKey(number.type, number.year)
  return { ...sequences, [key]: Math.max(sequences[key] ?? 0, number.sequence - 1) }
}
