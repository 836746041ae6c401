import * as fc from 'fast-check'
import type { Discount, Policy, Rounding, SealedLine, TaxComponent } from '../../src/docs/generated/types.js'
import type { BillInput, LineInput, PricedBill } from '../../src/docs/pricing.js'

/** Builders, generators and an independent judge of priced bills, for the tests of pricing. */

export const policyOf = (change: Partial<Policy> = {}): Policy => ({
  version: 1,
  currency: 'INR',
  minorDigits: 2,
  pricesIncludeTax: false,
  rounding: 'line',
  payableStep: 1,
  ...change,
})

export const lineOf = (change: Partial<LineInput> = {}): LineInput => ({
  id: 'l1',
  sku: 'TEA',
  name: 'Tea',
  quantity: '1',
  price: { minor: 100 },
  taxes: [],
  ...change,
})

/** `VAT:20` and the like, without the parser under test elsewhere. */
export const taxesOf = (...pairs: readonly (readonly [string, string])[]): TaxComponent[] =>
  pairs.map(([name, rate]) => ({ name, rate }))

export const numbered = (...lines: readonly Partial<LineInput>[]): LineInput[] =>
  lines.map((line, index) => lineOf({ ...line, id: `l${index + 1}` }))

export const GST18 = taxesOf(['CGST', '9'], ['SGST', '9'])

export const ROUNDINGS: readonly Rounding[] = ['line', 'rate-group', 'document']

// Few lists, so that lines share groups; one rate stands in two lists, one name has several rates.
const TAX_LISTS: readonly TaxComponent[][] = [
  [],
  taxesOf(['CGST', '9'], ['SGST', '9']),
  taxesOf(['SGST', '9'], ['CGST', '9']),
  taxesOf(['CGST', '9'], ['SGST', '9'], ['CESS', '0.25']),
  taxesOf(['CGST', '2.5'], ['SGST', '2.5']),
  taxesOf(['VAT', '20']),
  taxesOf(['VAT', '5']),
  taxesOf(['VAT', '0']),
  taxesOf(['VAT', '33.333333']),
  taxesOf(['VAT', '100'], ['CESS', '0.000001']),
]

const quantities = fc.oneof(
  fc.integer({ min: 1, max: 20 }).map(String),
  fc.constantFrom('0.5', '0.005', '1.005', '2.675', '0.333333', '1000', '9360'),
)

const prices = fc.oneof(
  fc.integer({ min: 0, max: 12 }).map((minor) => ({ minor })),
  fc.integer({ min: 0, max: 5_000_000 }).map((minor) => ({ minor })),
  // With the quantities above, exact halves that floats take for less than a half.
  fc.constantFrom(100, 300, 900, 2300).map((minor) => ({ minor })),
  fc.record({ minor: fc.integer({ min: 0, max: 9999 }), per: fc.constantFrom(1, 10, 1000, 1_000_000) }),
)

const percents = fc.constantFrom('0', '0.5', '5', '12.5', '33.333333', '50', '100')

const optional = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(value, { nil: undefined })

/** An amount as a part of the whole, so that every discount generated is one that can be granted. */
type Wish = { readonly percent: string } | { readonly part: number }
const wishes: fc.Arbitrary<Wish> = fc.oneof(
  percents.map((percent) => ({ percent })),
  fc.integer({ min: 0, max: 1000 }).map((part) => ({ part })),
)

function grant(wish: Wish | undefined, base: number): { readonly discount?: Discount } {
  if (wish === undefined) return {}
  return { discount: 'percent' in wish ? wish : { minor: Math.floor((base * wish.part) / 1000) } }
}

const [SCALE, HUNDRED] = [1_000_000n, 100_000_000n]
export const scaled = (decimal: string): bigint => {
  const [integer = '', fraction = ''] = decimal.split('.')
  return BigInt(integer + fraction.padEnd(6, '0'))
}
/** Half away from zero, found by trying, not by the formula under test. */
export function nearest(numerator: bigint, denominator: bigint): bigint {
  const sign = numerator < 0n ? -1n : 1n
  const magnitude = sign * numerator
  let whole = magnitude / denominator
  if ((magnitude - whole * denominator) * 2n >= denominator) whole += 1n
  return sign * whole
}
const grossOf = ({ quantity, price }: LineInput): number =>
  Number(nearest(scaled(quantity) * BigInt(price.minor), SCALE * BigInt(price.per ?? 1)))
