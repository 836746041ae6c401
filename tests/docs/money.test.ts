import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apportion, sumFractions } from '../../src/docs/apportion.js'
import { allocate, AmountTooLarge, formatMinor, roundHalfAway, toSafeMinor } from '../../src/docs/money.js'
import { PricingError } from '../../src/docs/pricing.js'

const safe = fc.maxSafeInteger()
const fractions = fc.record({
  numerator: fc.bigInt({ min: 0n, max: 10n ** 12n }),
  denominator: fc.bigInt({ min: 1n, max: 10n ** 9n }),
})

describe('roundHalfAway', () => {
  it.each([
    [5n, 2n, 3n],
    [-5n, 2n, -3n],
    [1n, 2n, 1n],
    [-1n, 2n, -1n],
    [49n, 100n, 0n],
    [-49n, 100n, 0n],
    [10n ** 40n + 1n, 2n, (10n ** 40n + 2n) / 2n],
  ])('%i / %i is %i', (numerator, denominator, rounded) => {
    expect(roundHalfAway(numerator, denominator)).toBe(rounded)
  })

  it('is the nearest whole number, a half away from zero, and symmetrical', () => {
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n }), (numerator, denominator) => {
        const rounded = roundHalfAway(numerator, denominator)
        const distance = 2n * (rounded * denominator - numerator)
        // Away from zero: the rounded value may be half a unit further out, but never half a unit further in.
        const outward = numerator < 0n ? -distance : distance
        expect(outward <= denominator && outward > -denominator).toBe(true)
        expect(roundHalfAway(-numerator, denominator)).toBe(-rounded)
      }),
    )
  })

  it('refuses a denominator that is not above 0', () => {
    expect(() => roundHalfAway(1n, 0n)).toThrow(RangeError)
    expect(() => roundHalfAway(1n, -2n)).toThrow(RangeError)
  })
})

const allocations = fc.record({
  total: fc.oneof(fc.integer({ min: -50, max: 50 }), safe),
  weights: fc.array(fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 2_000_000_000 }), fc.maxSafeNat()), {
    minLength: 1,
    maxLength: 30,
  }),
})

/** Everything that is wrong with a way to allocate, in words; empty for a right one. */
function faultsOf(cut: typeof allocate, total: number, weights: readonly number[]): string[] {
  const faults: string[] = []
  const check = (holds: boolean, fault: string): void => void (holds || faults.push(fault))
  const parts = cut(total, weights)
  const even = weights.every((weight) => weight === 0)
  const exact = weights.map((weight) => (even ? 1n : BigInt(weight)))
  const whole = exact.reduce((a, b) => a + b, 0n)
  check(parts.length === weights.length, 'a part is missing')
  check(parts.every(Number.isSafeInteger), 'a part is not whole')
  check(
    faults.length > 0 || parts.reduce((sum, part) => sum + BigInt(part), 0n) === BigInt(total),
    'the parts do not sum to the total',
  )
  const mirrored = cut(0 - total, weights)
  for (const [index, part] of faults.length > 0 ? [] : parts.entries()) {
    const distance = BigInt(part) * whole - BigInt(total) * (exact[index] ?? 0n)
    check(distance < whole && -distance < whole, `part ${index} is 1 or more off`)
    check(!Object.is(part, -0), `part ${index} is −0`)
    check(mirrored[index] === 0 - part, `part ${index} is not symmetrical`)
    const next = weights.indexOf(weights[index] ?? 0, index + 1)
    check(next < 0 || Math.abs(part) >= Math.abs(parts[next] ?? 0), `part ${index} lost a tie to ${next}`)
  }
  return faults
}

describe('allocate', () => {
  it.each([
    [1000, [1, 1, 1], [334, 333, 333]],
    [-1000, [1, 1, 1], [-334, -333, -333]],
    [2, [1, 1, 1, 1], [1, 1, 0, 0]],
    [10, [0, 0, 0], [4, 3, 3]],
    [7, [0, 3, 0, 4], [0, 3, 0, 4]],
    [5, [1, 2, 3], [1, 2, 2]],
    [0, [], []],
    [0, [1, 2], [0, 0]],
    [100, [7], [100]],
  ])('cuts %i by %j', (total, weights, parts) => {
    expect(allocate(total, weights)).toStrictEqual(parts)
  })

  it('gives what is left to who lost most, not to who is largest', () => {
    // Exact shares 5.25, 2.5, 2.25.
    expect(allocate(10, [21, 10, 9])).toStrictEqual([5, 3, 2])
  })

  it('keeps the sum, comes within 1 of each exact share, is symmetrical, and settles ties by index', () => {
    fc.assert(
      fc.property(allocations, ({ total, weights }) => {
        expect(faultsOf(allocate, total, weights)).toStrictEqual([])
      }),
      { numRuns: 1000 },
    )
  })

  it('is judged by a property that rejects allocations made naively', () => {
    const eachRounded: typeof allocate = (total, weights) => {
      const whole = weights.reduce((a, b) => a + b, 0)
      return weights.map((weight) => Math.round((total * weight) / whole))
    }
    const restToTheLast: typeof allocate = (total, weights) => {
      const parts = weights.slice(1).map(() => Math.trunc(total / weights.length))
      return [...parts, total - parts.reduce((a, b) => a + b, 0)]
    }
    const lateOnTies: typeof allocate = (total, weights) => allocate(total, weights.toReversed()).toReversed()
    const rejected = (cut: typeof allocate): boolean =>
      fc.check(
        fc.property(allocations, ({ total, weights }) => faultsOf(cut, total, weights).length === 0),
        { numRuns: 1000, seed: 7 },
      ).failed
    expect([eachRounded, restToTheLast, lateOnTies].map(rejected)).toStrictEqual([true, true, true])
    expect(rejected(allocate)).toBe(false)
  })

  it('does not change its weights, and refuses what has no answer', () => {
    const weights = Object.freeze([3, 1, 2])
    allocate(7, weights)
    expect(weights).toStrictEqual([3, 1, 2])
    expect(() => allocate(1, [])).toThrow(RangeError)
    expect(() => allocate(1, [1, -1])).toThrow(RangeError)
  })
})

