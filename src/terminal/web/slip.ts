import type { DayCloseRecord, ExportedInvoice, SealedLine } from '../../docs/generated/types.js'
import { get } from './api.js'
import { part } from './dom.js'
import { plainAmount } from './money.js'
import type { Seller } from './shapes.js'
import { dateTime } from './time.js'

/** Characters in a line of a common receipt printer. */
const WIDTH = 42
const RULE = '-'.repeat(WIDTH)

let seller: Seller | undefined

async function heading(): Promise<string[]> {
  seller ??= await get<Seller>('/v1/shop')
  return [
    centred(seller.name),
    ...(seller.address === undefined ? [] : wrapped(seller.address).map(centred)),
    ...(seller.taxId === undefined ? [] : [centred(`Tax no. ${seller.taxId}`)]),
    RULE,
  ]
}

function centred(text: string): string {
  return ' '.repeat(Math.max(0, Math.floor((WIDTH - text.length) / 2))) + text
}

function wrapped(text: string): string[] {
  const lines: string[] = []
  for (let rest = text; rest !== ''; rest = rest.slice(WIDTH)) lines.push(rest.slice(0, WIDTH))
  return lines
}

function pair(left: string, right: string): string {
  const room = WIDTH - right.length - 1
  return left.length > room
    ? `${wrapped(left).join('\n')}\n${right.padStart(WIDTH)}`
    : `${left.padEnd(room)} ${right}`
}

function lineText({
  name,
  quantity,
  price,
  unit,
  discount = 0,
  billDiscount = 0,
  gross,
}: SealedLine): string[] {
  const per = price.per === undefined ? '' : ` per ${price.per}`
  const off = discount + billDiscount
  return [
    ...wrapped(name),
    pair(`  ${quantity} ${unit ?? ''} x ${plainAmount(price.minor)}${per}`, plainAmount(gross)),
    ...(off === 0 ? [] : [pair('  discount', plainAmount(-off))]),
  ]
}

const TENDERS = { cash: 'Cash', card: 'Card', other: 'Other' } as const

/** What was given back in cash of what was given. */
export function changeOf({ type, tenders, totals }: ExportedInvoice): number {
  return type === 'invoice' ? tenders.reduce((sum, { minor }) => sum + minor, 0) - totals.payable : 0
}

/** @param copy it was printed before, or may have been */
export function invoiceLines(invoice: ExportedInvoice, copy = false): string[] {
  const { totals, taxes, tenders, corrects, total } = invoice
  const change = changeOf(invoice)
  return [
    centred(invoice.type === 'invoice' ? 'INVOICE' : 'CREDIT NOTE'),
    ...(copy ? [centred('COPY')] : []),
    pair('Number', invoice.number),
    pair('Sealed', dateTime(invoice.sealedAt)),
    pair('Served by', invoice.by),
    ...(invoice.customer?.name === undefined ? [] : [pair('Customer', invoice.customer.name)]),
    ...(corrects === undefined
      ? []
      : [pair('Corrects', 'number' in corrects ? corrects.number : corrects.outside)]),
    RULE,
    ...invoice.lines.flatMap(lineText),
    RULE,
    pair('Taxable', plainAmount(totals.taxable)),
    ...taxes.map(({ name, rate, minor }) => pair(`${name} ${rate}%`, plainAmount(minor))),
    ...(totals.roundOff === 0 ? [] : [pair('Round-off', plainAmount(totals.roundOff))]),
    pair(`TOTAL ${total.currency}`, plainAmount(totals.payable)),
    RULE,
    ...tenders.map(({ type, name, minor }) => pair(name ?? TENDERS[type], plainAmount(minor))),
    ...(change === 0 ? [] : [pair('Change', plainAmount(change))]),
  ]
}

export function dayLines({ z, day, at, by, totals, perpetual }: DayCloseRecord): string[] {
  return [
    centred(`DAY CLOSE Z ${z}`),
    pair('Business day', day),
    pair('Closed', dateTime(at)),
    pair('By', by),
    RULE,
    pair('Invoices', String(totals.invoices)),
    pair('Credit notes', String(totals.creditNotes)),
    ...totals.series.map(({ from, to }) => pair(from, `to ${to}`)),
    pair('Taxable', plainAmount(totals.taxable)),
    ...totals.taxes.map(({ name, rate, minor }) => pair(`${name} ${rate}%`, plainAmount(minor))),
    pair('Round-off', plainAmount(totals.roundOff)),
    pair(`TOTAL ${totals.currency}`, plainAmount(totals.payable)),
    RULE,
    ...totals.tenders.map(({ type, name, minor }) => pair(name ?? TENDERS[type], plainAmount(minor))),
    RULE,
    pair('Perpetual total', plainAmount(perpetual.payable)),
    pair('Invoices ever', String(perpetual.invoices)),
    pair('Credit notes ever', String(perpetual.creditNotes)),
  ]
}

/** Prints a slip: the print style sheet shows nothing else. */
export async function print(lines: readonly string[]): Promise<void> {
  part('slip', HTMLElement).textContent = [...(await heading()), ...lines].join('\n')
  window.print()
}