const off = (discount: Discount | undefined, base: number): number => {
  if (discount === undefined) return 0
  return 'minor' in discount
    ? discount.minor
    : Number(nearest(BigInt(base) * scaled(discount.percent), HUNDRED))
}
const afterLineDiscount = (line: LineInput): number => grossOf(line) - off(line.discount, grossOf(line))

export const bills: fc.Arbitrary<BillInput> = fc
  .record({
    drafts: fc.array(
      fc.record({
        quantity: quantities,
        price: prices,
        taxes: fc.constantFrom(...TAX_LISTS),
        wish: optional(wishes),
      }),
      { minLength: 1, maxLength: 12 },
    ),
    wish: optional(wishes),
  })
  .map(({ drafts, wish }) => {
    const lines = drafts.map(({ wish: own, ...draft }, index) => {
      const line = lineOf({ ...draft, id: `l${index + 1}` })
      return { ...line, ...grant(own, grossOf(line)) }
    })
    return {
      lines,
      ...grant(
        wish,
        lines.map(afterLineDiscount).reduce((a, b) => a + b, 0),
      ),
    }
  })

export const policies: fc.Arbitrary<Policy> = fc
  .record({
    pricesIncludeTax: fc.boolean(),
    rounding: fc.constantFrom('line', 'rate-group', 'document'),
    payableStep: fc.constantFrom(1, 5, 10, 50, 100),
  })
  .map(policyOf)

interface ExactTax {
  readonly line: number
  readonly name: string
  readonly rate: string
  readonly list: string
  readonly minor: bigint
  readonly numerator: bigint
  readonly denominator: bigint
}

function exactTaxes(input: BillInput, { lines }: PricedBill, { pricesIncludeTax }: Policy): ExactTax[] {
  return input.lines.flatMap(({ taxes }, line) => {
    const sealed = lines[line]
    const net = (sealed?.gross ?? 0) - (sealed?.discount ?? 0) - (sealed?.billDiscount ?? 0)
    const inside = pricesIncludeTax ? taxes.map(({ rate }) => scaled(rate)).reduce((a, b) => a + b, 0n) : 0n
    const list = pricesIncludeTax
      ? taxes
          .map(({ name, rate }) => `${name} ${rate}`)
          .sort()
          .join()
      : ''
    return taxes.map(({ name, rate }, index) => ({
      line,
      name,
      rate,
      list,
      minor: BigInt(sealed?.taxes?.[index]?.minor ?? 0),
      numerator: BigInt(net) * scaled(rate),
      denominator: HUNDRED + inside,
    }))
  })
}

