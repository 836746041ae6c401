import type { DayCloseRecord, Seller } from '../generated/types.js'
import { isSale, type SaleRecord, type SealedRecord } from '../record.js'

export interface ClosedSale {
  readonly sale: SaleRecord
  readonly record: SealedRecord
}

/** A day close with the sales it covers. */
export interface Closing {
  readonly close: DayCloseRecord
  readonly sales: readonly ClosedSale[]
  /** As its last sale has it; undefined for a close that covers none. */
  readonly seller: Seller | undefined
  readonly minorDigits: number
}

/** The day closes among these records, each with the sales of its chain since the close before; the open day is left out. */
export function* closingsIn(records: Iterable<SealedRecord>): Generator<Closing> {
  const open = new Map<string, ClosedSale[]>()
  for (const record of records) {
    const { body } = record
    const chain = `${body.chain.terminal}${body.chain.epoch}`
    if (isSale(body)) {
      const sales = open.get(chain)
      if (sales) sales.push({ sale: body, record })
      else open.set(chain, [{ sale: body, record }])
    } else if (body.type === 'day-close') {
      const sales = open.get(chain) ?? []
      const last = sales.at(-1)?.sale
      open.delete(chain)
      yield { close: body, sales, seller: last?.seller, minorDigits: last?.policy.minorDigits ?? 2 }
    }
  }
}
