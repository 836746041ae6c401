import { businessDay, localDay } from './business-day.js'
import { sequenceKey, type ChainState } from './chain-state.js'
import { negate } from './credit.js'
import type {
  Corrects,
  Customer,
  DayCloseRecord,
  EventName,
  EventRecord,
  RecordBody,
  Tender,
} from './generated/types.js'
import { priceBill, type BillInput } from './pricing.js'
import type { CreditNoteRecord, InvoiceRecord } from './record.js'
import { financialYear, formatNumber, type NumberedType } from './series.js'
import { sellerOf, type Shop } from './shop.js'
import { settle, settleRefund } from './tender.js'

/** A bill with everything that a seal needs; quantities and amounts positive, also on a credit note. */
export interface SaleDraft extends BillInput {
  readonly bill: string
  readonly by: string
  readonly customer?: Customer
  readonly externalRef?: string
  readonly externalDate?: string
  readonly tenders: readonly Tender[]
}

export interface CreditDraft extends SaleDraft {
  readonly corrects: Corrects
  readonly reason?: string
}

/** Where and when a record is made. */
export interface Moment {
  readonly shop: Shop
  readonly at: Date
}

/**
 * The time a record is stamped with: the clock's, but never before the record it follows, so that a clock set
 * back does not make the chain run backwards.
 */
function stampFor(state: ChainState, at: Date): Date {
  return state.lastAt !== undefined && state.lastAt > at.toISOString() ? new Date(state.lastAt) : at
}

function linkFor(state: ChainState): RecordBody['chain'] {
  return { terminal: state.code, epoch: state.epoch, position: state.position + 1, prev: state.lastHash }
}

/** The business day a record sealed at this moment belongs to. */
export function dayFor(state: ChainState, { shop, at }: Moment): string {
  return businessDay(localDay(stampFor(state, at), shop.calendar), state.day, state.lastClosedDay)
}

/**
 * The number the next sale of this type gets.
 * @throws SeriesExhausted
 */
export function numberFor(state: ChainState, type: NumberedType, { shop, at }: Moment): string {
  const date = localDay(stampFor(state, at), { ...shop.calendar, dayStartsAt: '00:00' })
  const year = financialYear(date, shop.calendar.financialYearStart)
  const last = state.sequences[sequenceKey(type, year)] ?? 0
  return formatNumber({ code: state.code, epoch: state.epoch, type, year }, last + 1)
}

function header(state: ChainState, moment: Moment, draft: SaleDraft) {
  return {
    v: 1 as const,
    chain: linkFor(state),
    day: dayFor(state, moment),
    at: stampFor(state, moment.at).toISOString(),
    by: draft.by,
    bill: draft.bill,
    seller: sellerOf(moment.shop),
    policy: moment.shop.policy,
    ...(draft.customer ? { customer: draft.customer } : {}),
    ...(draft.externalRef === undefined ? {} : { externalRef: draft.externalRef }),
    ...(draft.externalDate === undefined ? {} : { externalDate: draft.externalDate }),
  }
}

/**
 * What a bill comes to with what is given for it.
 * @throws PricingError, a tender's error
 */
export function settleBill({ shop }: Moment, draft: BillInput & Pick<SaleDraft, 'tenders'>) {
  const { policy } = shop
  const priced = priceBill(draft, policy)
  return { priced, ...settle(priced.totals.payable, draft.tenders, policy.minorDigits) }
}

/**
 * The body of the invoice that seals a bill as the next record of a chain.
 * @throws PricingError, a tender's error, SeriesExhausted: the bill stays as it was
 */
export function composeInvoice(state: ChainState, moment: Moment, draft: SaleDraft): InvoiceRecord {
  const { priced, tenders, change } = settleBill(moment, draft)
  return {
    ...header(state, moment, draft),
    type: 'invoice',
    number: numberFor(state, 'invoice', moment),
    lines: [...priced.lines],
    taxes: [...priced.taxes],
    totals: priced.totals,
    tenders,
    change,
  }
}

/** The body of a credit note: the same figures as an invoice of its lines, all negative. */
export function composeCreditNote(state: ChainState, moment: Moment, draft: CreditDraft): CreditNoteRecord {
  const priced = negate(priceBill(draft, moment.shop.policy))
  return {
    ...header(state, moment, draft),
    type: 'credit-note',
    number: numberFor(state, 'credit-note', moment),
    corrects: draft.corrects,
    ...(draft.reason === undefined ? {} : { reason: draft.reason }),
    lines: [...priced.lines],
    taxes: [...priced.taxes],
    totals: priced.totals,
    tenders: settleRefund(priced.totals.payable, draft.tenders, moment.shop.policy.minorDigits),
  }
}

export class NothingToClose extends Error {
  constructor(reason: string) {
    super(reason)
    this.name = 'NothingToClose'
  }
}

/**
 * The close (Z) of the open business day.
 * @param automatic closed because the next day began, not by a person
 * @throws NothingToClose when no day is open, or the open day lies ahead of the calendar
 */
export function composeDayClose(
  state: ChainState,
  moment: Moment,
  by: string,
  automatic: boolean,
): DayCloseRecord {
  if (state.day === undefined)
    throw new NothingToClose('No business day is open: nothing was sealed since the last close.')
  const today = localDay(stampFor(state, moment.at), moment.shop.calendar)
  if (state.day > today) {
    throw new NothingToClose(
      `Business day ${state.day} has not begun on the calendar. It can be closed from that date on.`,
    )
  }
  return {
    v: 1,
    type: 'day-close',
    chain: linkFor(state),
    z: state.z + 1,
    day: state.day,
    at: stampFor(state, moment.at).toISOString(),
    by,
    automatic,
    firstPosition: state.dayFirstPosition,
    ...(state.dayFirstHash === undefined ? {} : { firstHash: state.dayFirstHash, lastHash: state.lastHash }),
    totals: state.totals,
    perpetual: state.perpetual,
  }
}

export type { EventName } from './generated/types.js'
export type EventDetail = Readonly<Record<string, string | number | boolean>>

export function composeEvent(
  state: ChainState,
  moment: Moment,
  by: string,
  event: EventName,
  detail: EventDetail = {},
): EventRecord {
  return {
    v: 1,
    type: 'event',
    chain: linkFor(state),
    day: dayFor(state, moment),
    at: stampFor(state, moment.at).toISOString(),
    by,
    event,
    ...(Object.keys(detail).length === 0 ? {} : { detail }),
  }
}
