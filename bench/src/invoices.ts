import { Random } from './random.js'
import { itemAt } from './items.js'
import { salesFileInvoices } from './sales-file.js'

/** Which invoices: the same for the same figures, in every process. */
export interface InvoiceSpec {
  /** Of the generator; `real` for the sales of examples/online-retail.csv, again and again. */
  readonly seed: number | 'real'
  /** Place of the first one, from 0. */
  readonly from: number
  readonly count: number
  /** Invoices of one business day: with place `dayFrom` the first day begins. */
  readonly perDay: number
  /** Place that is the first of the first day. Without it 0. */
  readonly dayFrom?: number
}

export interface InvoiceLine {
  readonly sku: string
  readonly name: string
  /** A decimal, such as `2` or `0.75`. */
  readonly qty: string
  /** Minor units for one, without tax. */
  readonly price: number
  /** Percent; half of it each to the centre (CGST) and the state (SGST), each rounded by itself. */
  readonly tax: number
  /** Minor units, with tax. */
  readonly total: number
}

/** All lines with one rate, in minor units. */
export interface InvoiceTax {
  readonly rate: number
  readonly taxable: number
  readonly cgst: number
  readonly sgst: number
}

export interface InvoiceTender {
  readonly type: 'cash' | 'card' | 'other'
  /** What an `other` tender is. */
  readonly name?: string
  readonly minor: number
  readonly reference?: string
}

/** An invoice as a store without signatures would keep it: 0.6 to 1.5 KB of JSON. Amounts in minor units. */
export interface Invoice {
  readonly id: string
  readonly seller: { readonly name: string; readonly address: string; readonly taxId: string }
  readonly currency: string
  /** Business day, YYYY-MM-DD, in UTC. */
  readonly day: string
  /** When it was made, ISO 8601 with milliseconds. */
  readonly at: string
  readonly cashier: string
  readonly customer?: { readonly name: string; readonly reference: string }
  readonly lines: readonly InvoiceLine[]
  readonly taxes: readonly InvoiceTax[]
  readonly totals: { readonly taxable: number; readonly tax: number; readonly payable: number }
  readonly tenders: readonly InvoiceTender[]
}

export const SELLER = {
  name: 'Main Street Stores',
  address:
    '14 Main Street, Pune 411001, Maharashtra (27), phone +91 20 5550 0142. Goods are exchanged within 7 days with this bill.',
  taxId: '27AAPFU0939F1ZV',
}
export const CURRENCY = 'INR'

const CASHIERS = ['Asha Kulkarni', 'Ravi Deshmukh', 'Meera Joshi', 'Imran Shaikh']
const CUSTOMERS = ['Lakshmi Traders', 'Joshi Canteen', 'Sunrise School', 'Patil & Sons', 'Hotel Gomti']
const INVOICE_STREAM = 3
const ITEMS = 5_000
/** Of the JSON of a generated invoice: the shortest bills are of a known customer, the longest have a line less. */
const LEAST_BYTES = 600
const MOST_BYTES = 1_500

/** 2024-04-01: a financial year begins, and no clock shows an earlier day. */
const FIRST_DAY_MS = Date.UTC(2024, 3, 1)
const DAY_MS = 86_400_000
const OPENS_MS = 9 * 3_600_000
const OPEN_FOR_MS = 11 * 3_600_000

/** The invoices of a spec, in order. */
export function* invoicesOf(spec: InvoiceSpec): Generator<Invoice> {
  const { seed, from, count, perDay, dayFrom = 0 } = spec
  for (let place = from; place < from + count; place += 1) {
    const at = new Date(timeOf(place - dayFrom, perDay))
    yield seed === 'real' ? realInvoice(place, at) : generatedInvoice(seed, place, at)
  }
}

/** When the business day of a place begins, before its first invoice: milliseconds since 1970. */
export function dayBegins(place: number, perDay: number): number {
  return FIRST_DAY_MS + Math.floor(place / perDay) * DAY_MS + OPENS_MS
}

function timeOf(place: number, perDay: number): number {
  return dayBegins(place, perDay) + Math.floor(((place % perDay) / perDay) * OPEN_FOR_MS)
}

interface Sold {
  readonly sku: string
  readonly name: string
  readonly quantity: string
  readonly price: number
  readonly tax: number
}

interface Content {
  readonly id: string
  readonly at: Date
  readonly cashier: string
  readonly customer?: Invoice['customer']
  readonly sold: readonly Sold[]
  readonly tender: (minor: number) => InvoiceTender
}

