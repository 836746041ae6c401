import { apportion, sumFractions, type Fraction } from './apportion.js'
import { SCALE, toScaled } from './decimal.js'
import type { Minor, Policy, TaxComponent } from './generated/types.js'
import { groupBy } from './group.js'
import { roundHalfAway } from './money.js'
import { formatTaxSpec } from './tax.js'

/** A line as its taxes see it. */
export interface TaxedNet {
  /** What is left of the line after all discounts; with tax inside where prices include it. Minor units. */
  readonly net: Minor
  readonly taxes: readonly TaxComponent[]
}

/** The exact tax of one component on one line. */
interface Share extends Fraction {
  readonly name: string
  readonly rate: string
  /** The line's full component list where prices include tax, else empty. */
  readonly list: string
}

const HUNDRED_PERCENT = 100n * SCALE

/**
 * Tax on top is N × r / 100; tax inside is N × r / (100 + R), where R sums the rates of all components of the line.
 */
function sharesOf({ net, taxes }: TaxedNet, pricesIncludeTax: boolean): Share[] {
  const inside = pricesIncludeTax ? taxes.reduce((sum, { rate }) => sum + toScaled(rate), 0n) : 0n
  // Sorted, because the order in which a line names its taxes changes nothing about them.
  const list = pricesIncludeTax ? formatTaxSpec(taxes.toSorted((a, b) => (a.name < b.name ? -1 : 1))) : ''
  return taxes.map(({ name, rate }) => ({
    numerator: BigInt(net) * toScaled(rate),
    denominator: HUNDRED_PERCENT + inside,
    name,
    rate,
    list,
  }))
}

function roundedSum(fractions: readonly Fraction[]): bigint {
  const { numerator, denominator } = sumFractions(fractions)
  return roundHalfAway(numerator, denominator)
}

/** EN 16931 BR-CO-17: the tax of a group is rounded once. */
function roundGroups(shares: readonly Share[]): Map<Share, bigint> {
  const rounded = new Map<Share, bigint>()
  for (const group of groupBy(shares, ({ name, rate, list }) => `${name}:${rate} ${list}`).values()) {
    const parts = apportion(roundedSum(group), group)
    group.forEach((share, index) => rounded.set(share, parts[index] ?? 0n))
  }
  return rounded
}

/**
 * First cut over the groups that are reported, then within each over its lines: straight to the lines, a group of
 * many small lines could end up far from its own exact tax.
 */
function roundDocument(shares: readonly Share[]): Map<Share, bigint> {
  const rounded = new Map<Share, bigint>()
  for (const sameName of groupBy(shares, ({ name }) => name).values()) {
    const groups = [...groupBy(sameName, ({ rate }) => rate).values()]
    const totals = apportion(roundedSum(sameName), groups.map(sumFractions))
    groups.forEach((group, index) => {
      const parts = apportion(totals[index] ?? 0n, group)
      group.forEach((share, place) => rounded.set(share, parts[place] ?? 0n))
    })
  }
  return rounded
}

function roundLines(shares: readonly Share[]): Map<Share, bigint> {
  return new Map(shares.map((share) => [share, roundHalfAway(share.numerator, share.denominator)]))
}

const METHODS = { line: roundLines, 'rate-group': roundGroups, document: roundDocument } as const

/**
 * The tax of every component of every line in whole minor units, half away from zero, rounded where the policy says:
 * - `line`: each component of each line by itself;
 * - `rate-group`: the exact sum over the lines of a group, then cut back to its lines by largest remainder. A group
 *   has one name and one rate and, where prices include tax, one full component list;
 * - `document`: the exact sum per component name, then cut to name and rate, then to lines.
 * @returns one row per line, one BigInt per component, in the order given
 */
export function roundTaxes(
  lines: readonly TaxedNet[],
  { pricesIncludeTax, rounding }: Pick<Policy, 'pricesIncludeTax' | 'rounding'>,
): bigint[][] {
  const rows = lines.map((line) => sharesOf(line, pricesIncludeTax))
  const rounded = METHODS[rounding](rows.flat())
  return rows.map((row) => row.map((share) => rounded.get(share) ?? 0n))
}
