import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Tender } from '../../src/docs/generated/types.js'
import {
  BadTender,
  ChangeWithoutCash,
  RefundMismatch,
  settle,
  settleRefund,
  TenderError,
  TenderTooSmall,
  type Settlement,
} from '../../src/docs/tender.js'

const cash = (minor: number): Tender => ({ type: 'cash', minor })
const card = (minor: number): Tender => ({ type: 'card', minor })
const other = (minor: number, name = 'UPI'): Tender => ({ type: 'other', name, minor })

function thrown(run: () => unknown): TenderError {
  try {
    run()
  } catch (error) {
    if (error instanceof TenderError) return error
    throw error
  }
  throw new Error('The tenders were taken.')
}

function outcomeOf(run: () => Settlement): object {
  try {
    return { outcome: 'settled', ...run() }
  } catch (error) {
    return { outcome: error instanceof TenderError ? error.name : error }
  }
}

const amounts = fc.integer({ min: 1, max: 500 })
const tenders: fc.Arbitrary<Tender[]> = fc.array(
  fc.oneof(
    amounts.map(cash),
    amounts.map(card),
    amounts.map((minor) => other(minor)),
  ),
  { maxLength: 5 },
)
const sum = (list: readonly Tender[]): number => list.reduce((total, { minor }) => total + minor, 0)

describe('settle', () => {
  it.each<[string, number, Tender[], number]>([
    ['the exact amount in cash', 1000, [cash(1000)], 0],
    ['more in cash', 1000, [cash(2000)], 1000],
    ['in parts', 1000, [card(300), other(200), cash(500)], 0],
    ['in parts with change out of cash', 1000, [card(900), cash(200)], 100],
    ['by card alone', 1000, [card(1000)], 0],
    ['all the cash as change', 1000, [card(1000), cash(200)], 200],
    ['nothing for nothing', 0, [], 0],
  ])('takes %s', (_, payable, given, change) => {
    expect(settle(payable, given)).toStrictEqual({ tenders: given, change })
  })

  it('keeps names and references', () => {
    const given: Tender[] = [
      { type: 'other', name: 'Voucher', minor: 400, reference: 'V-17' },
      { type: 'card', minor: 600, reference: '**** 1234' },
    ]
    expect(settle(1000, given).tenders).toStrictEqual(given)
  })

  it('names what is missing', () => {
    const error = thrown(() => settle(1000, [cash(300), card(250)], 2))
    expect(error).toBeInstanceOf(TenderTooSmall)
    expect(error).toMatchObject({ name: 'TenderTooSmall', missing: 450 })
    expect(error.message).toMatch(/4\.50 is missing/)
    expect(thrown(() => settle(1000, [cash(999)]))).toMatchObject({ missing: 1 })
    expect(thrown(() => settle(1000, [])).message).toMatch(/1000 minor units is missing/)
  })

  it('gives no change out of a card or a voucher', () => {
    const error = thrown(() => settle(1000, [card(1300), cash(200)], 2))
    expect(error).toBeInstanceOf(ChangeWithoutCash)
    expect(error).toMatchObject({ name: 'ChangeWithoutCash', excess: 300 })
    expect(error.message).toMatch(/3\.00 less by card/)
    expect(thrown(() => settle(1000, [other(1001)]))).toBeInstanceOf(ChangeWithoutCash)
  })

  it.each([0, -5, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses a tender of %d', (minor) => {
    expect(thrown(() => settle(1000, [cash(1000), cash(minor)]))).toBeInstanceOf(BadTender)
    expect(thrown(() => settleRefund(-1000, [cash(1000), cash(minor)]))).toBeInstanceOf(BadTender)
  })

  it('refuses an unnamed other tender, more tenders than a record holds, and tenders for nothing', () => {
    expect(thrown(() => settle(1000, [{ type: 'other', minor: 1000 }])).message).toMatch(/needs a name/)
    expect(thrown(() => settle(1000, [other(1000, '  ')])).message).toMatch(/needs a name/)
    const many = Array.from({ length: 33 }, () => cash(1))
    expect(thrown(() => settle(33, many)).message).toMatch(/33 tenders.*at most 32/)
    expect(settle(32, many.slice(1)).tenders).toHaveLength(32)
    expect(thrown(() => settle(0, [cash(100)])).message).toMatch(/nothing to pay/)
  })

  it('refuses change too large to be exact', () => {
    const huge = [cash(Number.MAX_SAFE_INTEGER), cash(Number.MAX_SAFE_INTEGER)]
    expect(thrown(() => settle(1, huge))).toBeInstanceOf(BadTender)
    expect(thrown(() => settle(1, [card(Number.MAX_SAFE_INTEGER), ...huge]))).toBeInstanceOf(TenderError)
  })

  it('refuses to settle what is to be refunded', () => {
    expect(() => settle(-1, [])).toThrow(RangeError)
    expect(() => settleRefund(1, [])).toThrow(RangeError)
  })

  it('balances, or says why it cannot, for any tenders', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1500 }), tenders, (payable, given) => {
        const before = structuredClone(given)
        const inCash = sum(given.filter(({ type }) => type === 'cash'))
        const excess = sum(given) - payable
        const outcome = excess < 0 ? 'TenderTooSmall' : excess > inCash ? 'ChangeWithoutCash' : 'settled'
        expect(outcomeOf(() => settle(payable, given))).toStrictEqual(
          outcome === 'settled' ? { outcome, tenders: given, change: excess } : { outcome },
        )
        expect(given).toStrictEqual(before)
      }),
    )
  })
})

describe('settleRefund', () => {
  it('gives back exactly what the credit note comes to, as negative tenders', () => {
    const given: Tender[] = [cash(400), { type: 'card', minor: 600, reference: 'R-1' }]
    expect(settleRefund(-1000, given)).toStrictEqual([
      cash(-400),
      { type: 'card', minor: -600, reference: 'R-1' },
    ])
    expect(settleRefund(0, [])).toStrictEqual([])
  })

  it.each([
    ['too little', [cash(999)], 999],
    ['too much', [cash(1001)], 1001],
    ['nothing', [], 0],
  ])('refuses %s', (_, given, sumGiven) => {
    const error = thrown(() => settleRefund(-1000, given, 2))
    expect(error).toBeInstanceOf(RefundMismatch)
    expect(error).toMatchObject({ name: 'RefundMismatch', expected: 1000, given: sumGiven })
    expect(error.message).toMatch(/exactly 10\.00/)
  })

  it('refuses a refund of nothing, an unnamed tender and an amount beyond counting', () => {
    expect(thrown(() => settleRefund(0, [cash(1)]))).toBeInstanceOf(RefundMismatch)
    expect(thrown(() => settleRefund(-5, [{ type: 'other', minor: 5 }]))).toBeInstanceOf(BadTender)
    const huge = [cash(Number.MAX_SAFE_INTEGER), cash(Number.MAX_SAFE_INTEGER)]
    expect(thrown(() => settleRefund(-5, huge, 2))).toMatchObject({ given: '18014398509481982' })
  })

  it('a refund of what was paid cancels the tenders', () => {
    fc.assert(
      fc.property(tenders, (given) => {
        const back = settleRefund(0 - sum(given), given)
        given.forEach((tender, index) => expect(tender.minor + (back[index]?.minor ?? 0)).toBe(0))
      }),
    )
  })
})
