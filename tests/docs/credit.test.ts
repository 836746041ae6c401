import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { negate } from '../../src/docs/credit.js'
import { addDecimals } from '../../src/docs/decimal.js'
import { priceBill, type PricedBill } from '../../src/docs/pricing.js'
import { validate } from '../../src/docs/validate.js'
import { bills, lineOf, policies, policyOf, taxesOf } from './priced-bills.js'

/** Every figure of a priced bill by its place, prices and rates excepted: those are not negated. */
function figuresOf({ lines, taxes, totals }: PricedBill): Map<string, number> {
  const figures = new Map<string, number>(Object.entries(totals))
  lines.forEach((line, index) => {
    for (const field of ['gross', 'discount', 'billDiscount', 'taxable', 'total'] as const) {
      const figure = line[field]
      if (figure !== undefined) figures.set(`line ${index} ${field}`, figure)
    }
    for (const { name, minor } of line.taxes ?? []) figures.set(`line ${index} ${name}`, minor)
  })
  for (const { name, rate, taxable, minor } of taxes) {
    figures.set(`${name}:${rate} taxable`, taxable)
    figures.set(`${name}:${rate}`, minor)
  }
  return figures
}

/** The places of an invoice that a credit note for all of it does not cancel; empty for a right one. */
function notCancelled(priced: PricedBill, note: PricedBill): string[] {
  const [sold, returned] = [figuresOf(priced), figuresOf(note)]
  const figures = [...sold].filter(([place, figure]) => {
    const other = returned.get(place) ?? Number.NaN
    return figure + other !== 0 || Object.is(other, -0)
  })
  const quantities = priced.lines.filter(
    ({ quantity }, index) => addDecimals(quantity, note.lines[index]?.quantity ?? '0') !== '0',
  )
  const extra = [...returned.keys()].filter((place) => !sold.has(place))
  return [...figures.map(([place]) => place), ...quantities.map(({ id }) => `quantity of ${id}`), ...extra]
}

describe('negate', () => {
  it('turns an invoice into its credit note', () => {
    const line = lineOf({
      quantity: '1.5',
      price: { minor: 1000 },
      discount: { minor: 100 },
      taxes: taxesOf(['VAT', '20']),
    })
    const note = negate(
      priceBill({ lines: [line], discount: { minor: 150 } }, policyOf({ payableStep: 100 })),
    )
    expect(note).toStrictEqual({
      lines: [
        {
          id: 'l1',
          sku: 'TEA',
          name: 'Tea',
          quantity: '-1.5',
          price: { minor: 1000 },
          gross: -1500,
          discount: -100,
          billDiscount: -150,
          taxable: -1250,
          taxes: [{ name: 'VAT', rate: '20', minor: -250 }],
          total: -1500,
        },
      ],
      taxes: [{ name: 'VAT', rate: '20', taxable: -1250, minor: -250 }],
      totals: {
        gross: -1500,
        discount: -250,
        taxable: -1250,
        tax: -250,
        total: -1500,
        roundOff: 0,
        payable: -1500,
      },
    })
  })

  it('cancels every figure of the invoice to zero, without a −0', () => {
    fc.assert(
      fc.property(bills, policies, (input, policy) => {
        const priced = priceBill(input, policy)
        expect(notCancelled(priced, negate(priced))).toStrictEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('is judged by a property that rejects a careless one', () => {
    const withMinusZero = (priced: PricedBill): PricedBill => {
      const note = negate(priced)
      return { ...note, totals: { ...note.totals, roundOff: -priced.totals.roundOff } }
    }
    const forgetsTaxes = (priced: PricedBill): PricedBill => ({ ...negate(priced), taxes: priced.taxes })
    const keepsQuantities = (priced: PricedBill): PricedBill => ({
      ...negate(priced),
      lines: negate(priced).lines.map((line, index) => ({
        ...line,
        quantity: priced.lines[index]?.quantity ?? '0',
      })),
    })
    const rejected = (credit: (priced: PricedBill) => PricedBill): boolean =>
      fc.check(
        fc.property(bills, policies, (input, policy) => {
          const priced = priceBill(input, policy)
          return notCancelled(priced, credit(priced)).length === 0
        }),
        { numRuns: 500, seed: 5 },
      ).failed
    expect([withMinusZero, forgetsTaxes, keepsQuantities].map(rejected)).toStrictEqual([true, true, true])
    expect(rejected(negate)).toBe(false)
  })

  it('is undone by itself, keeps the shapes of the schema, and leaves the invoice as it was', () => {
    fc.assert(
      fc.property(bills, policies, (input, policy) => {
        const priced = priceBill(input, policy)
        const before = structuredClone(priced)
        const note = negate(priced)
        expect(negate(note)).toStrictEqual(before)
        expect(priced).toStrictEqual(before)
        for (const line of note.lines) validate('record.schema.json#/$defs/SealedLine', line, 'line')
        for (const group of note.taxes) validate('record.schema.json#/$defs/TaxGroup', group, 'tax')
        validate('record.schema.json#/$defs/Totals', note.totals, 'totals')
      }),
    )
  })
})
