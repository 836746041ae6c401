import { describe, expect, test } from 'vitest'
import { saleOf } from '../../bench/src/contestants/counterfoil/mapping.js'
import { digestOf } from '../../bench/src/digest.js'
import { dayBegins, invoicesOf, type Invoice } from '../../bench/src/invoices.js'
import { catalogueOf, priceChangesOf } from '../../bench/src/items.js'
import { salesFileInvoices } from '../../bench/src/sales-file.js'
import type { Policy } from '../../src/docs/generated/types.js'
import { priceBill } from '../../src/docs/pricing.js'

const POLICY: Policy = {
  version: 1,
  currency: 'INR',
  minorDigits: 2,
  pricesIncludeTax: false,
  rounding: 'line',
  payableStep: 1,
}

function some(count: number, from = 0, seed = 7): Invoice[] {
  return [...invoicesOf({ seed, from, count, perDay: 300 })]
}

describe('the invoices of the bench', () => {
  test('are 0.6 to 1.5 KB of JSON with 1 to 10 lines', () => {
    const invoices = some(5_000)
    const sizes = invoices.map((invoice) => Buffer.byteLength(JSON.stringify(invoice)))
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(600)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1_500)
    expect(new Set(invoices.map(({ lines }) => lines.length))).toEqual(
      new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
    )
    expect(new Set(invoices.map(({ id }) => id)).size).toBe(5_000)
  })

  test('are the same for the same seed, wherever one begins, and others for another', () => {
    expect(some(10, 990)).toEqual(some(1_000).slice(990))
    expect(digestOf(some(1)[0] as Invoice)).not.toBe(digestOf(some(1, 0, 8)[0] as Invoice))
  })

  test('come to what the product comes to', () => {
    for (const invoice of [...some(300), ...invoicesOf({ seed: 'real', from: 0, count: 100, perDay: 300 })]) {
      const { totals, lines } = priceBill(saleOf(invoice), POLICY)
      expect(invoice.totals).toEqual({ taxable: totals.taxable, tax: totals.tax, payable: totals.payable })
      expect(invoice.lines.map(({ total }) => total)).toEqual(lines.map(({ total }) => total))
    }
  })

  test('fill their days, and stay in them', () => {
    const invoices = some(601)
    expect(new Set(invoices.map(({ day }) => day))).toEqual(
      new Set(['2024-04-01', '2024-04-02', '2024-04-03']),
    )
    expect(invoices.map(({ at }) => at)).toEqual(invoices.map(({ at }) => at).toSorted())
    expect(Date.parse(invoices[300]?.at ?? '')).toBe(dayBegins(300, 300))
  })

  test('of the real sales file are its invoices, and go round with ids of their own', () => {
    const file = salesFileInvoices()
    expect(file.length).toBeGreaterThan(400)
    const twice = [...invoicesOf({ seed: 'real', from: 0, count: 2 * file.length, perDay: 300 })]
    expect(new Set(twice.map(({ id }) => id)).size).toBe(2 * file.length)
    expect(twice[0]?.lines[0]).toMatchObject({ sku: '85123A', qty: '6', price: 255, total: 1530 })
  })

  test('have digests that do not hang on the order of fields', () => {
    const [invoice] = some(1)
    if (!invoice) throw new Error('none was made')
    const turned = Object.fromEntries(Object.entries(invoice).reverse()) as unknown as Invoice
    expect(digestOf(turned)).toBe(digestOf(invoice))
  })
})

test('a catalogue changes one price in a hundred', () => {
  const before = [...catalogueOf({ seed: 7, items: 1_000, revision: 0 })]
  const after = [...catalogueOf({ seed: 7, items: 1_000, revision: 1 })]
  const changed = after.filter((item, place) => item.price !== before[place]?.price)
  expect(changed).toHaveLength(10)
  expect([...priceChangesOf({ seed: 7, items: 1_000 })]).toEqual(changed)
})
