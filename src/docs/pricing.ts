import { isDecimal, SCALE, toScaled } from './decimal.js'
import { discountOf } from './discount.js'
import type {
  Decimal,
  Discount,
  Minor,
  Policy,
  Price,
  PriceOverride,
  SealedLine,
  TaxComponent,
  TaxGroup,
  Totals,
} from './generated/types.js'
import { allocate, roundHalfAway, sumExactly, toSafeMinor } from './money.js'
import { BadPrice, BadQuantity, BadTax, BillTooLarge, EmptyBill } from './pricing-errors.js'
import { roundTaxes } from './tax-rounding.js'
import { faultOfTaxes } from './tax.js'

export {
  AmountTooLarge,
  BadDiscount,
  BadPrice,
  BadQuantity,
  BadTax,
  BillTooLarge,
  DiscountTooLarge,
  EmptyBill,
  PricingError,
} from './pricing-errors.js'

/** Limits of the record schema: a bill beyond them would be sealed and then be unreadable. */
export const MAX_LINES = 5000
export const MAX_TAX_GROUPS = 64
const LARGEST_PER = 1_000_000
/** A barcode scanned into the quantity has 8 digits or more; sums of stock stay countable below it. */
const LARGEST_QUANTITY = 10_000_000n * SCALE

/** One line of a bill before it is priced. */
export interface LineInput {
  readonly id: string
  readonly sku: string
  readonly name: string
  readonly hsn?: string
  readonly unit?: string
  /** In its canonical spelling, above 0. */
  readonly quantity: Decimal
  /** What is charged: 0 minor units or more, for `per` units. */
  readonly price: Price
  /** The catalogue's price and why it was not charged. It changes no figure. */
  readonly override?: PriceOverride
  readonly discount?: Discount
  /** None for a line without tax. */
  readonly taxes: readonly TaxComponent[]
}

export interface BillInput {
  readonly lines: readonly LineInput[]
  /** Off the sum of the lines after their own discounts. */
  readonly discount?: Discount
}

/** The figures of an invoice, in the shapes of the record schema; amounts in minor units. */
export interface PricedBill {
  readonly lines: readonly SealedLine[]
  /** By name and rate, in the order in which the lines first bear them. */
  readonly taxes: readonly TaxGroup[]
  readonly totals: Totals
}

interface NetLine {
  readonly line: LineInput
  readonly taxes: readonly TaxComponent[]
  readonly gross: Minor
  readonly discount: Minor
  readonly billDiscount: Minor
  readonly net: Minor
}

function checkLine({ id, quantity, price, taxes }: LineInput): void {
  if (!isDecimal(quantity) || toScaled(quantity) <= 0n || toScaled(quantity) >= LARGEST_QUANTITY)
    throw new BadQuantity(id, quantity)
  if (!Number.isSafeInteger(price.minor)) throw new BadPrice(id, 'it is not a whole number of minor units')
  if (price.minor < 0) throw new BadPrice(id, 'it is below 0')
  const per = price.per ?? 1
  if (!Number.isInteger(per) || per < 1 || per > LARGEST_PER) {
    throw new BadPrice(id, `it is for ${per} units, not for a whole number from 1 to ${LARGEST_PER}`)
  }
  const fault = faultOfTaxes(taxes)
  if (fault !== undefined) throw new BadTax(id, fault)
}

function grossOf({ id, quantity, price }: LineInput): Minor {
  const gross = roundHalfAway(toScaled(quantity) * BigInt(price.minor), SCALE * BigInt(price.per ?? 1))
  return toSafeMinor(gross, 'gross amount', id)
}

function netLines({ lines, discount }: BillInput, { minorDigits }: Policy): NetLine[] {
  const discounted = lines.map((line) => {
    checkLine(line)
    const gross = grossOf(line)
    return { line, gross, discount: discountOf(line.discount, gross, minorDigits, line.id) }
  })
  const nets = discounted.map(({ gross, discount }) => gross - discount)
  const net = toSafeMinor(sumExactly(nets), 'sum of the lines')
  const shares = allocate(discountOf(discount, net, minorDigits), nets)
  return discounted.map((entry, index) => {
    const billDiscount = shares[index] ?? 0
    return {
      ...entry,
      taxes: entry.line.taxes,
      billDiscount,
      net: entry.gross - entry.discount - billDiscount,
    }
  })
}

function copyPrice({ minor, per }: Price): Price {
  return per === undefined ? { minor } : { minor, per }
}

