import { SELLER, type Invoice, type InvoiceTax } from '../../invoices.js'
import type { Item } from '../../items.js'
import type { ProductExport, ProductItem, ProductItemEdit, ProductSale } from './product.js'

/** An invoice of the bench as the sale a till is given; the till prices it by itself. */
export function saleOf(invoice: Invoice): ProductSale {
  return {
    by: invoice.cashier,
    externalRef: invoice.id,
    ...(invoice.customer ? { customer: invoice.customer } : {}),
    lines: invoice.lines.map(({ sku, name, qty, price, tax }, place) => ({
      id: `l${place + 1}`,
      sku,
      name,
      quantity: qty,
      price: { minor: price },
      taxes:
        tax === 0
          ? []
          : [
              { name: 'CGST', rate: String(tax / 2) },
              { name: 'SGST', rate: String(tax / 2) },
            ],
    })),
    tenders: invoice.tenders,
  }
}

/** What the relay exports, as the invoice of the bench it was made from. */
export function invoiceFrom(exported: ProductExport): Invoice {
  const { customer, totals } = exported
  return {
    id: exported.externalRef ?? '',
    // The export names the seller nowhere; the records do.
    seller: SELLER,
    currency: exported.total.currency,
    day: exported.day,
    at: exported.sealedAt,
    cashier: exported.by,
    ...(customer?.name !== undefined && customer.reference !== undefined
      ? { customer: { name: customer.name, reference: customer.reference } }
      : {}),
    lines: exported.lines.map(({ sku, name, quantity, price, taxes = [], total }) => ({
      sku,
      name,
      qty: quantity,
      price: price.minor,
      tax: taxes.reduce((sum, { rate }) => sum + Number(rate), 0),
      total,
    })),
    taxes: taxesFrom(exported.taxes),
    totals: { taxable: totals.taxable, tax: totals.tax, payable: totals.payable },
    tenders: exported.tenders,
  }
}

function taxesFrom(groups: ProductExport['taxes']): InvoiceTax[] {
  const halves = (name: string) => groups.filter((group) => group.name === name)
  return halves('CGST').map(({ rate, taxable, minor }) => ({
    rate: 2 * Number(rate),
    taxable,
    cgst: minor,
    sgst: halves('SGST').find((other) => other.rate === rate)?.minor ?? Number.NaN,
  }))
}

export function editOf({ sku, name, price, tax, unit, hsn, barcode }: Item): ProductItemEdit {
  const half = String(tax / 2)
  return {
    sku,
    name,
    price: { minor: price },
    tax: `CGST:${half}+SGST:${half}`,
    unit,
    hsn,
    barcodes: [barcode],
  }
}

export function itemFrom({ sku, name, price, tax, unit = '', hsn = '', barcodes }: ProductItem): Item {
  const rates = tax.split('+').map((part) => Number(part.split(':')[1]))
  return {
    sku,
    name,
    price: price.minor,
    tax: rates.reduce((sum, rate) => sum + rate, 0),
    unit,
    hsn,
    barcode: barcodes.join(' '),
  }
}
