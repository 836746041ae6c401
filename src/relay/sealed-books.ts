import * as A from '@automerge/automerge'
import { lastPositionIn } from '../docs/daybook.js'
import type { FlatDoc } from '../docs/flat.js'
import { doubledIn, everyRecordIn, hashesAt } from '../docs/lines.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import { readRecord, type SealedRecord } from '../docs/record.js'
import { epochBefore } from '../docs/series.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import { storedRecords } from './books/stored-records.js'
import type { Counting } from './counting.js'
import type { IssuedReceipts } from './issued-receipts.js'
import type { Shops } from './shops.js'

export type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

/** A record as the relay holds it. */
export interface HeldRecord {
  readonly record: SealedRecord
  /** A custody receipt covers it. */
  readonly receipted: boolean
  /** Copies of the terminal sealed another record at its position. */
  readonly forked: boolean
}

export interface SealedBooksOptions {
  readonly durable: DurableRepo
  readonly registry: IndexLog<DocumentName>
  readonly issued: IssuedReceipts
  readonly shops: Shops
  readonly counting: Counting
}

/** Reads records out of the day books the relay holds, one book in memory at a time. */
export class SealedBooks {
  readonly #options: SealedBooksOptions

  constructor(options: SealedBooksOptions) {
    this.#options = options
  }

  /** By terminal, in the order they were written. */
  list(wanted: (name: DayBookName) => boolean): [DocumentId, DayBookName][] {
    const found: [DocumentId, DayBookName][] = []
    for (const [id, name] of this.#options.registry.entries()) {
      if (name.kind === 'daybook' && wanted(name)) found.push([id as DocumentId, name])
    }
    const rank = ({ code, day, part }: DayBookName): string =>
      `${code} ${day} ${String(part).padStart(5, '0')}`
    return found.sort(([, a], [, b]) => {
      if (a.code === b.code && a.epoch !== b.epoch) return epochBefore(a.epoch, b.epoch) ? -1 : 1
      return rank(a).localeCompare(rank(b))
    })
  }

  /** All records of a book, in the order they were sealed; none for a book that never came. */
  async read(id: DocumentId, name: DayBookName): Promise<HeldRecord[]> {
    const { durable, issued } = this.#options
    const stored = await storedRecords(durable, id)
    if (stored) {
      const given = issued.headsGiven(id)
      const last = given.findLast((heads) => heads.every((head) => stored.lastAt.has(head))) ?? []
      const upTo = Math.max(0, ...last.map((head) => stored.lastAt.get(head) ?? 0))
      const isCovered = ({ body }: SealedRecord): boolean => body.chain.position <= upTo
      return held(stored.stored.map(readRecord), isCovered, this.#forked(name, []))
    }
    const wasLoaded = durable.isLoaded(id)
    const handle = await durable.open<FlatDoc>(id)
    if (!handle) return []
    const doc = handle.doc()
    const found = held(everyRecordIn(doc), this.#coverage(id, doc), this.#forked(name, doubledIn(doc)))
    if (!wasLoaded) await durable.release(id)
    return found
  }

  /** Which records the receipts given for a day book cover. */
  #coverage(id: DocumentId, doc: A.Doc<FlatDoc>): (record: SealedRecord) => boolean {
    const receipted = this.#options.issued.headsGiven(id).filter((heads) => A.hasHeads(doc, [...heads]))
    if (doubledIn(doc).length > 0) {
      const covered = hashesAt(doc, receipted.flat())
      return ({ hash }) => covered.has(hash)
    }
    const heads = receipted.at(-1)
    const last = heads ? lastPositionIn(A.view(doc, [...heads])) : 0
    return ({ body }) => body.chain.position <= last
  }

  /** At which positions copies of the terminal sealed different records, in this day book or in others. */
  #forked({ terminal, epoch }: DayBookName, own: readonly number[]): (position: number) => boolean {
    const { shops, counting } = this.#options
    const doubled = new Set(own)
    const known = shops.terminal(terminal)?.terminal.fork?.epoch === epoch
    return (position) => doubled.has(position) || (known && counting.isDoubled(terminal, epoch, position))
  }
}

function held(
  records: readonly SealedRecord[],
  isCovered: (record: SealedRecord) => boolean,
  isForked: (position: number) => boolean,
): HeldRecord[] {
  return records.map((record) => ({
    record,
    receipted: isCovered(record),
    forked: isForked(record.body.chain.position),
  }))
}
