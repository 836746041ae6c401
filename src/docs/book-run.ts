import { decodeBookChange, MalformedChange, type BookChange, type BookRecord } from './book-change.js'
import {
  CHAIN_START,
  isSale,
  MalformedRecord,
  readRecord,
  verifyRecord,
  type SealedRecord,
} from './record.js'
import { isNoteOf, readNote } from './change-note.js'
import { addToTotals, noTotals } from './day-totals.js'
import { addDecimals } from './decimal.js'
import type { DayTotals, DocumentName } from './generated/types.js'
import { shardOf } from './shard.js'

type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

/** What a change is to the Automerge document it goes to. */
export interface RunChange {
  /** Of its bytes, in the order they were given. */
  readonly index: number
  readonly hash: string
  readonly actor: string
  readonly seq: number
  readonly startOp: number
  /** Of its last record's operation. */
  readonly endOp: number
}

/**
 * Records of one day book that follow one another without a gap, each proven by the hash in the next, the last one by
 * its own signature; and what they come to. Everything that counting needs, so that they need not be read again.
 */
export interface BookRun {
  readonly changes: readonly RunChange[]
  /** Chain positions of the first and last record. */
  readonly first: number
  readonly last: number
  /** Hash of the record before the first one, as that one says. */
  readonly prev: string
  /** Hash of the last record. */
  readonly lastHash: string
  readonly totals: DayTotals
  /** Whether the last record is the day's close. */
  readonly closed: boolean
  /** Quantity sold of each SKU, negative for goods that came back, with the shard the SKU lies in. */
  readonly sold: readonly (readonly [shard: number, sku: string, quantity: string])[]
}

export interface RunContext {
  readonly name: DayBookName
  /** Public key of the day book's epoch. */
  readonly publicKey: string
  readonly catalogueShards: number
  /** Of the shop. */
  readonly currency: string
  /** The one head the book has already; undefined for a book of which nothing is here. */
  readonly head: string | undefined
  /** Bytes one change, and all of them, may unfold to. */
  readonly changeBytes: number
  readonly bytes: number
}

export type RunFound =
  | { readonly is: 'run'; readonly run: BookRun }
  /** The book has all of it. */
  | { readonly is: 'nothing' }
  /** It is not of what follows the head: all of its changes, and those before them that are not among these. */
  | { readonly is: 'aside'; readonly hashes: readonly string[]; readonly deps: readonly string[] }
  /** Whatever else it is: what Automerge and the gate have to look at. */
  | { readonly is: 'unusual' }

const UNUSUAL: RunFound = { is: 'unusual' }

interface Read {
  readonly index: number
  readonly change: BookChange & { readonly hash: string }
}

/** Reads changes of a day book in its plain form. Says nothing of why others are not: that is looked at elsewhere. */
export function readRun(chunks: readonly Uint8Array[], context: RunContext): RunFound {
  try {
    const read = readChanges(chunks, context)
    return read ? follow(read, context) : UNUSUAL
  } catch (error) {
    if (error instanceof MalformedChange || error instanceof MalformedRecord) return UNUSUAL
    throw error
  }
}

/** Bytes a record takes beside its own: its key. */
const RECORD_OVERHEAD = 32
/** Characters of a note: what names a terminal, a person and what was done, and some. */
const NOTE_LENGTH = 4_096
/** Automerge's own are 16 bytes, in hex. */
const ACTOR_LENGTH = 32

/** Whether a change has hardly anything but its records. */
function isModest({ actor, deps, message }: BookChange): boolean {
  return actor.length === ACTOR_LENGTH && deps.length <= 1 && message.length <= NOTE_LENGTH
}

function readChanges(
  chunks: readonly Uint8Array[],
  { changeBytes, bytes: most }: Pick<RunContext, 'changeBytes' | 'bytes'>,
): Map<string, Read> | undefined {
  const read = new Map<string, Read>()
  let left = most
  for (const [index, bytes] of chunks.entries()) {
    const change = decodeBookChange(bytes, Math.min(changeBytes, left))
    if (!change || !isModest(change)) return undefined
    for (const { stored } of change.records) left -= stored.length + RECORD_OVERHEAD
    if (left <= 0) return undefined
    read.set(change.hash, { index, change })
  }
  return read
}

