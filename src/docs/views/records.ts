import type { SealedLine, TaxGroup, Tender } from '../generated/types.js'
import { formatMinor } from '../money.js'
import {
  isSale,
  type DayCloseRecord,
  type EventRecord,
  type SaleRecord,
  type SealedRecord,
} from '../record.js'
import { csvLines, text, type Column } from './csv.js'
import type { View } from './view.js'

interface Sale {
  readonly body: SaleRecord
  readonly hash: string
}

interface LineOf {
  readonly body: SaleRecord
  readonly line: SealedLine
  readonly index: number
}

interface GroupOf {
  readonly body: SaleRecord
  readonly group: TaxGroup
}

interface TenderOf {
  readonly body: SaleRecord
  readonly tender: Pick<Tender, 'type' | 'name' | 'minor'>
}

/** In major units, as plain decimals. */
function money({ policy }: SaleRecord, minor: number | undefined): string {
  return formatMinor(minor ?? 0, policy.minorDigits)
}

function corrected(body: SaleRecord): string {
  if (body.type === 'invoice') return ''
  return text('number' in body.corrects ? body.corrects.number : body.corrects.outside)
}

const INVOICES: readonly Column<Sale>[] = [
  ['number', ({ body }) => text(body.number)],
  ['type', ({ body }) => body.type],
  ['terminal', ({ body }) => body.chain.terminal],
  ['epoch', ({ body }) => body.chain.epoch],
  ['position', ({ body }) => String(body.chain.position)],
  ['day', ({ body }) => body.day],
  ['sealedAt', ({ body }) => body.at],
  ['by', ({ body }) => text(body.by)],
  ['externalRef', ({ body }) => text(body.externalRef)],
  ['externalDate', ({ body }) => text(body.externalDate)],
  ['corrects', ({ body }) => corrected(body)],
  ['customer', ({ body }) => text(body.customer?.name ?? body.customer?.reference)],
  ['customerTaxId', ({ body }) => text(body.customer?.taxId)],
  ['seller', ({ body }) => text(body.seller.name)],
  ['sellerTaxId', ({ body }) => text(body.seller.taxId)],
  ['currency', ({ body }) => body.policy.currency],
  ['gross', ({ body }) => money(body, body.totals.gross)],
  ['discount', ({ body }) => money(body, body.totals.discount)],
  ['taxable', ({ body }) => money(body, body.totals.taxable)],
  ['tax', ({ body }) => money(body, body.totals.tax)],
  ['total', ({ body }) => money(body, body.totals.total)],
  ['roundOff', ({ body }) => money(body, body.totals.roundOff)],
  ['payable', ({ body }) => money(body, body.totals.payable)],
  ['hash', ({ hash }) => hash],
]

const LINES: readonly Column<LineOf>[] = [
  ['number', ({ body }) => text(body.number)],
  ['line', ({ index }) => String(index + 1)],
  ['sku', ({ line }) => text(line.sku)],
  ['name', ({ line }) => text(line.name)],
  ['hsn', ({ line }) => text(line.hsn)],
  ['unit', ({ line }) => text(line.unit)],
  ['quantity', ({ line }) => line.quantity],
  ['price', ({ body, line }) => money(body, line.price.minor)],
  ['per', ({ line }) => String(line.price.per ?? 1)],
  ['overriddenPrice', ({ body, line }) => (line.override ? money(body, line.override.from.minor) : '')],
  ['overrideReason', ({ line }) => text(line.override?.reason)],
  ['gross', ({ body, line }) => money(body, line.gross)],
  ['discount', ({ body, line }) => money(body, line.discount)],
  ['billDiscount', ({ body, line }) => money(body, line.billDiscount)],
  ['taxable', ({ body, line }) => money(body, line.taxable)],
  [
    'tax',
    ({ body, line }) =>
      money(
        body,
        (line.taxes ?? []).reduce((sum, { minor }) => sum + minor, 0),
      ),
  ],
  ['total', ({ body, line }) => money(body, line.total)],
  ['currency', ({ body }) => body.policy.currency],
]

const TAX_GROUPS: readonly Column<GroupOf>[] = [
  ['number', ({ body }) => text(body.number)],
  ['tax', ({ group }) => text(group.name)],
  ['rate', ({ group }) => group.rate],
  ['taxable', ({ body, group }) => money(body, group.taxable)],
  ['amount', ({ body, group }) => money(body, group.minor)],
  ['currency', ({ body }) => body.policy.currency],
]

const TENDERS: readonly Column<TenderOf>[] = [
  ['number', ({ body }) => text(body.number)],
  ['tender', ({ tender }) => tender.type],
  ['name', ({ tender }) => text(tender.name)],
  ['amount', ({ body, tender }) => money(body, tender.minor)],
  ['currency', ({ body }) => body.policy.currency],
]

const EVENTS: readonly Column<EventRecord | DayCloseRecord>[] = [
  ['terminal', ({ chain }) => chain.terminal],
  ['epoch', ({ chain }) => chain.epoch],
  ['position', ({ chain }) => String(chain.position)],
  ['day', ({ day }) => day],
  ['at', ({ at }) => at],
  ['by', ({ by }) => text(by)],
  ['event', (body) => (body.type === 'event' ? body.event : 'day-close')],
  ['detail', (body) => text(JSON.stringify(body.type === 'event' ? (body.detail ?? {}) : detailOf(body)))],
]

/** In minor units, as the record has them. */
function detailOf({ z, automatic, totals, perpetual }: DayCloseRecord): object {
  const { currency, invoices, creditNotes, payable } = totals
  return { z, automatic, currency, invoices, creditNotes, payable, perpetual: perpetual.payable }
}

function* sales(records: Iterable<SealedRecord>): Generator<Sale> {
  for (const { body, hash } of records) if (isSale(body)) yield { body, hash }
}

function* events(records: Iterable<SealedRecord>): Generator<EventRecord | DayCloseRecord> {
  for (const { body } of records) if (!isSale(body)) yield body
}

function* eachOf<R>(records: Iterable<SealedRecord>, rows: (body: SaleRecord) => readonly R[]): Generator<R> {
  for (const { body } of sales(records)) yield* rows(body)
}

function tendersOf(body: SaleRecord): TenderOf[] {
  const tenders: TenderOf[] = body.tenders.map((tender) => ({ body, tender }))
  // Change leaves the drawer in cash.
  if (body.type === 'invoice' && body.change !== 0)
    tenders.push({ body, tender: { type: 'cash', name: 'change', minor: -body.change } })
  return tenders
}

/** The records as they are, in five tables. */
export const recordsView: View = (records) => [
  { name: 'invoices.csv', lines: csvLines(INVOICES, sales(records)) },
  {
    name: 'lines.csv',
    lines: csvLines(
      LINES,
      eachOf(records, (body) => body.lines.map((line, index) => ({ body, line, index }))),
    ),
  },
  {
    name: 'tax-groups.csv',
    lines: csvLines(
      TAX_GROUPS,
      eachOf(records, (body) => body.taxes.map((group) => ({ body, group }))),
    ),
  },
  { name: 'tenders.csv', lines: csvLines(TENDERS, eachOf(records, tendersOf)) },
  { name: 'events.csv', lines: csvLines(EVENTS, events(records)) },
]