function generatedInvoice(seed: number, place: number, at: Date): Invoice {
  const random = new Random(seed, INVOICE_STREAM, place)
  // Most bills are short.
  const count = Math.min(random.between(1, 10), random.between(3, 10))
  const sold = Array.from({ length: count }, () => {
    const { sku, name, price, tax, unit } = itemAt(seed, random.below(ITEMS))
    const quantity =
      unit === 'kg' && random.chance(50)
        ? `${random.below(3)}.${random.between(1, 9)}`
        : `${random.between(1, 4)}`
    return { sku, name, quantity, price, tax }
  })
  const customer = { name: random.pick(CUSTOMERS), reference: `C-${random.between(1000, 9999)}` }
  const content = {
    id: idOf(seed, place),
    at,
    cashier: random.pick(CASHIERS),
    sold,
    tender: tenderBy(random),
  }
  const known = random.chance(20)
  let invoice = invoiceOf(known ? { ...content, customer } : content)
  if (sizeOf(invoice) < LEAST_BYTES) invoice = invoiceOf({ ...content, customer })
  while (sizeOf(invoice) > MOST_BYTES) {
    sold.pop()
    invoice = invoiceOf(known ? { ...content, customer } : content)
  }
  return invoice
}

function sizeOf(invoice: Invoice): number {
  return JSON.stringify(invoice).length
}

function tenderBy(random: Random): Content['tender'] {
  const reference = String(random.between(10_000_000, 99_999_999))
  const kind = random.below(10)
  if (kind < 4) return (minor) => ({ type: 'cash', minor })
  if (kind < 6) return (minor) => ({ type: 'card', minor, reference })
  return (minor) => ({ type: 'other', name: 'UPI', minor, reference })
}

function realInvoice(place: number, at: Date): Invoice {
  const sales = salesFileInvoices()
  const sale = sales[place % sales.length]
  if (!sale) throw new Error('The sales file holds no invoices')
  return invoiceOf({
    // The file may be gone through more than once.
    id: `${sale.ref}-${Math.floor(place / sales.length)}`,
    at,
    cashier: CASHIERS[0] ?? '',
    ...(sale.customer === undefined
      ? {}
      : { customer: { name: `Account ${sale.customer}`, reference: sale.customer } }),
    sold: sale.lines.map((line) => ({ ...line, tax: 0 })),
    tender: (minor) => ({ type: 'other', name: 'Account', minor }),
  })
}

export function idOf(seed: number, place: number): string {
  return `S${seed}-${String(place).padStart(8, '0')}`
}

function invoiceOf({ id, at, cashier, customer, sold, tender }: Content): Invoice {
  const priced = sold.map((line) => ({ ...line, ...amountsOf(line) }))
  const taxes = taxGroups(priced)
  const taxable = priced.reduce((sum, line) => sum + line.taxable, 0)
  const tax = taxes.reduce((sum, { cgst, sgst }) => sum + cgst + sgst, 0)
  return {
    id,
    seller: SELLER,
    currency: CURRENCY,
    day: at.toISOString().slice(0, 10),
    at: at.toISOString(),
    cashier,
    ...(customer ? { customer } : {}),
    lines: priced.map(({ sku, name, quantity: qty, price, tax, taxable, half }) => ({
      sku,
      name,
      qty,
      price,
      tax,
      total: taxable + 2 * half,
    })),
    taxes,
    totals: { taxable, tax, payable: taxable + tax },
    tenders: [tender(taxable + tax)],
  }
}

/** Tax on top, each half rounded by itself, half up: exact in whole numbers, quantities have one decimal at most. */
function amountsOf({ quantity, price, tax }: Sold): { taxable: number; half: number } {
  const tenths = Math.round(Number(quantity) * 10)
  const taxable = Math.floor((tenths * price + 5) / 10)
  return { taxable, half: Math.floor((taxable * tax + 100) / 200) }
}

function taxGroups(
  lines: readonly (Sold & { readonly taxable: number; readonly half: number })[],
): InvoiceTax[] {
  const groups = new Map<number, InvoiceTax>()
  for (const { tax: rate, taxable, half } of lines) {
    if (rate === 0) continue
    const group = groups.get(rate) ?? { rate, taxable: 0, cgst: 0, sgst: 0 }
    groups.set(rate, {
      rate,
      taxable: group.taxable + taxable,
      cgst: group.cgst + half,
      sgst: group.sgst + half,
    })
  }
  return [...groups.values()]
}