/** Finds the one line of changes from the book's head on; whatever is not on it, or before the head, is unusual. */
function follow(read: ReadonlyMap<string, Read>, context: RunContext): RunFound {
  const line = lineFrom(read, context.head)
  if (!line) return UNUSUAL
  const { before, after } = line
  if (before + after.length === 0) {
    const deps = [...read.values()].flatMap(({ change }) => change.deps).filter((hash) => !read.has(hash))
    return { is: 'aside', hashes: [...read.keys()], deps }
  }
  if (before + after.length !== read.size) return UNUSUAL
  return after.length === 0 ? { is: 'nothing' } : readRecords(after, context)
}

function lineFrom(
  read: ReadonlyMap<string, Read>,
  head: string | undefined,
): { readonly before: number; readonly after: readonly Read[] } | undefined {
  const byDep = new Map<string, Read>()
  for (const one of read.values()) {
    const [dep = ''] = one.change.deps
    if (byDep.has(dep)) return undefined
    byDep.set(dep, one)
  }
  let before = 0
  for (let hash = head; hash !== undefined; before += 1) {
    const one = read.get(hash)
    if (!one) break
    hash = one.change.deps[0]
  }
  const after: Read[] = []
  for (let next = byDep.get(head ?? ''); next; next = byDep.get(next.change.hash)) after.push(next)
  return { before, after }
}

function readRecords(line: readonly Read[], context: RunContext): RunFound {
  const { name, publicKey } = context
  const changes: RunChange[] = []
  const tally = new Tally(context)
  let first: SealedRecord | undefined
  let last: SealedRecord | undefined
  for (const { index, change } of line) {
    const { hash, actor, seq, startOp, message, records } = change
    if (!isNoteOf(readNote(message), name.code)) return UNUSUAL
    for (const { position, stored } of records) {
      const record = readRecord(stored)
      const { chain, day } = record.body
      if (chain.position !== position || chain.terminal !== name.code || chain.epoch !== name.epoch)
        return UNUSUAL
      if (day !== name.day || (position === 1 && chain.prev !== CHAIN_START)) return UNUSUAL
      if (last && (position !== last.body.chain.position + 1 || chain.prev !== last.hash)) return UNUSUAL
      first ??= record
      last = record
      tally.add(record)
    }
    changes.push({ index, hash, actor, seq, startOp, endOp: startOp + records.length - 1 })
  }
  // Each record holds the hash of the one before it, so that who signed the last vouches for all of them.
  if (!first || !last || !verifyRecord(last, publicKey)) return UNUSUAL
  const { position, prev } = first.body.chain
  return {
    is: 'run',
    run: {
      changes,
      first: position,
      last: last.body.chain.position,
      prev,
      lastHash: last.hash,
      closed: last.body.type === 'day-close',
      ...tally.result,
    },
  }
}

class Tally {
  readonly #shards: number
  readonly #sold = new Map<string, string>()
  #totals: DayTotals

  constructor({ catalogueShards, currency }: RunContext) {
    this.#shards = catalogueShards
    this.#totals = noTotals(currency)
  }

  add({ body }: SealedRecord): void {
    if (!isSale(body)) return
    this.#totals = addToTotals(this.#totals, body)
    for (const { sku, quantity } of body.lines) {
      const before = this.#sold.get(sku)
      this.#sold.set(sku, before === undefined ? quantity : addDecimals(before, quantity))
    }
  }

