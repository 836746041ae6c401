import * as A from '@automerge/automerge'
import { lastPositionIn } from '../docs/daybook.js'
import { exportSale, type ExportedInvoice } from '../docs/export.js'
import type { FlatDoc } from '../docs/flat.js'
import type { InvoiceLookup } from '../docs/generated/types.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import { doubledIn, everyRecordIn, hashesAt } from '../docs/lines.js'
import { isSale, readRecord, type SealedRecord } from '../docs/record.js'
import { epochBefore, parseNumber } from '../docs/series.js'
import { Refused } from '../protocol/problem.js'
import type { DayRange } from '../protocol/queries.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import { storedRecords } from './books/stored-records.js'
import type { Counting } from './counting.js'
import type { IssuedReceipts } from './issued-receipts.js'
import type { Shops } from './shops.js'

type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

export interface InvoicesOptions {
  readonly durable: DurableRepo
  readonly registry: IndexLog<DocumentName>
  readonly issued: IssuedReceipts
  readonly shops: Shops
  readonly counting: Counting
}

/** Reads invoices out of the day books the relay holds, one book in memory at a time. */
export class Invoices {
  readonly #options: InvoicesOptions

  constructor(options: InvoicesOptions) {
    this.#options = options
  }

  #books(wanted: (name: DayBookName) => boolean): [DocumentId, DayBookName][] {
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

  /**
   * All invoices and credit notes of a range of business days, by terminal, in the order they were sealed.
   * @param shop those of one shop; undefined for all
   */
  async *all(range: DayRange, shop?: string): AsyncGenerator<ExportedInvoice> {
    const inRange = ({ day, shop: owner }: DayBookName): boolean =>
      (shop === undefined || owner === shop) &&
      (range.from === undefined || day >= range.from) &&
      (range.to === undefined || day <= range.to)
    for (const [id, name] of this.#books(inRange)) yield* await this.#read(id, name)
  }

  async #read(id: DocumentId, name: DayBookName): Promise<ExportedInvoice[]> {
    const { durable, issued } = this.#options
    const stored = await storedRecords(durable, id)
    if (stored) {
      const given = issued.headsGiven(id)
      const last = given.findLast((heads) => heads.every((head) => stored.lastAt.has(head))) ?? []
      const upTo = Math.max(0, ...last.map((head) => stored.lastAt.get(head) ?? 0))
      const isCovered = ({ body }: SealedRecord): boolean => body.chain.position <= upTo
      return exported(stored.stored.map(readRecord), isCovered, this.#forked(name, []))
    }
    const wasLoaded = durable.isLoaded(id)
    const handle = await durable.open<FlatDoc>(id)
    if (!handle) return []
    const doc = handle.doc()
    const forked = this.#forked(name, doubledIn(doc))
    const found = exported(everyRecordIn(doc), this.#coverage(id, doc), forked)
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

  /**
   * An invoice and the credit notes that name it.
   * @param shop whose invoices may be looked into; undefined for all
   * @throws Refused `unknown-invoice`
   */
  async find(number: string, shop: string | undefined): Promise<InvoiceLookup> {
    const unknown = new Refused('notFound', 'unknown-invoice', `The relay holds no invoice ${number}.`)
    const series = parseNumber(number)
    if (!series) throw unknown
    const mine = (name: DayBookName): boolean => shop === undefined || name.shop === shop
    const writer = (name: DayBookName): boolean =>
      mine(name) && name.code === series.code && name.epoch === series.epoch
    for (const [id, book] of this.#books(writer)) {
      const { shop: owner } = book
      const invoice = (await this.#read(id, book)).find((candidate) => candidate.number === number)
      if (!invoice) continue
      const corrections: ExportedInvoice[] = []
      // Any terminal of the shop may have corrected it, on the same day or later.
      for (const [other, otherName] of this.#books(
        (name) => name.shop === owner && name.day >= invoice.day,
      )) {
        for (const candidate of await this.#read(other, otherName)) {
          if (candidate.corrects && 'number' in candidate.corrects && candidate.corrects.number === number) {
            corrections.push(candidate)
          }
        }
      }
      return { invoice, corrections }
    }
    throw unknown
  }
}

function exported(
  records: readonly SealedRecord[],
  isCovered: (record: SealedRecord) => boolean,
  isForked: (position: number) => boolean,
): ExportedInvoice[] {
  return records.flatMap((record) => {
    const { body } = record
    if (!isSale(body)) return []
    const sale = exportSale(record, body, isCovered(record))
    return [isForked(body.chain.position) ? { ...sale, fork: true } : sale]
  })
}
