import { formatMinor } from './money.js'
import type { ExportedInvoice } from './generated/types.js'
import type { SaleRecord, SealedRecord } from './record.js'

export type { ExportedInvoice } from './generated/types.js'

/** An invoice or credit note as exports show it; a credit note's figures are negative. */
export function exportSale(record: SealedRecord, body: SaleRecord, receipted: boolean): ExportedInvoice {
  const { currency } = body.policy
  return {
    number: body.number,
    type: body.type,
    terminal: body.chain.terminal,
    epoch: body.chain.epoch,
    position: body.chain.position,
    day: body.day,
    sealedAt: body.at,
    by: body.by,
    externalRef: body.externalRef ?? null,
    ...(body.externalDate === undefined ? {} : { externalDate: body.externalDate }),
    ...(body.type === 'credit-note' ? { corrects: body.corrects } : {}),
    ...(body.customer ? { customer: body.customer } : {}),
    total: { minor: body.totals.payable, currency },
    totals: body.totals,
    taxes: body.taxes,
    lines: body.lines,
    tenders: body.tenders,
    custody: receipted ? 'receipted' : 'none',
    hash: record.hash,
  }
}

const CSV_COLUMNS = [
  'number',
  'type',
  'terminal',
  'day',
  'sealedAt',
  'by',
  'externalRef',
  'customer',
  'line',
  'sku',
  'name',
  'quantity',
  'unitPrice',
  'per',
  'discount',
  'taxable',
  'tax',
  'lineTotal',
  'invoiceTotal',
  'currency',
  'custody',
] as const

/**
 * RFC 4180. A text that a spreadsheet would take for a formula is led by an apostrophe (OWASP, CSV injection);
 * numbers are not texts.
 */
export function csvText(text: string): string {
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function csvHeader(): string {
  return `${CSV_COLUMNS.join(',')}\r\n`
}

/** One row per line of the invoice; amounts in major units, as plain decimals. */
function csvRows(invoice: ExportedInvoice, minorDigits: number): string {
  const money = (minor: number): string => formatMinor(minor, minorDigits)
  return invoice.lines
    .map((line, index) => {
      const tax = (line.taxes ?? []).reduce((sum, { minor }) => sum + minor, 0)
      const cells = [
        csvText(invoice.number),
        invoice.type,
        invoice.terminal,
        invoice.day,
        invoice.sealedAt,
        csvText(invoice.by),
        csvText(invoice.externalRef ?? ''),
        csvText(invoice.customer?.name ?? invoice.customer?.reference ?? ''),
        String(index + 1),
        csvText(line.sku),
        csvText(line.name),
        line.quantity,
        money(line.price.minor),
        String(line.price.per ?? 1),
        money((line.discount ?? 0) + (line.billDiscount ?? 0)),
        money(line.taxable),
        money(tax),
        money(line.total),
        money(invoice.total.minor),
        invoice.total.currency,
        invoice.custody,
      ]
      return `${cells.join(',')}\r\n`
    })
    .join('')
}

/** A whole CSV file in parts: the header, then each invoice's rows. */
export async function* csvParts(
  invoices: AsyncIterable<ExportedInvoice>,
  minorDigits: (invoice: ExportedInvoice) => number,
): AsyncGenerator<string> {
  yield csvHeader()
  for await (const invoice of invoices) yield csvRows(invoice, minorDigits(invoice))
}