  get result(): Pick<BookRun, 'totals' | 'sold'> {
    const sold = [...this.#sold].map(
      ([sku, quantity]) => [shardOf(sku, this.#shards), sku, quantity] as const,
    )
    return { totals: this.#totals, sold }
  }
}

/** Where a day book stands whose changes all lie here, in one line: what may follow it is told by this alone. */
export interface BookTip {
  /** Undefined for a book without a change. */
  readonly head: string | undefined
  readonly hashes: readonly string[]
  /** The last change of each author. */
  readonly seqs: readonly (readonly [actor: string, seq: number])[]
  /** Number of the last operation. */
  readonly lastOp: number
  /** Chain positions of the first and last record; 0 without one. */
  readonly first: number
  readonly last: number
  /** Hash of the last record; '' without one. */
  readonly lastHash: string
}

export const NO_TIP: BookTip = {
  head: undefined,
  hashes: [],
  seqs: [],
  lastOp: 0,
  first: 0,
  last: 0,
  lastHash: '',
}

/** Changes that follow one another, with records that do as well. */
interface BookLine {
  readonly changes: readonly [BookChangeRead, ...BookChangeRead[]]
  readonly records: readonly [BookRecord, ...BookRecord[]]
}

type BookChangeRead = Read['change']
type Limits = Pick<RunContext, 'changeBytes' | 'bytes'>

/** @throws MalformedChange */
function readLine(chunks: readonly Uint8Array[], limits: Limits): BookLine | undefined {
  const read = readChanges(chunks, limits)
  const line = read && lineFrom(read, undefined)
  if (!line || line.after.length !== read.size) return undefined
  const [firstChange, ...changes] = line.after.map(({ change }) => change)
  const [first, ...records] = line.after.flatMap(({ change }) => change.records)
  if (!firstChange || !first) return undefined
  if (!records.every(({ position }, at) => position === first.position + 1 + at)) return undefined
  return { changes: [firstChange, ...changes], records: [first, ...records] }
}

/**
 * The tip of a book from its changes, which were checked when they were taken.
 * @returns undefined where they are not one line of plain changes
 */
export function readTip(chunks: readonly Uint8Array[], limits: Limits): BookTip | undefined {
  try {
    const line = readLine(chunks, limits)
    if (!line) return undefined
    const { changes, records } = line
    const end = changes.at(-1) ?? changes[0]
    const last = records.at(-1) ?? records[0]
    return {
      head: end.hash,
      hashes: changes.map(({ hash }) => hash),
      seqs: [...new Map(changes.map(({ actor, seq }) => [actor, seq]))],
      lastOp: end.startOp + end.records.length - 1,
      first: records[0].position,
      last: last.position,
      lastHash: readRecord(last.stored).hash,
    }
  } catch (error) {
    if (error instanceof MalformedChange || error instanceof MalformedRecord) return undefined
    throw error
  }
}

/** The records of a day book, one at each position. */
export interface BookRecords {
  /** As they are stored, by position. */
  readonly stored: readonly Uint8Array[]
  /** The last position the book held at each of its heads, until now. */
  readonly lastAt: ReadonlyMap<string, number>
}

/**
 * The records of a book from its changes, which were checked when they were taken.
 * @returns undefined where they are not one line of plain changes
 */
export function readStored(chunks: readonly Uint8Array[], limits: Limits): BookRecords | undefined {
  try {
    const line = readLine(chunks, limits)
    if (!line) return undefined
    const lastAt = line.changes.map(({ hash, records }) => [hash, records.at(-1)?.position ?? 0] as const)
    return { stored: line.records.map(({ stored }) => stored), lastAt: new Map(lastAt) }
  } catch (error) {
    if (error instanceof MalformedChange) return undefined
    throw error
  }
}

/** The tip after a run; undefined where the run does not simply go on from it. */
export function tipAfter(
  tip: BookTip,
  { changes, first, last, prev, lastHash }: BookRun,
): BookTip | undefined {
  if (tip.last > 0 && (first !== tip.last + 1 || prev !== tip.lastHash)) return undefined
  const seqs = new Map(tip.seqs)
  let { lastOp } = tip
  for (const { actor, seq, startOp, endOp } of changes) {
    // Automerge would be wedged by a second change of the same number, or an operation's number used twice.
    if (seq !== (seqs.get(actor) ?? 0) + 1 || startOp !== lastOp + 1) return undefined
    seqs.set(actor, seq)
    lastOp = endOp
  }
  return {
    head: changes.at(-1)?.hash,
    hashes: [...tip.hashes, ...changes.map(({ hash }) => hash)],
    seqs: [...seqs],
    lastOp,
    first: tip.first || first,
    last,
    lastHash,
  }
}
