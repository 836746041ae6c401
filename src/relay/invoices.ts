import * as A from '@automerge/automerge'
import { lastPositionIn, recordsIn } from '../docs/daybook.js'
import { exportSale, type ExportedInvoice } from '../docs/export.js'
import type { FlatDoc } from '../docs/flat.js'
import type { InvoiceLookup } from '../docs/generated/types.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import { isSale } from '../docs/record.js'
import { epochBefore, parseNumber } from '../docs/series.js'
import { Refused } from '../protocol/problem.js'
import type { DayRange } from '../protocol/queries.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import type { IssuedReceipts } from './issued-receipts.js'

type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

export interface InvoicesOptions {
  readonly durable: DurableRepo
  readonly registry: IndexLog<DocumentName>
  readonly issued: IssuedReceipts
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
    for (const [id] of this.#books(inRange)) yield* await this.#read(id)
  }

  async #read(id: DocumentId): Promise<ExportedInvoice[]> {
    const { durable, issued } = this.#options
    const wasLoaded = durable.repo.handles[id] !== undefined
    const handle = await durable.open<FlatDoc>(id)
    if (!handle) return []
    const doc = handle.doc()
    const heads = issued.heads(id)
    const covered = heads && A.hasHeads(doc, [...heads]) ? lastPositionIn(A.view(doc, [...heads])) : 0
    const found: ExportedInvoice[] = []
    for (const record of recordsIn(doc)) {
      const { body } = record
      if (isSale(body)) found.push(exportSale(record, body, body.chain.position <= covered))
    }
    if (!wasLoaded) await durable.release(id)
    return found
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
    for (const [id, { shop: owner }] of this.#books(writer)) {
      const invoice = (await this.#read(id)).find((candidate) => candidate.number === number)
      if (!invoice) continue
      const corrections: ExportedInvoice[] = []
      // Any terminal of the shop may have corrected it, on the same day or later.
      for (const [other] of this.#books((name) => name.shop === owner && name.day >= invoice.day)) {
        for (const candidate of await this.#read(other)) {
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
