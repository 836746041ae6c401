import type { CreditNoteRecord, Customer, SealedLine, Seller } from '../generated/types.js'
import { formatMinor } from '../money.js'
import type { SaleRecord, SealedRecord } from '../record.js'
import { salesIn } from './sales.js'
import type { About, View } from './view.js'

/**
 * The sales in the shape of the OECD's Standard Audit File for Tax (SAF-T 2.0), with the elements that Portugal's file
 * of sales has. It is shaped like one; it is certified by nobody, and its namespace is our own.
 */
export const saft: View = function* (records, about) {
  yield { name: 'saft.xml', lines: auditFile(records, about) }
}

const NAMESPACE = 'urn:counterfoil:saf-t-shaped:1'

function escapeXml(text: string): string {
  return (
    text
      // XML 1.0 has no way to write these.
      .replaceAll(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  )
}

const element = (name: string, text: string): string => `<${name}>${escapeXml(text)}</${name}>\n`

const optional = (name: string, text: string | undefined): string =>
  text === undefined ? '' : element(name, text)

/** Where a buyer has nothing to be told apart by, all are one: the final consumer. */
function customerId(customer: Customer | undefined): string {
  return customer?.taxId ?? customer?.reference ?? customer?.name ?? 'Consumer'
}

interface Summary {
  seller: Seller | undefined
  currency: string
  first: string
  last: string
  count: number
  debit: number
  credit: number
  minorDigits: number
  readonly customers: Map<string, Customer | undefined>
  readonly products: Map<string, SealedLine>
  readonly taxes: Set<string>
}

function summaryOf(records: Iterable<SealedRecord>): Summary {
  const summary: Summary = {
    seller: undefined,
    currency: 'XXX',
    first: '',
    last: '',
    count: 0,
    debit: 0,
    credit: 0,
    minorDigits: 0,
    customers: new Map(),
    products: new Map(),
    taxes: new Set(),
  }
  for (const { sale } of salesIn(records)) {
    summary.seller = sale.seller
    summary.currency = sale.policy.currency
    summary.minorDigits = sale.policy.minorDigits
    if (summary.first === '' || sale.day < summary.first) summary.first = sale.day
    if (sale.day > summary.last) summary.last = sale.day
    summary.count += 1
    // A sale credits the revenue account, a credit note debits it.
    if (sale.type === 'invoice') summary.credit += sale.totals.taxable
    else summary.debit -= sale.totals.taxable
    summary.customers.set(customerId(sale.customer), sale.customer)
    for (const line of sale.lines) {
      summary.products.set(line.sku, line)
      for (const { name, rate } of line.taxes ?? []) summary.taxes.add(`${name}\t${rate}`)
    }
  }
  return summary
}

function* auditFile(records: Iterable<SealedRecord>, about: About): Generator<string> {
  const summary = summaryOf(records)
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<AuditFile xmlns="${NAMESPACE}">\n`
  yield header(summary, about)
  yield* masterFiles(summary)
  const money = (minor: number): string => formatMinor(minor, summary.minorDigits)
  yield '<SourceDocuments>\n<SalesInvoices>\n'
  yield element('NumberOfEntries', String(summary.count))
  yield element('TotalDebit', money(summary.debit))
  yield element('TotalCredit', money(summary.credit))
  for (const { sale, record } of salesIn(records)) yield invoice(sale, record)
  yield '</SalesInvoices>\n</SourceDocuments>\n</AuditFile>\n'
}

function header({ seller, currency, first, last }: Summary, { from, to }: About): string {
  return [
    '<Header>\n',
    element('AuditFileVersion', '2.0'),
    optional('CompanyID', seller?.id),
    optional('TaxRegistrationNumber', seller?.taxId),
    optional('CompanyName', seller?.name),
    seller?.address === undefined
      ? ''
      : `<CompanyAddress>\n${element('AddressDetail', seller.address)}</CompanyAddress>\n`,
    element('StartDate', from ?? first),
    element('EndDate', to ?? last),
    element('CurrencyCode', currency),
    element('ProductID', 'Counterfoil'),
    element('HeaderComment', 'Shaped like SAF-T. Not certified by any tax authority.'),
    '</Header>\n',
  ].join('')
}

function* masterFiles({ customers, products, taxes }: Summary): Generator<string> {
  yield '<MasterFiles>\n'
  for (const [id, customer] of customers) {
    yield '<Customer>\n'
    yield element('CustomerID', id) + optional('CustomerTaxID', customer?.taxId)
    yield `${element('CompanyName', customer?.name ?? id)}</Customer>\n`
  }
  for (const [sku, { name, hsn }] of products) {
    yield `<Product>\n${element('ProductType', 'P')}${element('ProductCode', sku)}`
    yield `${optional('ProductGroup', hsn)}${element('ProductDescription', name)}</Product>\n`
  }
  yield '<TaxTable>\n'
  for (const entry of taxes) {
    const [name = '', rate = ''] = entry.split('\t')
    yield `<TaxTableEntry>\n${element('TaxType', name)}${element('TaxPercentage', rate)}</TaxTableEntry>\n`
  }
  yield '</TaxTable>\n</MasterFiles>\n'
}

function invoice(sale: SaleRecord, { hash, signature }: SealedRecord): string {
  const money = (minor: number): string => formatMinor(minor, sale.policy.minorDigits)
  const sign = sale.type === 'invoice' ? 1 : -1
  return [
    '<Invoice>\n',
    element('InvoiceNo', sale.number),
    `<DocumentStatus>\n${element('InvoiceStatus', 'N')}${element('InvoiceStatusDate', sale.at)}`,
    `${element('SourceID', sale.by)}</DocumentStatus>\n`,
    element('Hash', hash),
    element('HashControl', signature),
    element('InvoiceDate', sale.day),
    element('InvoiceType', sale.type === 'invoice' ? 'FT' : 'NC'),
    element('SourceID', sale.by),
    element('SystemEntryDate', sale.at),
    element('CustomerID', customerId(sale.customer)),
    ...sale.lines.map((line, index) => lineOf(sale, line, index)),
    '<DocumentTotals>\n',
    element('TaxPayable', money(sign * sale.totals.tax)),
    element('NetTotal', money(sign * sale.totals.taxable)),
    element('GrossTotal', money(sign * sale.totals.total)),
    ...sale.tenders.map(
      ({ type, name, minor }) =>
        `<Payment>\n${element('PaymentMechanism', name ?? type)}${element('PaymentAmount', money(sign * minor))}${element('PaymentDate', sale.day)}</Payment>\n`,
    ),
    '</DocumentTotals>\n</Invoice>\n',
  ].join('')
}

function lineOf(sale: SaleRecord, line: SealedLine, index: number): string {
  const money = (minor: number): string => formatMinor(minor, sale.policy.minorDigits)
  const isInvoice = sale.type === 'invoice'
  const { per } = line.price
  const discount = (line.discount ?? 0) + (line.billDiscount ?? 0)
  return [
    '<Line>\n',
    element('LineNumber', String(index + 1)),
    element('ProductCode', line.sku),
    element('ProductDescription', line.name),
    element('Quantity', line.quantity.replace(/^-/, '')),
    element('UnitOfMeasure', line.unit ?? 'unit'),
    element('UnitPrice', money(line.price.minor)),
    per === undefined ? '' : element('UnitPriceBase', String(per)),
    element('TaxPointDate', sale.day),
    sale.type === 'credit-note' ? references(sale) : '',
    element('Description', line.name),
    element(isInvoice ? 'CreditAmount' : 'DebitAmount', money(isInvoice ? line.taxable : -line.taxable)),
    ...(line.taxes ?? []).map(
      ({ name, rate }) => `<Tax>\n${element('TaxType', name)}${element('TaxPercentage', rate)}</Tax>\n`,
    ),
    discount === 0 ? '' : element('SettlementAmount', money(isInvoice ? discount : -discount)),
    '</Line>\n',
  ].join('')
}

function references({ corrects, reason }: CreditNoteRecord): string {
  const what = 'number' in corrects ? corrects.number : corrects.outside
  return `<References>\n${element('Reference', what)}${optional('Reason', reason)}</References>\n`
}
