import { describe, expect, it } from 'vitest'
import type { Discount, Policy, Price, TaxComponent } from '../../src/docs/generated/types.js'
import {
  AmountTooLarge,
  BadDiscount,
  BadPrice,
  BadQuantity,
  BadTax,
  BillTooLarge,
  DiscountTooLarge,
  EmptyBill,
  priceBill,
  PricingError,
  type BillInput,
  type LineInput,
} from '../../src/docs/pricing.js'
import { GST18, lineOf, numbered, policyOf, taxesOf } from './priced-bills.js'

describe('bills that cannot be priced', () => {
  const thrown = (input: BillInput, policy: Policy = policyOf()): PricingError => {
    try {
      priceBill(input, policy)
    } catch (error) {
      if (error instanceof PricingError) return error
      throw error
    }
    throw new Error('The bill was priced.')
  }
  /** The second of two lines is at fault, so that the error has to find it. */
  const second = (change: Partial<LineInput>): BillInput => ({ lines: numbered({}, change) })

  it('has no lines', () => {
    const error = thrown({ lines: [] })
    expect(error).toBeInstanceOf(EmptyBill)
    expect(error.name).toBe('EmptyBill')
    expect(error.message).toMatch(/Add an item/)
  })

  it.each(['0', '-1', '10000000', '1.50', '01', '', 'two', '1e3', ' 1', '0.0000001', '1000000000000'])(
    'quantity %j',
    (quantity) => {
      const error = thrown(second({ quantity }))
      expect(error).toBeInstanceOf(BadQuantity)
      expect(error).toMatchObject({ name: 'BadQuantity', line: 'l2', quantity })
      expect(error.message).toMatch(/Line "l2".*above 0.*credit note/)
    },
  )

  it.each<Price>([
    { minor: -1 },
    { minor: 0.5 },
    { minor: Number.NaN },
    { minor: 2 ** 53 },
    { minor: 1, per: 0 },
    { minor: 1, per: 1.5 },
    { minor: 1, per: 1_000_001 },
  ])('price %j', (price) => {
    const error = thrown(second({ price }))
    expect(error).toBeInstanceOf(BadPrice)
    expect(error).toMatchObject({ name: 'BadPrice', line: 'l2' })
    expect(error.message).toMatch(/line "l2".*another price/)
  })

  it.each<[string, TaxComponent[]]>([
    ['of a negative rate', taxesOf(['VAT', '-5'])],
    ['of −100 %, which has no tax inside', taxesOf(['VAT', '-100'])],
    ['of more than 100 %', taxesOf(['VAT', '100.5'])],
    ['of a rate not canonical', taxesOf(['VAT', '5.0'])],
    ['named twice', taxesOf(['VAT', '5'], ['VAT', '20'])],
    ['without a name', taxesOf(['', '5'])],
    ['of nine parts', taxesOf(...[...'ABCDEFGHI'].map((name) => [name, '1'] as const))],
  ])('a tax %s', (_, taxes) => {
    const error = thrown(second({ taxes }), policyOf({ pricesIncludeTax: true }))
    expect(error).toBeInstanceOf(BadTax)
    expect(error).toMatchObject({ name: 'BadTax', line: 'l2' })
  })

  it.each<Discount>([
    { minor: -1 },
    { minor: 1.5 },
    { percent: '-5' },
    { percent: '5.0' },
    { percent: 'all' },
  ])('discount %j', (discount) => {
    expect(thrown(second({ discount }))).toMatchObject({ name: 'BadDiscount', line: 'l2' })
    const onBill = thrown({ lines: numbered({}), discount })
    expect(onBill).toBeInstanceOf(BadDiscount)
    expect(onBill.line).toBeUndefined()
    expect(onBill.message).toMatch(/discount of the bill/)
  })

  it('a discount of more than there is to pay', () => {
    const amount = thrown(second({ discount: { minor: 101 } }))
    expect(amount).toBeInstanceOf(DiscountTooLarge)
    expect(amount).toMatchObject({ name: 'DiscountTooLarge', line: 'l2', discount: '1.01' })
    expect(amount.message).toMatch(/line "l2" is 1\.01\. Lower it to 1\.00 or less/)
    expect(thrown(second({ discount: { percent: '100.1' } })).message).toMatch(/100\.1 %.*100 % or less/)
    const lines = numbered({ discount: { minor: 50 } }, {})
    expect(thrown({ lines, discount: { minor: 151 } }).message).toMatch(/of the bill is 1\.51.*1\.50 or less/)
    expect(priceBill({ lines, discount: { minor: 150 } }, policyOf()).totals.payable).toBe(0)
  })

  it.each<[string, BillInput, Partial<Policy>]>([
    ['of one line', second({ quantity: '9999999', price: { minor: 1_000_000_000 } }), {}],
    ['of two lines', { lines: numbered(...[1, 2].map(() => ({ price: { minor: 2 ** 52 } }))) }, {}],
    ['with tax', second({ price: { minor: 2 ** 52 }, taxes: taxesOf(['VAT', '100']) }), {}],
    [
      'after rounding up',
      { lines: [lineOf({ price: { minor: Number.MAX_SAFE_INTEGER } })] },
      { payableStep: 100 },
    ],
  ])('an amount too large to be exact: %s', (_, input, change) => {
    const error = thrown(input, policyOf(change))
    expect(error).toBeInstanceOf(AmountTooLarge)
    expect(error.message).toMatch(/\d{16}.*split the bill/)
  })

  it('names the line whose amount is too large', () => {
    const tooMuch = second({ price: { minor: 2 ** 52 }, taxes: taxesOf(['VAT', '100']) })
    expect(thrown(tooMuch)).toMatchObject({ name: 'AmountTooLarge', line: 'l2', amount: String(2n ** 53n) })
  })

  it('the largest amount that is exact', () => {
    const lines = [lineOf({ price: { minor: Number.MAX_SAFE_INTEGER } })]
    expect(priceBill({ lines }, policyOf()).totals.payable).toBe(Number.MAX_SAFE_INTEGER)
  })

  it('more lines or taxes than a record holds', () => {
    const many = (count: number, taxes: (index: number) => TaxComponent[]): BillInput => ({
      lines: numbered(...Array.from({ length: count }, (_, index) => ({ taxes: taxes(index) }))),
    })
    expect(
      priceBill(
        many(5000, () => GST18),
        policyOf(),
      ).lines,
    ).toHaveLength(5000)
    const lines = thrown(many(5001, () => GST18))
    expect(lines).toBeInstanceOf(BillTooLarge)
    expect(lines.message).toMatch(/5001 lines.*at most 5000.*Split the bill/)
    const distinct = (index: number): TaxComponent[] => taxesOf(['VAT', String(index + 1)])
    expect(priceBill(many(64, distinct), policyOf()).taxes).toHaveLength(64)
    expect(thrown(many(65, distinct)).message).toMatch(/65 different taxes.*at most 64/)
  })
})
