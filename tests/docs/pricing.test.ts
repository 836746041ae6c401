import { describe, expect, it } from 'vitest'
import { toMinor } from '../../src/docs/decimal.js'
import { priceBill, type PricedBill } from '../../src/docs/pricing.js'
import { GST18, lineOf, numbered, policyOf, ROUNDINGS, taxesOf } from './priced-bills.js'

const taxesByLine = ({ lines }: PricedBill): number[][] =>
  lines.map(({ taxes = [] }) => taxes.map(({ minor }) => minor))

describe('vectors worked by hand', () => {
  it.each(ROUNDINGS)(
    '54,670.00 with 18 %% on top, half and half, payable in whole rupees (%s)',
    (rounding) => {
      const lines = [lineOf({ price: { minor: 5_467_000 }, taxes: GST18 })]
      expect(priceBill({ lines }, policyOf({ rounding, payableStep: 100 }))).toStrictEqual({
        lines: [
          {
            id: 'l1',
            sku: 'TEA',
            name: 'Tea',
            quantity: '1',
            price: { minor: 5_467_000 },
            gross: 5_467_000,
            taxable: 5_467_000,
            taxes: [
              { name: 'CGST', rate: '9', minor: 492_030 },
              { name: 'SGST', rate: '9', minor: 492_030 },
            ],
            total: 6_451_060,
          },
        ],
        taxes: [
          { name: 'CGST', rate: '9', taxable: 5_467_000, minor: 492_030 },
          { name: 'SGST', rate: '9', taxable: 5_467_000, minor: 492_030 },
        ],
        totals: {
          gross: 5_467_000,
          discount: 0,
          taxable: 5_467_000,
          tax: 984_060,
          total: 6_451_060,
          roundOff: 40,
          payable: 6_451_100,
        },
      })
    },
  )

  it.each(ROUNDINGS)('54,670.00 with the same tax inside (%s)', (rounding) => {
    // 5467000 × 9 / 118 = 416974.576…
    const lines = [lineOf({ price: { minor: 5_467_000 }, taxes: GST18 })]
    const priced = priceBill({ lines }, policyOf({ rounding, pricesIncludeTax: true, payableStep: 100 }))
    expect(taxesByLine(priced)).toStrictEqual([[416_975, 416_975]])
    expect(priced.totals).toStrictEqual({
      gross: 5_467_000,
      discount: 0,
      taxable: 4_633_050,
      tax: 833_950,
      total: 5_467_000,
      roundOff: 0,
      payable: 5_467_000,
    })
  })

  it.each([
    ['line', 39, [[1], [1], [1], [1]], [3, 1]],
    ['rate-group', 38, [[1], [1], [0], [1]], [2, 1]],
    ['document', 37, [[1], [1], [0], [0]], [2, 0]],
  ] as const)('one bill, three totals: rounded per %s it is %i', (rounding, total, byLine, byGroup) => {
    // Exact taxes 0.5, 0.5, 0.5 at 5 %, and 0.5 at 10 %: 4 × 1; 2 + 1; 2.
    const [five, ten] = [taxesOf(['VAT', '5']), taxesOf(['VAT', '10'])]
    const lines = numbered(...[1, 2, 3].map(() => ({ price: { minor: 10 }, taxes: five })), {
      price: { minor: 5 },
      taxes: ten,
    })
    const priced = priceBill({ lines }, policyOf({ rounding }))
    expect(priced.totals.total).toBe(total)
    expect(taxesByLine(priced)).toStrictEqual(byLine)
    expect(priced.taxes.map(({ rate, minor }) => [rate, minor])).toStrictEqual([
      ['5', byGroup[0]],
      ['10', byGroup[1]],
    ])
  })

  it.each([
    ['line', 4, 6],
    ['rate-group', 3, 7],
    ['document', 2, 8],
  ] as const)('prices with tax: rounded per %s, %i of 10 is tax', (rounding, tax, taxable) => {
    // Exact taxes 3 × 0.6 inside at 25 %, and 0.5 inside at 100 %: 4 × 1; 2 + 1; round(2.3).
    const lines = numbered(...[1, 2, 3].map(() => ({ price: { minor: 3 }, taxes: taxesOf(['VAT', '25']) })), {
      price: { minor: 1 },
      taxes: taxesOf(['VAT', '100']),
    })
    const { totals } = priceBill({ lines }, policyOf({ rounding, pricesIncludeTax: true }))
    expect(totals).toMatchObject({ taxable, tax, total: 10 })
  })

  it('rounding over the document takes no tax from a group of many small lines', () => {
    // Exact 3 × 0.4 and 2 × 0.6, together 2.4: each group is 1.2, although both 0.6 lost more than any 0.4.
    const lines = numbered(
      ...[1, 2, 3].map(() => ({ price: { minor: 1 }, taxes: taxesOf(['VAT', '40']) })),
      ...[4, 5].map(() => ({ price: { minor: 1 }, taxes: taxesOf(['VAT', '60']) })),
    )
    const { taxes } = priceBill({ lines }, policyOf({ rounding: 'document' }))
    expect(taxes.map(({ minor }) => minor)).toStrictEqual([1, 1])
  })

  it('with tax inside, one name and rate in two component lists is two groups and one report', () => {
    // 100 × 9 / 118 = 7.63, 100 × 9 / 130 = 6.92, 100 × 12 / 130 = 9.23.
    const lines = numbered({ taxes: GST18 }, { taxes: [...GST18, { name: 'CESS', rate: '12' }] })
    const priced = priceBill({ lines }, policyOf({ rounding: 'rate-group', pricesIncludeTax: true }))
    expect(taxesByLine(priced)).toStrictEqual([
      [8, 8],
      [7, 7, 9],
    ])
    expect(priced.taxes).toStrictEqual([
      { name: 'CGST', rate: '9', taxable: 84 + 77, minor: 15 },
      { name: 'SGST', rate: '9', taxable: 84 + 77, minor: 15 },
      { name: 'CESS', rate: '12', taxable: 77, minor: 9 },
    ])
  })

  it('a bill discount of 10.00 over three equal lines', () => {
    const lines = numbered(...[1, 2, 3].map(() => ({ price: { minor: 5000 } })))
    const priced = priceBill({ lines, discount: { minor: 1000 } }, policyOf())
    expect(priced.lines.map(({ billDiscount }) => billDiscount)).toStrictEqual([334, 333, 333])
    expect(priced.totals).toMatchObject({ gross: 15_000, discount: 1000, total: 14_000 })
  })

  it('percent discounts on lines and on the bill', () => {
    // 10 % of 999 is 99.9; 12.5 % of 4 is 0.5; 5 % of 899 + 3 is 45.1, of which 44.85 and 0.15.
    const lines = numbered(
      { price: { minor: 999 }, discount: { percent: '10' } },
      { price: { minor: 4 }, discount: { percent: '12.5' } },
    )
    const priced = priceBill({ lines, discount: { percent: '5' } }, policyOf())
    expect(priced.lines[0]).toMatchObject({ gross: 999, discount: 100, billDiscount: 45, taxable: 854 })
    expect(priced.lines[1]).toMatchObject({ gross: 4, discount: 1, taxable: 3 })
    expect(priced.lines[1]).not.toHaveProperty('billDiscount')
    expect(priced.totals).toMatchObject({ gross: 1003, discount: 146, total: 857 })
  })

  it('a discount is taken off before tax', () => {
    const lines = [lineOf({ price: { minor: 10_000 }, discount: { minor: 1000 }, taxes: GST18 })]
    expect(priceBill({ lines }, policyOf()).totals).toMatchObject({ taxable: 9000, tax: 1620, total: 10_620 })
  })

  it('a price finer than a minor unit: 9360 at 0.001', () => {
    const lines = [lineOf({ quantity: '9360', price: toMinor('0.001', 2) })]
    const { lines: sealed, totals } = priceBill({ lines }, policyOf())
    expect(sealed[0]).toMatchObject({ price: { minor: 1, per: 10 }, gross: 936 })
    expect(totals.payable).toBe(936)
  })

  it('a currency without minor units: JPY', () => {
    const yen = policyOf({ currency: 'JPY', minorDigits: 0 })
    const lines = [lineOf({ quantity: '3', price: toMinor('110', 0), taxes: taxesOf(['JCT', '10']) })]
    expect(priceBill({ lines }, yen).totals).toMatchObject({ taxable: 330, tax: 33, payable: 363 })
    const inside = priceBill({ lines }, { ...yen, pricesIncludeTax: true })
    expect(inside.totals).toMatchObject({ taxable: 300, tax: 30, payable: 330 })
  })

  it('a currency of three digits: KWD', () => {
    const lines = [lineOf({ quantity: '3', price: toMinor('1.250', 3), taxes: taxesOf(['VAT', '5']) })]
    // 5 % of 3.750 is 0.1875; payable in steps of 0.005.
    const priced = priceBill({ lines }, policyOf({ currency: 'KWD', minorDigits: 3, payableStep: 5 }))
    expect(priced.totals).toMatchObject({ taxable: 3750, tax: 188, total: 3938, roundOff: 2, payable: 3940 })
  })

  it.each([
    ['line', 5400, [9, 9, 9]],
    ['rate-group', 5346, [9, 9, 8]],
    ['document', 5346, [9, 9, 8]],
  ] as const)('600 lines of 0.99 at 18 %%, rounded per %s', (rounding, each, samples) => {
    // 9 % of 0.99 is 8.91 minor units, 600 times 5346; the first 546 lines get the units cut off.
    const lines = numbered(...Array.from({ length: 600 }, () => ({ price: { minor: 99 }, taxes: GST18 })))
    const priced = priceBill({ lines }, policyOf({ rounding }))
    expect(priced.taxes.map(({ minor }) => minor)).toStrictEqual([each, each])
    expect(priced.totals.total).toBe(59_400 + 2 * each)
    expect([0, 545, 546].map((index) => priced.lines[index]?.taxes?.[0]?.minor)).toStrictEqual(samples)
  })

  it('rounds the payable amount half away from zero, down as well as up', () => {
    const payable = (minor: number): number[] => {
      const { totals } = priceBill({ lines: [lineOf({ price: { minor } })] }, policyOf({ payableStep: 5 }))
      return [totals.roundOff, totals.payable]
    }
    expect([100, 102, 103].map(payable)).toStrictEqual([
      [0, 100],
      [-2, 100],
      [2, 105],
    ])
    const half = priceBill({ lines: [lineOf({ price: { minor: 250 } })] }, policyOf({ payableStep: 100 }))
    expect(half.totals).toMatchObject({ roundOff: 50, payable: 300 })
  })

  it('keeps what is given of a line, and leaves out what is absent', () => {
    const full = lineOf({
      hsn: '0902',
      unit: 'kg',
      quantity: '0.25',
      price: { minor: 80, per: 1 },
      override: { from: { minor: 100 }, reason: 'damaged' },
      taxes: taxesOf(['VAT', '0']),
    })
    expect(priceBill({ lines: [full] }, policyOf())).toMatchObject({
      lines: [{ ...full, gross: 20, taxes: [{ name: 'VAT', rate: '0', minor: 0 }] }],
      taxes: [{ name: 'VAT', rate: '0', taxable: 20, minor: 0 }],
    })
    const [bare] = priceBill({ lines: [lineOf({ discount: { percent: '0' } })] }, policyOf()).lines
    expect(Object.keys(bare ?? {})).toStrictEqual([
      'id',
      'sku',
      'name',
      'quantity',
      'price',
      'gross',
      'taxable',
      'total',
    ])
  })

  it('a bill that is free, or given away, is 0 in every mode', () => {
    const free = numbered({ price: { minor: 0 }, taxes: GST18 }, { price: { minor: 0 } })
    for (const rounding of ROUNDINGS) {
      for (const pricesIncludeTax of [true, false]) {
        const policy = policyOf({ rounding, pricesIncludeTax })
        expect(priceBill({ lines: free, discount: { percent: '100' } }, policy).totals.payable).toBe(0)
        const away = { lines: [lineOf({ taxes: GST18 })], discount: { minor: 100 } }
        expect(priceBill(away, policy).totals).toMatchObject({ gross: 100, discount: 100, payable: 0 })
      }
    }
  })
})