/** What tax is rounded over: one line's component, one group, or all that bears one name. */
function roundedOver(tax: ExactTax, { rounding }: Policy): string {
  if (rounding === 'line') return `${tax.line} ${tax.name}`
  return rounding === 'document' ? tax.name : `${tax.name} ${tax.rate} ${tax.list}`
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
const taxOf = (line: SealedLine): number => sum((line.taxes ?? []).map(({ minor }) => minor))

/**
 * Everything that is wrong with a priced bill, in words; empty for a right one. It knows the rules of rounding, but
 * nothing of how the code under test keeps them.
 */
export function faultsOf(input: BillInput, policy: Policy, priced: PricedBill): string[] {
  const faults: string[] = []
  const check = (holds: boolean, fault: string): void => void (holds || faults.push(fault))
  const { lines, taxes, totals } = priced

  check(lines.length === input.lines.length, 'a line is missing')
  lines.forEach((line, index) => {
    const given = input.lines[index] ?? lineOf()
    const net = line.gross - (line.discount ?? 0) - (line.billDiscount ?? 0)
    check(line.gross === grossOf(given), `gross of ${line.id}`)
    check((line.discount ?? 0) === off(given.discount, line.gross), `discount of ${line.id}`)
    check(net >= 0, `net of ${line.id} is below 0`)
    check(line.taxable + taxOf(line) === line.total, `taxable + taxes of ${line.id}`)
    check(net === (policy.pricesIncludeTax ? line.total : line.taxable), `net of ${line.id}`)
    check(line.discount !== 0 && line.billDiscount !== 0, `a discount of 0 on ${line.id}`)
    check(line.taxes?.length !== 0, `an empty list of taxes on ${line.id}`)
  })

  const nets = input.lines.map(afterLineDiscount)
  const whole = sum(nets)
  const billDiscount = off(input.discount, whole)
  check(sum(lines.map((line) => line.billDiscount ?? 0)) === billDiscount, 'sum of the bill discount')
  lines.forEach((line, index) => {
    const distance =
      BigInt(line.billDiscount ?? 0) * BigInt(whole) - BigInt(billDiscount) * BigInt(nets[index] ?? 0)
    const within = distance < BigInt(whole) && -distance < BigInt(whole)
    check(whole === 0 || within, `share of the bill discount of ${line.id}`)
  })

  const exact = exactTaxes(input, priced, policy)
  for (const { line, name, minor, numerator, denominator } of exact) {
    const distance = minor * denominator - numerator
    check(distance < denominator && -distance < denominator, `${name} of line ${line + 1} is 1 or more off`)
  }
  const common = [...new Set(exact.map(({ denominator }) => denominator))].reduce((a, b) => a * b, 1n)
  for (const key of new Set(exact.map((tax) => roundedOver(tax, policy)))) {
    const group = exact.filter((tax) => roundedOver(tax, policy) === key)
    const precise = group.reduce((total, tax) => total + tax.numerator * (common / tax.denominator), 0n)
    const given = group.reduce((total, { minor }) => total + minor, 0n)
    check(given === nearest(precise, common), `rounding of ${key}`)
  }

  for (const { name, rate } of policy.rounding === 'document' ? taxes : []) {
    const group = exact.filter((tax) => tax.name === name && tax.rate === rate)
    const precise = group.reduce((total, tax) => total + tax.numerator * (common / tax.denominator), 0n)
    const distance = group.reduce((total, { minor }) => total + minor, 0n) * common - precise
    check(distance < common && -distance < common, `group ${name}:${rate} is 1 or more off`)
  }

  const names = new Set(
    lines.flatMap((line) => (line.taxes ?? []).map(({ name, rate }) => `${name}:${rate}`)),
  )
  check(names.size === taxes.length, 'the groups are not one per name and rate')
  for (const { name, rate, taxable, minor } of taxes) {
    const bearers = lines.filter((line) => line.taxes?.some((tax) => tax.name === name && tax.rate === rate))
    const own = bearers.flatMap(({ taxes: all = [] }) =>
      all.filter((tax) => tax.name === name && tax.rate === rate),
    )
    check(minor === sum(own.map((tax) => tax.minor)), `tax of group ${name}:${rate}`)
    check(taxable === sum(bearers.map((line) => line.taxable)), `taxable of group ${name}:${rate}`)
  }

  check(totals.gross === sum(lines.map(({ gross }) => gross)), 'total gross')
  check(
    totals.discount === sum(lines.map((line) => (line.discount ?? 0) + (line.billDiscount ?? 0))),
    'total discount',
  )
  check(totals.taxable === sum(lines.map(({ taxable }) => taxable)), 'total taxable')
  check(totals.tax === sum(taxes.map(({ minor }) => minor)), 'total tax')
  check(totals.total === sum(lines.map(({ total }) => total)), 'total')
  check(totals.taxable + totals.tax === totals.total, 'taxable + tax of the totals')
  check(totals.total + totals.roundOff === totals.payable, 'total + roundOff')
  check(
    BigInt(totals.payable) ===
      nearest(BigInt(totals.total), BigInt(policy.payableStep)) * BigInt(policy.payableStep),
    'payable',
  )
  if (policy.pricesIncludeTax)
    check(totals.total === whole - billDiscount, 'total is not the sum of the nets')
  return faults
}
