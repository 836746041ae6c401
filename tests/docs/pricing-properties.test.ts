import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Policy } from '../../src/docs/generated/types.js'
import { priceBill } from '../../src/docs/pricing.js'
import { validate } from '../../src/docs/validate.js'
import { bills, faultsOf, lineOf, policies, policyOf, ROUNDINGS } from './priced-bills.js'

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(freeze)
  return value
}

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

describe('properties of every bill under every policy', () => {
  it('every figure is rounded where the policy says, and every sum is exact', () => {
    fc.assert(
      fc.property(bills, policies, (input, policy) => {
        expect(faultsOf(input, policy, priceBill(input, policy))).toStrictEqual([])
      }),
      { numRuns: 3000 },
    )
  })

  it('the result has the shapes of the record schema', () => {
    fc.assert(
      fc.property(bills, policies, (input, policy) => {
        const { lines, taxes, totals } = priceBill(input, policy)
        const fits = (definition: string, value: unknown): void =>
          validate(`record.schema.json#/$defs/${definition}`, value, definition)
        expect(() => {
          lines.forEach((line) => fits('SealedLine', line))
          taxes.forEach((group) => fits('TaxGroup', group))
          fits('Totals', totals)
        }).not.toThrow()
      }),
    )
  })

  it('the input is not changed, nor shared with the result', () => {
    fc.assert(
      fc.property(bills, policies, (input, policy) => {
        const frozen = freeze(copy(input))
        const priced = priceBill(frozen, freeze({ ...policy }))
        expect(frozen).toStrictEqual(copy(input))
        const shared = priced.lines.filter((line, index) => {
          const given = frozen.lines[index]
          return line.price === given?.price || (line.taxes !== undefined && line.taxes === given?.taxes)
        })
        expect(shared).toStrictEqual([])
      }),
    )
  })

  it('the result depends on values, not on which objects carry them', () => {
    fc.assert(
      fc.property(bills, policies, (input, policy) => {
        // The generated lines share their lists of taxes; the copies share nothing.
        expect(priceBill(copy(input), copy(policy))).toStrictEqual(priceBill(input, policy))
      }),
    )
  })

  it('without a bill discount, the order of the lines changes no total', () => {
    fc.assert(
      fc.property(bills, policies, ({ lines }, policy) => {
        const { totals } = priceBill({ lines }, policy)
        expect(priceBill({ lines: lines.toReversed() }, policy).totals).toStrictEqual(totals)
      }),
    )
  })
})

describe('the properties reject pricing that is wrong', () => {
  type Pricing = typeof priceBill
  /** Whether the judge finds a fault of this kind. */
  const rejected = (price: Pricing, fault: RegExp, under: fc.Arbitrary<Policy> = policies): boolean =>
    fc.check(
      fc.property(
        bills,
        under,
        (input, policy) => !faultsOf(input, policy, price(input, policy)).some((found) => fault.test(found)),
      ),
      { numRuns: 3000, seed: 11 },
    ).failed

  it('and not pricing that is right', () => {
    expect(rejected(priceBill, /./)).toBe(false)
  })

  it('with floats instead of exact numbers', () => {
    const floats: Pricing = (input, policy) => {
      const right = priceBill(input, policy)
      const lines = right.lines.map((line) => {
        const gross = Math.round((Number(line.quantity) * line.price.minor) / (line.price.per ?? 1))
        const moved = gross - line.gross
        return { ...line, gross, taxable: line.taxable + moved, total: line.total + moved }
      })
      const gross = lines.reduce((sum, line) => sum + line.gross, 0)
      return { ...right, lines, totals: { ...right.totals, gross } }
    }
    expect(rejected(floats, /^gross of/)).toBe(true)
    expect(Math.round(1.005 * 100)).toBe(100)
    expect(priceBill({ lines: [lineOf({ quantity: '1.005' })] }, policyOf()).totals.gross).toBe(101)
  })

  it('with tax computed on groups and on lines apart', () => {
    const apart: Pricing = (input, policy) => {
      const right = priceBill(input, policy)
      const taxes = right.taxes.map((group) => ({
        ...group,
        minor: Math.round((group.taxable * Number(group.rate)) / 100),
      }))
      return { ...right, taxes }
    }
    expect(rejected(apart, /^tax of group/)).toBe(true)
  })

  it.each(ROUNDINGS)('with the rounding of another policy than %s', (rounding) => {
    for (const other of ROUNDINGS.filter((candidate) => candidate !== rounding)) {
      const mistaken: Pricing = (input, policy) => priceBill(input, { ...policy, rounding: other })
      const under = policies.map((policy) => ({ ...policy, rounding }))
      expect(rejected(mistaken, /^rounding of/, under)).toBe(true)
    }
  })

  it('with a bill discount taken off the first line', () => {
    const first: Pricing = (input, policy) => {
      const right = priceBill(input, policy)
      const all = right.lines.reduce((sum, { billDiscount = 0 }) => sum + billDiscount, 0)
      const lines = right.lines.map((line, index) =>
        line.billDiscount === undefined ? line : { ...line, billDiscount: index === 0 ? all : 0 },
      )
      return { ...right, lines }
    }
    expect(rejected(first, /^share of the bill discount/)).toBe(true)
  })

  it('with a payable amount that forgets its step', () => {
    const forgets: Pricing = (input, policy) => priceBill(input, { ...policy, payableStep: 1 })
    expect(rejected(forgets, /^payable/)).toBe(true)
  })
})