describe('apportion', () => {
  it('leaves whole shares alone and gives nothing to a share of 0', () => {
    const share = (numerator: bigint): { numerator: bigint; denominator: bigint } => ({
      numerator,
      denominator: 2n,
    })
    expect(apportion(4n, [share(0n), share(4n), share(1n), share(2n), share(1n)])).toStrictEqual([
      0n,
      2n,
      1n,
      1n,
      0n,
    ])
  })

  it('keeps the rounded sum and comes within 1 of each exact share, whatever the denominators', () => {
    fc.assert(
      fc.property(fc.array(fractions, { maxLength: 20 }), (shares) => {
        const { numerator, denominator } = sumFractions(shares)
        const total = roundHalfAway(numerator, denominator)
        const parts = apportion(total, shares)
        expect(parts.reduce((a, b) => a + b, 0n)).toBe(total)
        parts.forEach((part, index) => {
          const share = shares[index] ?? { numerator: 0n, denominator: 1n }
          const distance = part * share.denominator - share.numerator
          expect(distance < share.denominator && -distance < share.denominator).toBe(true)
        })
        const mirrored = shares.map((share) => ({ ...share, numerator: -share.numerator }))
        expect(apportion(-total, mirrored)).toStrictEqual(parts.map((part) => -part))
      }),
    )
  })

  it('sums exactly', () => {
    fc.assert(
      fc.property(fc.array(fractions, { maxLength: 12 }), (shares) => {
        const common = shares.reduce((product, { denominator }) => product * denominator, 1n)
        const exact = shares.reduce((sum, share) => sum + share.numerator * (common / share.denominator), 0n)
        const { numerator, denominator } = sumFractions(shares)
        expect(numerator * common).toBe(exact * denominator)
      }),
    )
  })

  it('refuses a total that is no rounding of the shares', () => {
    const shares = [{ numerator: 1n, denominator: 2n }]
    expect(() => apportion(2n, shares)).toThrow(RangeError)
    expect(() => apportion(0n, [{ numerator: 3n, denominator: 2n }])).toThrow(RangeError)
    expect(() => apportion(1n, [])).toThrow(RangeError)
    expect(() => apportion(3n, [{ numerator: 4n, denominator: 2n }])).toThrow(RangeError)
  })
})

describe('toSafeMinor', () => {
  it('gives every number that is exact, and throws beyond', () => {
    fc.assert(
      fc.property(safe, (minor) => {
        expect(toSafeMinor(BigInt(minor), 'total')).toBe(minor)
      }),
    )
    for (const amount of [2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), 10n ** 400n]) {
      expect(() => toSafeMinor(amount, 'total')).toThrow(AmountTooLarge)
    }
  })

  it('names the amount, the place and the remedy', () => {
    const thrown = new AmountTooLarge(2n ** 53n, 'gross amount', 'l7')
    expect(thrown).toBeInstanceOf(PricingError)
    expect(thrown).toMatchObject({ name: 'AmountTooLarge', line: 'l7', amount: '9007199254740992' })
    expect(thrown.message).toMatch(/gross amount of line "l7".*9007199254740992.*split the bill/i)
  })
})

describe('formatMinor', () => {
  it.each([
    [255, 2, '2.55'],
    [5, 2, '0.05'],
    [-5, 2, '-0.05'],
    [0, 2, '0.00'],
    [-0, 2, '0.00'],
    [255, 0, '255'],
    [-255, 0, '-255'],
    [1250, 3, '1.250'],
    [6451100, 2, '64511.00'],
    [Number.MAX_SAFE_INTEGER, 2, '90071992547409.91'],
  ])('writes %i with %i digits as %s', (minor, digits, text) => {
    expect(formatMinor(minor, digits)).toBe(text)
  })

  it('loses nothing', () => {
    fc.assert(
      fc.property(safe, fc.integer({ min: 0, max: 4 }), (minor, digits) => {
        const text = formatMinor(minor, digits)
        expect(text).toMatch(digits === 0 ? /^-?\d+$/ : new RegExp(`^-?\\d+\\.\\d{${digits}}$`))
        expect(BigInt(text.replace('.', ''))).toBe(BigInt(minor))
      }),
    )
  })
})
