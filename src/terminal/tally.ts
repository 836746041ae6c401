import type { Tally as Schema } from '../docs/generated/types.js'
import { isSale, type SealedRecord } from '../docs/record.js'
import type { Told } from '../protocol/told.js'

/** What a run of sales comes to. */
export type Tally = Told<Schema>

export const NO_TALLY: Tally = { invoices: 0, creditNotes: 0, payable: 0 }

export function addTallies(a: Tally, b: Tally): Tally {
  const oldest =
    a.oldest !== undefined && (b.oldest === undefined || a.oldest < b.oldest) ? a.oldest : b.oldest
  return {
    invoices: a.invoices + b.invoices,
    creditNotes: a.creditNotes + b.creditNotes,
    payable: a.payable + b.payable,
    ...(oldest === undefined ? {} : { oldest }),
  }
}

/** What one record adds; nothing unless it is a sale. */
export function tallyOf({ body }: SealedRecord): Tally {
  if (!isSale(body)) return NO_TALLY
  return {
    invoices: body.type === 'invoice' ? 1 : 0,
    creditNotes: body.type === 'credit-note' ? 1 : 0,
    payable: body.totals.payable,
    oldest: body.at,
  }
}
