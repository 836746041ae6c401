import { csvLine, csvText } from '../csv.js'
import { addDecimals } from '../decimal.js'
import type { SealedLine } from '../generated/types.js'
import { formatMinor } from '../money.js'
import type { SaleRecord, SealedRecord } from '../record.js'
import { parseNumber, seriesPrefix } from '../series.js'
import { salesIn } from './sales.js'
import type { View, ViewFile } from './view.js'

/**
 * Tables 12 (summary by HSN, for recipients with and without a registration apart) and 13 (documents issued) of GSTR-1,
 * in the columns of the GST offline tool. A document of ours is never cancelled; it is corrected by a credit note.
 */
export const gstr1: View = function* (records) {
  yield { name: 'gstr1-documents.csv', lines: documents(records) }
  yield hsnFile('gstr1-hsn-b2b.csv', records, (sale) => sale.customer?.taxId !== undefined)
  yield hsnFile('gstr1-hsn-b2c.csv', records, (sale) => sale.customer?.taxId === undefined)
}

interface Run {
  readonly nature: string
  readonly from: string
  to: string
  total: number
}

function* documents(records: Iterable<SealedRecord>): Generator<string> {
  const runs = new Map<string, Run>()
  for (const { sale } of salesIn(records)) {
    const { number, type } = sale
    const parsed = parseNumber(number)
    const series = parsed ? seriesPrefix(parsed) : number
    const run = runs.get(series)
    if (run) {
      run.to = number
      run.total += 1
    } else {
      const nature = type === 'invoice' ? 'Invoices for outward supply' : 'Credit Note'
      runs.set(series, { nature, from: number, to: number, total: 1 })
    }
  }
  yield csvLine([
    'Nature of Document',
    'Sr. No. From',
    'Sr. No. To',
    'Total Number',
    'Cancelled',
    'Net Issued',
  ])
  for (const { nature, from, to, total } of runs.values())
    yield csvLine([nature, from, to, String(total), '0', String(total)])
}

const HSN_COLUMNS = [
  'HSN',
  'Description',
  'UQC',
  'Total Quantity',
  'Total Value',
  'Rate',
  'Taxable Value',
  'Integrated Tax Amount',
  'Central Tax Amount',
  'State/UT Tax Amount',
  'Cess Amount',
]

interface HsnRow {
  readonly hsn: string
  readonly uqc: string
  readonly rate: string
  readonly minorDigits: number
  quantity: string
  total: number
  taxable: number
  readonly taxes: Record<Component, number>
}

type Component = 'integrated' | 'central' | 'state' | 'cess'

/** How shops call the components of GST; what is none of them is in no column and named in the docs. */
const COMPONENTS: ReadonlyMap<string, Component> = new Map([
  ['IGST', 'integrated'],
  ['CGST', 'central'],
  ['SGST', 'state'],
  ['UTGST', 'state'],
  ['CESS', 'cess'],
])

function hsnFile(
  name: string,
  records: Iterable<SealedRecord>,
  wanted: (sale: SaleRecord) => boolean,
): ViewFile {
  return { name, lines: hsnLines(records, wanted) }
}

function* hsnLines(
  records: Iterable<SealedRecord>,
  wanted: (sale: SaleRecord) => boolean,
): Generator<string> {
  const rows = new Map<string, HsnRow>()
  for (const { sale } of salesIn(records)) {
    if (!wanted(sale)) continue
    for (const line of sale.lines) addTo(rows, line, sale.policy.minorDigits)
  }
  yield csvLine(HSN_COLUMNS)
  const keys = [...rows.keys()].sort()
  for (const row of keys.map((key) => rows.get(key))) if (row) yield csvLine(cellsOf(row))
}

function addTo(rows: Map<string, HsnRow>, line: SealedLine, minorDigits: number): void {
  const rate = (line.taxes ?? [])
    .filter(({ name }) => COMPONENTS.get(name.toUpperCase()) !== 'cess')
    .reduce((sum, tax) => addDecimals(sum, tax.rate), '0')
  const [hsn, uqc] = [line.hsn ?? '', uqcOf(line.unit)]
  const key = `${hsn}\t${uqc}\t${rate.padStart(20)}`
  let row = rows.get(key)
  if (!row) {
    const taxes = { integrated: 0, central: 0, state: 0, cess: 0 }
    row = { hsn, uqc, rate, minorDigits, quantity: '0', total: 0, taxable: 0, taxes }
    rows.set(key, row)
  }
  row.quantity = addDecimals(row.quantity, line.quantity)
  row.total += line.total
  row.taxable += line.taxable
  for (const { name, minor } of line.taxes ?? []) {
    const component = COMPONENTS.get(name.toUpperCase())
    if (component) row.taxes[component] += minor
  }
}

function cellsOf({ hsn, uqc, rate, minorDigits, quantity, total, taxable, taxes }: HsnRow): string[] {
  const money = (minor: number): string => formatMinor(minor, minorDigits)
  const { integrated, central, state, cess } = taxes
  const amounts = [integrated, central, state, cess].map(money)
  return [csvText(hsn), '', csvText(uqc), quantity, money(total), rate, money(taxable), ...amounts]
}

/** Unit quantity codes of the GST portal that shops use; any other unit is OTH-OTHERS. */
const UQC: ReadonlyMap<string, string> = new Map([
  ['BAG', 'BAG-BAGS'],
  ['BOX', 'BOX-BOX'],
  ['BTL', 'BTL-BOTTLES'],
  ['CAN', 'CAN-CANS'],
  ['CTN', 'CTN-CARTONS'],
  ['DOZ', 'DOZ-DOZENS'],
  ['G', 'GMS-GRAMMES'],
  ['GMS', 'GMS-GRAMMES'],
  ['KG', 'KGS-KILOGRAMS'],
  ['KGS', 'KGS-KILOGRAMS'],
  ['L', 'LTR-LITRES'],
  ['LTR', 'LTR-LITRES'],
  ['M', 'MTR-METERS'],
  ['ML', 'MLT-MILILITRE'],
  ['MTR', 'MTR-METERS'],
  ['NOS', 'NOS-NUMBERS'],
  ['PAC', 'PAC-PACKS'],
  ['PCS', 'PCS-PIECES'],
  ['PRS', 'PRS-PAIRS'],
  ['SET', 'SET-SETS'],
])

function uqcOf(unit: string | undefined): string {
  return unit === undefined ? 'NOS-NUMBERS' : (UQC.get(unit.toUpperCase()) ?? 'OTH-OTHERS')
}
