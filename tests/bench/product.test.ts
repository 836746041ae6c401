import { expect, test } from 'vitest'
import type {
  ProductAgent,
  ProductExport,
  ProductItem,
  ProductSale,
} from '../../bench/src/contestants/counterfoil/product.js'
import { invoiceFrom, itemFrom, editOf, saleOf } from '../../bench/src/contestants/counterfoil/mapping.js'
import { digestOf } from '../../bench/src/digest.js'
import { invoicesOf } from '../../bench/src/invoices.js'
import { itemAt } from '../../bench/src/items.js'
import type { Item } from '../../src/docs/catalogue.js'
import type { ExportedInvoice } from '../../src/docs/generated/types.js'
import type { Agent } from '../../src/terminal/agent.js'
import type { Sale } from '../../src/terminal/till.js'

/** The bench loads the product as it was built, without its types: these lines fail to compile where they drift apart. */
export type AgentFits = Fits<Agent, ProductAgent>
export type SaleFits = Fits<ProductSale, Sale>
export type ExportFits = Fits<ExportedInvoice, ProductExport>
export type ItemFits = Fits<Item, ProductItem>
type Fits<A extends B, B> = [A, B]

test('an item goes to the product and comes back as it was', () => {
  const item = itemAt(7, 12)
  const { name, price, tax, unit, hsn, barcodes, sku } = editOf(item)
  expect(itemFrom({ sku, name, price, tax, unit, hsn, barcodes })).toEqual(item)
})

test('an invoice that differs from what was sold has another digest', () => {
  const [invoice] = invoicesOf({ seed: 7, from: 3, count: 1, perDay: 300 })
  if (!invoice) throw new Error('none was made')
  const { lines, tenders, externalRef, by, customer } = saleOf(invoice)
  const exported: ProductExport = {
    type: 'invoice',
    day: invoice.day,
    sealedAt: invoice.at,
    by,
    externalRef,
    ...(customer ? { customer } : {}),
    total: { minor: invoice.totals.payable, currency: 'INR' },
    totals: invoice.totals,
    taxes: invoice.taxes.flatMap(({ rate, taxable, cgst, sgst }) => [
      { name: 'CGST', rate: String(rate / 2), taxable, minor: cgst },
      { name: 'SGST', rate: String(rate / 2), taxable, minor: sgst },
    ]),
    lines: lines.map((line, place) => ({ ...line, total: invoice.lines[place]?.total ?? 0 })),
    tenders,
    custody: 'receipted',
  }
  expect(digestOf(invoiceFrom(exported))).toBe(digestOf(invoice))
  expect(digestOf(invoiceFrom({ ...exported, by: 'somebody else' }))).not.toBe(digestOf(invoice))
})
