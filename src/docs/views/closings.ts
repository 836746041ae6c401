import type { DayCloseRecord, Seller } from '../generated/types.js'
import { isSale, type EventRecord, type SaleRecord, type SealedRecord } from '../record.js'

export interface ClosedSale {
  readonly sale: SaleRecord
  readonly record: SealedRecord
}

/** What was practised in training mode: it is no sale, and no total has it. */
export interface PractisedSale {
  readonly event: EventRecord
  readonly record: SealedRecord
}

/** A day close with the sales it covers. */
export interface Closing {
  readonly close: DayCloseRecord
  readonly sales: readonly ClosedSale[]
  readonly practised: readonly PractisedSale[]
  /** As its last sale has it; undefined for a close that covers none. */
  readonly seller: Seller | undefined
  readonly minorDigits: number
}

/** The day closes among these records, each with the sales of its chain since the close before; the open day is left out. */
export function* closingsIn(records: Iterable<SealedRecord>): Generator<Closing> {
  const open = new Map<string, { sales: ClosedSale[]; practised: PractisedSale[] }>()
  for (const record of records) {
    const { body } = record
    const chain = `${body.chain.terminal}${body.chain.epoch}`
    const day = open.get(chain) ?? { sales: [], practised: [] }
    open.set(chain, day)
    if (isSale(body)) day.sales.push({ sale: body, record })
    else if (body.type === 'event') {
      if (body.event === 'training-sale') day.practised.push({ event: body, record })
    } else {
      const last = day.sales.at(-1)?.sale
      open.delete(chain)
      yield { close: body, ...day, seller: last?.seller, minorDigits: last?.policy.minorDigits ?? 2 }
    }
  }
}
