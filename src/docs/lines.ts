import * as A from '@automerge/automerge'
import { positionOf, positionsIn, recordKey, recordsIn, storedAt } from './daybook.js'
import { plain, type FlatDoc } from './flat.js'
import { groupBy } from './group.js'
import { readRecord, type SealedRecord } from './record.js'

/**
 * Two live copies of one terminal write one day book: a position then holds two records, and the chain has two lines.
 * A line is found by following `prev`; its name is the hash of its first record. The line that was counted first has
 * no name.
 */
export interface KnownLine {
  readonly fork: string | undefined
  /** Position of its first record. */
  readonly first: number
  /** Position and hash of the last record counted. */
  readonly upTo: number
  readonly head: string | undefined
}

/** What a line has that was not counted yet. */
export interface FreshLine {
  readonly fork: string | undefined
  /** The record before the first fresh one, where this day book holds it. */
  readonly before: SealedRecord | undefined
  readonly fresh: readonly SealedRecord[]
}

/** A line whose last counted record the day book does not hold any more. */
export class LineLost extends Error {
  constructor(position: number) {
    super(`record ${position} was counted and is not there any more`)
    this.name = 'LineLost'
  }
}

/** Positions that hold more than one record. */
export function doubledIn(doc: A.Doc<FlatDoc>): number[] {
  // Each record is one operation, so that almost every day book is done with here.
  if (A.stats(doc).numOps === Object.keys(doc).length) return []
  return positionsIn(doc).filter(
    (position) => Object.keys(A.getConflicts(doc, recordKey(position)) ?? {}).length > 1,
  )
}

/**
 * All records of a day book, by position and hash, also those that another one hides.
 * @throws MalformedRecord at the first value that is no record
 */
export function everyRecordIn(doc: A.Doc<FlatDoc>): SealedRecord[] {
  const doubled = new Set(doubledIn(doc))
  if (doubled.size === 0) return [...recordsIn(doc)]
  return positionsIn(doc).flatMap((position) => {
    const key = recordKey(position)
    const values = doubled.has(position) ? Object.values(A.getConflicts(doc, key) ?? {}) : [doc[key]]
    return values.map((value) => readRecord(plain(value))).sort(byHash)
  })
}

/** Hashes of the records that a day book held at these heads, also of those that another one hides. */
export function hashesAt(doc: A.Doc<FlatDoc>, heads: readonly string[]): Set<string> {
  const changes = new Map(A.getAllChanges(doc).map((bytes) => [A.decodeChange(bytes).hash, bytes]))
  const found = new Set<string>()
  const seen = new Set<string>()
  const queue = [...heads]
  for (let hash = queue.pop(); hash !== undefined; hash = queue.pop()) {
    const bytes = changes.get(hash)
    if (!bytes || seen.has(hash)) continue
    seen.add(hash)
    const { ops, deps } = A.decodeChange(bytes)
    queue.push(...deps)
    for (const { key, value } of ops) {
      if (positionOf(key) !== undefined && isBytes(value)) found.add(readRecord(Uint8Array.from(value)).hash)
    }
  }
  return found
}

/** Automerge tells bytes in a decoded change as an array of numbers. */
function isBytes(value: unknown): value is readonly number[] | Uint8Array {
  return value instanceof Uint8Array || Array.isArray(value)
}

function byHash(a: SealedRecord, b: SealedRecord): number {
  return a.hash < b.hash ? -1 : 1
}

function positionOfRecord({ body }: SealedRecord): number {
  return body.chain.position
}

/**
 * The records of each line that were not counted yet; lines without any are left out.
 * @throws MalformedRecord, LineLost
 */
export function freshLines(doc: A.Doc<FlatDoc>, known: readonly KnownLine[]): FreshLine[] {
  const main = known.find(({ fork }) => fork === undefined)
  if (known.every(({ fork }) => fork === undefined) && isPlain(doc, main)) {
    const fresh = [...recordsIn(doc, main?.upTo ?? 0)]
    if (fresh.length === 0) return []
    const before = main ? readRecord(storedAt(doc, main.upTo)) : undefined
    if (isChain(before ? [before, ...fresh] : fresh)) return [{ fork: undefined, before, fresh }]
  }
  return new Tree(everyRecordIn(doc)).lines(known)
}

/** Whether a day book holds one record at each position, without a gap, from where it was known to begin. */
function isPlain(doc: A.Doc<FlatDoc>, main: KnownLine | undefined): boolean {
  const positions = positionsIn(doc)
  const first = positions[0]
  const last = positions.at(-1)
  if (first === undefined || last === undefined) return true
  if (main && main.first !== first) return false
  return last - first + 1 === positions.length && doubledIn(doc).length === 0
}

function isChain(records: readonly SealedRecord[]): boolean {
  return records.every((record, index) => index === 0 || record.body.chain.prev === records[index - 1]?.hash)
}

/** The records of a forked day book, each under the one it follows. */
class Tree {
  readonly #records: readonly SealedRecord[]
  readonly #byHash: ReadonlyMap<string, SealedRecord>
  /** By the hash of the record they follow, those with the lower hash first. */
  readonly #after: ReadonlyMap<string, readonly SealedRecord[]>
  readonly #taken = new Set<SealedRecord>()

  constructor(records: readonly SealedRecord[]) {
    this.#records = records
    this.#byHash = new Map(records.map((record) => [record.hash, record]))
    this.#after = groupBy(records, ({ body }) => body.chain.prev)
  }

  lines(known: readonly KnownLine[]): FreshLine[] {
    // What was counted keeps its line, so that it is counted once whatever comes beside it later.
    const counted = known.map((line) => ({ line, tip: this.#takeBack(line) }))
    const found: FreshLine[] = counted.map(({ line, tip }) => ({
      fork: line.fork,
      before: tip,
      fresh: this.#takeOn(tip),
    }))
    let hasMain = known.some(({ fork }) => fork === undefined)
    for (const record of this.#records) {
      if (this.#taken.has(record)) continue
      this.#taken.add(record)
      const fresh = [record, ...this.#takeOn(record)]
      const before = this.#byHash.get(record.body.chain.prev)
      found.push({ fork: hasMain ? record.hash : undefined, before, fresh })
      hasMain = true
    }
    return found.filter(({ fresh }) => fresh.length > 0)
  }

  /** Takes what was counted of a line, from its last record back to its first. @returns the last */
  #takeBack({ fork, head, upTo }: KnownLine): SealedRecord {
    const last =
      head === undefined
        ? this.#records.find((one) => positionOfRecord(one) === upTo)
        : this.#byHash.get(head)
    if (!last) throw new LineLost(upTo)
    for (
      let record: SealedRecord | undefined = last;
      record && !this.#taken.has(record);
      record = record.hash === fork ? undefined : this.#byHash.get(record.body.chain.prev)
    ) {
      this.#taken.add(record)
    }
    return last
  }

  /** Takes what follows a record: of several the one with the lowest hash, so that the choice is always the same. */
  #takeOn(from: SealedRecord): SealedRecord[] {
    const line: SealedRecord[] = []
    for (let tip: SealedRecord | undefined = from; tip;) {
      const { hash }: SealedRecord = tip
      tip = this.#after.get(hash)?.find((one) => !this.#taken.has(one))
      if (!tip) break
      this.#taken.add(tip)
      line.push(tip)
    }
    return line
  }
}
