import { parseDecimal, toMinor } from '../docs/decimal.js'
import type { Policy, Price, TaxComponent } from '../docs/generated/types.js'
import { priceBill, PricingError, type LineInput } from '../docs/pricing.js'
import { validate } from '../docs/validate.js'
import { csvRows, missingColumns, type Cells } from './csv.js'

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

/** The longest texts an invoice holds. */
const LONGEST_TEXT = 500
const LONGEST_REFERENCE = 80

/**
 * Reads a sales file whole, before anything of it is sealed.
 * @param taxes borne by every line
 * @throws Refused `malformed-csv`, `not-utf-8`, `missing-columns`; what cannot be sold is no error, it is listed
 */
export async function readSalesFile(
  path: string,
  policy: Policy,
  taxes: readonly TaxComponent[],
): Promise<SalesFile> {
  const drafts = new Map<string, FileSale & { lines: NumberedLine[] }>()
  const skippedRows: SkippedRow[] = []
  const rows = csvRows(path, (columns) => {
    const missing = REQUIRED.filter((name) => !columns.includes(name))
    if (missing.length > 0) throw missingColumns(path, missing, columns)
  })
  for await (const { row, cells } of rows) {
    const sale = saleOf(cells)
    const line = typeof sale === 'string' ? sale : lineOf(cells, sale.type, row, policy.minorDigits, taxes)
    if (typeof sale === 'string') skippedRows.push({ row, reason: sale })
    else if (typeof line === 'string') skippedRows.push({ row, reason: line })
    else {
      const draft = drafts.get(sale.ref) ?? { ...sale, lines: [] }
      draft.lines.push({ row, ...line })
      drafts.set(sale.ref, draft)
    }
  }
  const sales: FileSale[] = []
  for (const { lines, ...sale } of drafts.values()) {
    const priced = priceable(sale.ref, lines, policy)
    skippedRows.push(...priced.skipped)
    if (priced.lines.length > 0)
      sales.push({ ...sale, lines: priced.lines.map(({ row: _row, ...line }) => line) })
  }
  return { sales, skippedRows: skippedRows.sort((a, b) => a.row - b.row) }
}

type NumberedLine = LineInput & { readonly row: number }

/** The lines that a till would take, so that one bad row does not hold up all that come after it. */
function priceable(
  ref: string,
  lines: readonly NumberedLine[],
  policy: Policy,
): { lines: readonly NumberedLine[]; skipped: SkippedRow[] } {
  if (faultOf(lines, policy) === undefined) return { lines, skipped: [] }
  const skipped: SkippedRow[] = []
  const good = lines.filter((line) => {
    const reason = faultOf([line], policy)
    if (reason !== undefined) skipped.push({ row: line.row, reason })
    return reason === undefined
  })
  const fault = good.length === 0 ? undefined : faultOf(good, policy)
  if (fault === undefined) return { lines: good, skipped }
  const all = good.map(({ row }) => ({ row, reason: `${ref} cannot be sold: ${fault}` }))
  return { lines: [], skipped: [...skipped, ...all] }
}

function faultOf(lines: readonly LineInput[], policy: Policy): string | undefined {
  try {
    priceBill({ lines }, policy)
    return undefined
  } catch (error) {
    if (error instanceof PricingError) return error.message
    throw error
  }
}

/** Whose sale a row belongs to; or why it belongs to none. */
function saleOf(cells: Cells): Omit<FileSale, 'lines'> | string {
  const ref = cells['InvoiceNo']?.trim() ?? ''
  const date = cells['InvoiceDate']?.trim() || undefined
  const customer = cells['CustomerID']?.trim() || undefined
  if (ref === '') return 'it has no invoice number'
  if (ref.length > LONGEST_TEXT) return `its invoice number has more than ${LONGEST_TEXT} characters`
  if (date && date.length > LONGEST_TEXT) return `its date has more than ${LONGEST_TEXT} characters`
  if (customer && customer.length > LONGEST_REFERENCE)
    return `its customer has more than ${LONGEST_REFERENCE} characters`
  return { ref, type: ref.startsWith('C') ? 'credit-note' : 'invoice', date, customer }
}

/** The row as a line; or why it cannot be sold. A credit note's quantities stand negative in the file. */
function lineOf(
  cells: Cells,
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
  const line = {
    id: `row-${row}`,
    sku,
    name: name === '' ? sku : name,
    quantity: negative ? quantity.slice(1) : quantity,
    price,
    taxes,
  }
  try {
    validate<LineInput>('terminal-api.schema.json#/$defs/SaleLine', line, 'row as a line')
    return line
  } catch (error) {
    return (error as Error).message
  }
}
