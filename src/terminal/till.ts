import {
  composeCreditNote,
  composeDayClose,
  composeInvoice,
  type CreditDraft,
  type SaleDraft,
} from '../docs/compose.js'
import type { ExportedInvoice } from '../docs/export.js'
import { addDecimals, compareDecimals, negateDecimal } from '../docs/decimal.js'
import { newId } from '../docs/ids.js'
import { priceBill } from '../docs/pricing.js'
import type {
  CreditNoteRecord,
  DayCloseRecord,
  InvoiceRecord,
  SaleRecord,
  SealedRecord,
} from '../docs/record.js'
import { parseNumber } from '../docs/series.js'
import type { Tender } from '../docs/generated/types.js'
import { Refused } from '../protocol/problem.js'
import type { Chain } from './chain.js'
import type { Outside } from './context.js'
import type { Lookup } from './lookup.js'
import type { SharedDocuments } from './shared-documents.js'
import { refuseInTraining } from './training.js'

/** What a sale came to, whether it was sealed now or had been before. */
export interface Sold<R extends SaleRecord = SaleRecord> {
  readonly record: SealedRecord & { readonly body: R }
  /** True where the same bill was sealed before: nothing was sealed now. */
  readonly again: boolean
}

/** A bill to seal; without tenders the exact amount is taken to be paid by the tender named. */
export type Sale = Omit<SaleDraft, 'bill' | 'tenders'> & {
  readonly bill?: string
  readonly tenders: readonly Tender[] | { readonly exactly: Omit<Tender, 'minor'> }
}

export type Credit = Omit<CreditDraft, 'bill' | 'tenders' | 'corrects'> & {
  readonly tenders: readonly Tender[] | { readonly exactly: Omit<Tender, 'minor'> }
  /** The number of the invoice it corrects, or what is known of a sale made before this store was used. */
  readonly corrects: { readonly number: string } | { readonly outside: string }
}

export interface TillOptions {
  readonly outside: Outside
  readonly chain: Chain
  readonly documents: SharedDocuments
  readonly lookup: Lookup
}

/** Seals sales, corrections and day closes. */
export class Till {
  readonly #options: TillOptions

  constructor(options: TillOptions) {
    this.#options = options
  }

  /**
   * Seals a bill. A bill or external reference that was sealed before is not sealed again: its invoice is returned.
   * @throws PricingError, TenderError, Refused, RefUncertain, StorageWriteError; nothing was sealed then
   */
  async sell(sale: Sale): Promise<Sold<InvoiceRecord>> {
    const { chain } = this.#options
    let again: SealedRecord | undefined
    const record = await chain
      .seal(async (state, moment) => {
        const bill = sale.bill ?? newId('bill', this.#options.outside.random)
        again = await this.#sealedBefore(bill, sale.externalRef)
        if (again) throw new SealedBefore()
        refuseInTraining(state)
        const tenders = this.exactly(sale)
        return composeInvoice(state, moment, { ...sale, bill, tenders })
      })
      .catch((error: unknown) => {
        if (error instanceof SealedBefore && again) return again
        throw error
      })
    return { record: record as Sold<InvoiceRecord>['record'], again: again !== undefined }
  }

  /** The invoice of this number, if it was sealed here and read since the start. */
  soldAs(number: string): Sold<InvoiceRecord> | undefined {
    const record = this.#options.chain.saleWithNumber(number)
    return record?.body.type === 'invoice'
      ? { record: record as Sold<InvoiceRecord>['record'], again: true }
      : undefined
  }

  /** Seals a credit note. It cannot take back more of a line than the invoice sold. */
  async credit(credit: Credit): Promise<Sold<CreditNoteRecord>> {
    const { chain, outside } = this.#options
    const corrects = await this.#corrected(credit)
    let again: SealedRecord | undefined
    const record = await chain
      .seal(async (state, moment) => {
        again = await this.#sealedBefore(undefined, credit.externalRef)
        if (again) throw new SealedBefore()
        refuseInTraining(state)
        const bill = newId('bill', outside.random)
        return composeCreditNote(state, moment, { ...credit, bill, corrects, tenders: this.exactly(credit) })
      })
      .catch((error: unknown) => {
        if (error instanceof SealedBefore && again) return again
        throw error
      })
    return { record: record as Sold<CreditNoteRecord>['record'], again: again !== undefined }
  }

  closeDay(by: string): Promise<SealedRecord & { readonly body: DayCloseRecord }> {
    return this.#options.chain.seal((state, moment) => {
      refuseInTraining(state)
      return composeDayClose(state, moment, by, false)
    })
  }

  /** What a bill would come to if it were sealed now. */
  price(sale: Pick<Sale, 'lines' | 'discount'>) {
    return priceBill(sale, this.#options.documents.shop().policy)
  }

  /** The tenders of a sale, in figures also where one pays exactly what is due. */
  exactly({ tenders, ...sale }: Pick<Sale, 'lines' | 'discount' | 'tenders'>): readonly Tender[] {
    if (!('exactly' in tenders)) return tenders
    const minor = this.price(sale).totals.payable
    return minor === 0 ? [] : [{ ...tenders.exactly, minor }]
  }

  async #sealedBefore(
    bill: string | undefined,
    externalRef: string | undefined,
  ): Promise<SealedRecord | undefined> {
    const { chain } = this.#options
    const sealed = bill === undefined ? undefined : chain.saleOf(bill)
    if (sealed) return sealed
    const number = externalRef === undefined ? undefined : await chain.refs.get(externalRef)
    if (number === undefined) return undefined
    return chain.saleWithNumber(number) ?? this.#purged(externalRef ?? '', number)
  }

  /** The invoice of a reference was sealed and purged: that it was sealed is known, what it held is at the relay. */
  #purged(externalRef: string, number: string): never {
    throw new Refused('conflict', 'sealed-before', `${externalRef} was sealed before, as ${number}.`, {
      number,
    })
  }

  async #corrected({ corrects, lines }: Credit): Promise<CreditNoteRecord['corrects']> {
    if ('outside' in corrects) return corrects
    const { number } = corrects
    if (!parseNumber(number)) {
      throw new Refused(
        'invalid',
        'not-a-number',
        `"${number}" is no invoice number of this store, such as T01A/2627/000123.`,
      )
    }
    const { invoice, corrections } = await this.#options.lookup.find(number)
    if (invoice.type !== 'invoice') {
      throw new Refused(
        'conflict',
        'not-an-invoice',
        `${number} is a credit note; only an invoice can be corrected.`,
      )
    }
    const left = quantitiesLeft(invoice, corrections)
    for (const { sku, quantity } of lines) {
      const rest = addDecimals(left.get(sku) ?? '0', negateDecimal(quantity))
      if (compareDecimals(rest, '0') < 0) {
        throw new Refused(
          'conflict',
          'more-than-sold',
          `Invoice ${number} has ${left.get(sku) ?? '0'} of "${sku}" left to take back, not ${quantity}.`,
          { sku, left: left.get(sku) ?? '0' },
        )
      }
      left.set(sku, rest)
    }
    return { number, hash: invoice.hash }
  }
}

class SealedBefore extends Error {}

function quantitiesLeft(
  invoice: ExportedInvoice,
  corrections: readonly ExportedInvoice[],
): Map<string, string> {
  const left = new Map<string, string>()
  // A credit note's quantities are negative.
  for (const { lines } of [invoice, ...corrections]) {
    for (const { sku, quantity } of lines) left.set(sku, addDecimals(left.get(sku) ?? '0', quantity))
  }
  return left
}