function sealLine(entry: NetLine, amounts: readonly bigint[], pricesIncludeTax: boolean): SealedLine {
  const { line, gross, discount, billDiscount, net } = entry
  const tax = amounts.reduce((sum, amount) => sum + amount, 0n)
  const taxable = pricesIncludeTax ? BigInt(net) - tax : BigInt(net)
  return {
    id: line.id,
    sku: line.sku,
    name: line.name,
    ...(line.hsn === undefined ? {} : { hsn: line.hsn }),
    ...(line.unit === undefined ? {} : { unit: line.unit }),
    quantity: line.quantity,
    price: copyPrice(line.price),
    ...(line.override === undefined
      ? {}
      : { override: { from: copyPrice(line.override.from), reason: line.override.reason } }),
    gross,
    ...(discount === 0 ? {} : { discount }),
    ...(billDiscount === 0 ? {} : { billDiscount }),
    taxable: toSafeMinor(taxable, 'taxable amount', line.id),
    ...(line.taxes.length === 0
      ? {}
      : {
          taxes: line.taxes.map(({ name, rate }, index) => ({
            name,
            rate,
            minor: toSafeMinor(amounts[index] ?? 0n, `${name} tax`, line.id),
          })),
        }),
    total: toSafeMinor(taxable + tax, 'total', line.id),
  }
}

/** EN 16931 BG-23, BR-S-08: one entry per tax and rate that any line bears, a rate of 0 included. */
function groupTaxes(lines: readonly SealedLine[]): TaxGroup[] {
  const groups = new Map<string, { name: string; rate: Decimal; taxable: bigint; minor: bigint }>()
  for (const { taxable, taxes = [] } of lines) {
    for (const { name, rate, minor } of taxes) {
      const key = `${name}:${rate}`
      const group = groups.get(key) ?? { name, rate, taxable: 0n, minor: 0n }
      groups.set(key, {
        ...group,
        taxable: group.taxable + BigInt(taxable),
        minor: group.minor + BigInt(minor),
      })
    }
  }
  if (groups.size > MAX_TAX_GROUPS) throw new BillTooLarge('different taxes', groups.size, MAX_TAX_GROUPS)
  return [...groups.values()].map(({ name, rate, taxable, minor }) => ({
    name,
    rate,
    taxable: toSafeMinor(taxable, `sum taxable with ${name}`),
    minor: toSafeMinor(minor, `sum of ${name}`),
  }))
}

/** EN 16931 BR-CO-10 to BR-CO-16: lines are summed exactly, and the payable amount is rounded apart from them. */
function totalsOf(lines: readonly SealedLine[], payableStep: number): Totals {
  const sum = (what: string, of: (line: SealedLine) => number[]): Minor =>
    toSafeMinor(sumExactly(lines.flatMap(of)), what)
  const total = sum('total', (line) => [line.total])
  const step = BigInt(payableStep)
  const payable = toSafeMinor(roundHalfAway(BigInt(total), step) * step, 'payable amount')
  return {
    gross: sum('gross amount', (line) => [line.gross]),
    discount: sum('discount', (line) => [line.discount ?? 0, line.billDiscount ?? 0]),
    taxable: sum('taxable amount', (line) => [line.taxable]),
    tax: sum('tax', (line) => (line.taxes ?? []).map(({ minor }) => minor)),
    total,
    roundOff: payable - total,
    payable,
  }
}

/**
 * Prices a bill under a shop's policy. Everything is exact but these, each rounded once, half away from zero, to a
 * whole minor unit: gross of a line (quantity × price ÷ per), a discount in percent, tax (where the policy says, see
 * `roundTaxes`), and the payable amount to a multiple of the policy's step.
 *
 * Order of things (CGST Rule 46: taxable value after discount; EN 16931 BR-CO-10 to BR-CO-17): gross − line discount,
 * − the line's share of the bill discount, in proportion to what is left of the lines = net. Where prices include
 * tax, net = total and taxable = net − taxes; else net = taxable. In every mode: a line's taxable + taxes = total, the
 * lines' taxes sum to their group, the lines sum to the totals, and total + roundOff = payable.
 *
 * @throws EmptyBill without lines; BillTooLarge with more than 5,000 lines or 64 different taxes
 * @throws BadQuantity, BadPrice, BadTax, BadDiscount for a malformed part, naming the line
 * @throws DiscountTooLarge for more than there is to pay
 * @throws AmountTooLarge for a figure beyond 2^53 − 1
 */
export function priceBill(input: BillInput, policy: Policy): PricedBill {
  if (input.lines.length === 0) throw new EmptyBill()
  if (input.lines.length > MAX_LINES) throw new BillTooLarge('lines', input.lines.length, MAX_LINES)
  const nets = netLines(input, policy)
  const amounts = roundTaxes(nets, policy)
  const lines = nets.map((entry, index) => sealLine(entry, amounts[index] ?? [], policy.pricesIncludeTax))
  return { lines, taxes: groupTaxes(lines), totals: totalsOf(lines, policy.payableStep) }
}
