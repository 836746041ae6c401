import { createReadStream } from 'node:fs'
import { CsvError, parse } from 'csv-parse'
import { parseDecimal, toMinor } from '../docs/decimal.js'
import type { Price, TaxComponent } from '../docs/generated/types.js'
import type { LineInput } from '../docs/pricing.js'
import { Refused } from '../protocol/problem.js'

/** A row that cannot be sold, and why. `row` counts as a spreadsheet does: the header is row 1. */
export interface SkippedRow {
  readonly row: number
  readonly reason: string
}

/** One invoice or credit note of a sales file. */
export interface FileSale {
  /** The source's number. */
  readonly ref: string
  readonly type: 'invoice' | 'credit-note'
  readonly date: string | undefined
  readonly customer: string | undefined
  readonly lines: readonly LineInput[]
}

export interface SalesFile {
  /** In the order in which their numbers first stand in the file. */
  readonly sales: readonly FileSale[]
  readonly skippedRows: readonly SkippedRow[]
}

const REQUIRED = ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'UnitPrice'] as const
type Row = Partial<Record<string, string>>

/** Rows of a CSV file (RFC 4180, UTF-8), each with its row number. */
export async function* csvRows(path: string): AsyncGenerator<{ row: number; cells: Row }> {
  const parser = createReadStream(path).pipe(
    parse({ columns: true, bom: true, skip_empty_lines: true, info: true }),
  )
  try {
    let row = 1
    for await (const { record } of parser as AsyncIterable<{ record: Row }>) {
      row += 1
      yield { row, cells: record }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new Refused(
      'invalid',
      'malformed-csv',
      `${path} is not a well-formed CSV file: ${error.message}. Nothing of it was used.`,
    )
  }
}

/** @throws Refused when the file lacks columns */
export function needColumns(path: string, cells: Row, columns: readonly string[]): void {
  const missing = columns.filter((name) => !(name in cells))
  if (missing.length === 0) return
  throw new Refused(
    'invalid',
    'missing-columns',
    `${path} lacks the column${missing.length > 1 ? 's' : ''} ${missing.join(', ')}. It has ${Object.keys(cells).join(', ') || 'none'}.`,
  )
}

/**
 * Reads a sales file whole, before anything of it is sealed.
 * @param taxes borne by every line
 * @throws Refused `malformed-csv`, `missing-columns`; a row that cannot be sold is no error, it is listed
 */
export async function readSalesFile(
  path: string,
  minorDigits: number,
  taxes: readonly TaxComponent[],
): Promise<SalesFile> {
  const sales = new Map<string, FileSale & { lines: LineInput[] }>()
  const skippedRows: SkippedRow[] = []
  for await (const { row, cells } of csvRows(path)) {
    if (row === 2) needColumns(path, cells, REQUIRED)
    const ref = cells['InvoiceNo']?.trim() ?? ''
    const type = ref.startsWith('C') ? 'credit-note' : 'invoice'
    const line = lineOf(cells, type, row, minorDigits, taxes)
    if (ref === '' || typeof line === 'string') {
      skippedRows.push({ row, reason: typeof line === 'string' ? line : 'it has no invoice number' })
      continue
    }
    const sale = sales.get(ref)
    if (sale) sale.lines.push(line)
    else {
      const date = cells['InvoiceDate']?.trim() || undefined
      const customer = cells['CustomerID']?.trim() || undefined
      sales.set(ref, { ref, type, date, customer, lines: [line] })
    }
  }
  return { sales: [...sales.values()], skippedRows }
}

/** The row as a line; or why it cannot be sold. A credit note's quantities stand negative in the file. */
function lineOf(
  cells: Row,
  type: FileSale['type'],
  row: number,
  minorDigits: number,
  taxes: readonly TaxComponent[],
): LineInput | string {
  const sku = cells['StockCode']?.trim() ?? ''
  const name = cells['Description']?.trim() ?? ''
  if (sku === '') return 'it has no stock code'
  let quantity: string
  let price: Price
  try {
    quantity = parseDecimal(cells['Quantity'] ?? '', 'quantity')
    price = toMinor(cells['UnitPrice'] ?? '', minorDigits, 'unit price')
  } catch (error) {
    return (error as Error).message
  }
  if (price.minor === 0) return 'its price is zero'
  if (price.minor < 0) return 'its price is negative'
  if (quantity === '0') return 'its quantity is zero'
  const negative = quantity.startsWith('-')
  if (type === 'invoice' && negative) return 'its quantity is negative, and it is no credit note'
  if (type === 'credit-note' && !negative) return 'its quantity is positive, and it is a credit note'
  if (type === 'invoice' && name === '') return 'it has no description'
  return {
    id: `row-${row}`,
    sku,
    name: name === '' ? sku : name,
    quantity: negative ? quantity.slice(1) : quantity,
    price,
    taxes,
  }
}
