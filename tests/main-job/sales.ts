import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { ExportedInvoice } from '../../src/docs/generated/types.js'

/*
 * What a sales file comes to, counted here from its bytes with arithmetic of its own: nothing of the product is asked.
 */

/** The sales of a UK online retailer, 1 to 5 December 2010. */
export const SALES_FILE = fileURLToPath(new URL('../../examples/online-retail.csv', import.meta.url))

/** One line for each invoice or credit note: reference, type, lines, total in minor units. */
export type SaleFigures = readonly [ref: string, type: string, lines: number, minor: number]

export interface Reconciliation {
  /** By reference. */
  readonly sales: readonly SaleFigures[]
  readonly invoices: number
  readonly creditNotes: number
  /** Of all sales, in minor units. */
  readonly minor: number
  readonly skippedRows: readonly { readonly row: number; readonly reason: string }[]
  /** Pieces sold less pieces that came back, by SKU. */
  readonly sold: ReadonlyMap<string, number>
}

/** A sales file as its header and its rows, each a whole record with its line end. */
export interface SalesRows {
  readonly header: string
  readonly rows: readonly string[]
}

export async function readRows(path: string): Promise<SalesRows> {
  // A line end within quotes would break a row apart; there is none in this file, and the count of cells would tell.
  const [header = '', ...rows] = (await readFile(path, 'utf8')).split(/(?<=\n)/)
  return { header, rows }
}

export async function writeRows(path: string, { header, rows }: SalesRows): Promise<string> {
  await writeFile(path, header + rows.join(''))
  return path
}

const refOf = (row: string): string => row.slice(0, row.indexOf(','))

/** The first sales of a file, so many invoices and credit notes. */
export function firstSales({ header, rows }: SalesRows, count: number): SalesRows {
  // A number all of whose rows are free of charge is no sale.
  const refs = new Set(
    reconcile({ header, rows })
      .inFileOrder.slice(0, count)
      .map(([ref]) => ref),
  )
  return { header, rows: rows.filter((row) => refs.has(refOf(row))) }
}

/** Two halves with different invoices: every other number of the file goes into the second. */
export function halves({ header, rows }: SalesRows): [SalesRows, SalesRows] {
  const refs = [...new Set(rows.map(refOf))]
  const second = new Set(refs.filter((_, index) => index % 2 === 1))
  return [
    { header, rows: rows.filter((row) => !second.has(refOf(row))) },
    { header, rows: rows.filter((row) => second.has(refOf(row))) },
  ]
}

const HEADER = 'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'
/** RFC 4180: a cell is quoted, with doubled quotes inside, or holds no quote and no comma. */
const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?:,|\r?\n|$)/y

function cellsOf(row: string): string[] {
  const cells: string[] = []
  CELL.lastIndex = 0
  while (CELL.lastIndex < row.length) {
    const match = CELL.exec(row)
    if (!match) throw new Error(`This is no row of a CSV file: ${row}`)
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
  }
  return cells
}

/** The price times the quantity in minor units of two digits, rounded once, half away from zero. */
function amountOf(price: string, quantity: number): number {
  const [whole = '', fraction = ''] = price.split('.')
  const scale = 10n ** BigInt(fraction.length)
  const product = BigInt(whole + fraction) * BigInt(Math.abs(quantity)) * 100n
  return Number((2n * product + scale) / (2n * scale)) * Math.sign(quantity)
}

export function reconcile({ header, rows }: SalesRows): Reconciliation & { inFileOrder: SaleFigures[] } {
  if (header.trim() !== HEADER) throw new Error(`The file has other columns: ${header}`)
  const sales = new Map<string, { type: string; lines: number; minor: number }>()
  const skippedRows: { row: number; reason: string }[] = []
  const sold = new Map<string, number>()
  for (const [index, row] of rows.entries()) {
    const cells = cellsOf(row)
    const [ref = '', sku = '', description = '', quantityText = '', , price = ''] = cells
    if (Number(price) === 0) {
      skippedRows.push({ row: index + 2, reason: 'its price is zero' })
      continue
    }
    const quantity = Number(quantityText)
    const type = ref.startsWith('C') ? 'credit-note' : 'invoice'
    // The file's only rows that cannot be sold are the free ones; another kind has to be counted before it is used.
    const usual =
      cells.length === 8 &&
      sku !== '' &&
      description !== '' &&
      /^\d+\.\d+$/.test(price) &&
      Number.isInteger(quantity) &&
      (type === 'invoice' ? quantity > 0 : quantity < 0)
    if (!usual) throw new Error(`Row ${index + 2} is of a kind that is not counted here: ${row}`)
    const sale = sales.get(ref) ?? { type, lines: 0, minor: 0 }
    sales.set(ref, { type, lines: sale.lines + 1, minor: sale.minor + amountOf(price, quantity) })
    sold.set(sku, (sold.get(sku) ?? 0) + quantity)
  }
  const inFileOrder = [...sales].map(([ref, { type, lines, minor }]): SaleFigures => [
    ref,
    type,
    lines,
    minor,
  ])
  const countOf = (wanted: string): number => inFileOrder.filter(([, type]) => type === wanted).length
  return {
    inFileOrder,
    sales: inFileOrder.toSorted(byRef),
    invoices: countOf('invoice'),
    creditNotes: countOf('credit-note'),
    minor: inFileOrder.reduce((sum, [, , , minor]) => sum + minor, 0),
    skippedRows,
    sold,
  }
}

function byRef([a]: SaleFigures, [b]: SaleFigures): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** What an export comes to, to be held against {@link Reconciliation.sales}; a sale that is there twice is here twice. */
export function salesOf(exported: readonly ExportedInvoice[]): SaleFigures[] {
  return exported
    .map(({ externalRef, type, lines, total }): SaleFigures => [
      externalRef ?? '',
      type,
      lines.length,
      total.minor,
    ])
    .toSorted(byRef)
}

/** Numbers that are missing from or doubled in a run from 1, by series; empty when each series is as it must be (N1). */
export function faultsOfNumbers(numbers: readonly string[]): string[] {
  const bySeries = new Map<string, number[]>()
  for (const number of numbers) {
    const [, series = '', sequence = ''] = /^(.*\/C?)(\d+)$/.exec(number) ?? []
    bySeries.set(series, [...(bySeries.get(series) ?? []), Number(sequence)])
  }
  const faults: string[] = []
  for (const [series, found] of bySeries) {
    const sorted = found.toSorted((a, b) => a - b)
    const wrong = sorted.findIndex((sequence, index) => sequence !== index + 1)
    if (wrong >= 0) faults.push(`${series}: ${sorted[wrong]} stands where ${wrong + 1} is expected`)
  }
  return faults
}
