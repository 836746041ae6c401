/** An exact number; the denominator is above 0. It need not be in lowest terms. */
export interface Fraction {
  readonly numerator: bigint
  readonly denominator: bigint
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

/** The exact sum. */
export function sumFractions(fractions: readonly Fraction[]): Fraction {
  // Nearly all shares of a bill have one of few denominators: add those first, so that few numbers grow long.
  const numerators = new Map<bigint, bigint>()
  for (const { numerator, denominator } of fractions) {
    numerators.set(denominator, (numerators.get(denominator) ?? 0n) + numerator)
  }
  let sum: Fraction = { numerator: 0n, denominator: 1n }
  for (const [denominator, numerator] of numerators) {
    const common = greatestCommonDivisor(sum.denominator, denominator)
    sum = {
      numerator: sum.numerator * (denominator / common) + numerator * (sum.denominator / common),
      denominator: sum.denominator * (denominator / common),
    }
  }
  return sum
}

/**
 * Cuts a whole amount into whole parts that follow given exact shares (largest remainder, Hamilton): each share is
 * cut down to a whole number, and what is left goes, one unit each, to the shares that lost most; of equal ones to
 * the earlier. Each part is therefore within 1 of its exact share, a whole share stays as it is, and the parts sum
 * to `total`.
 * @param total the sum of the shares, or that sum rounded up or down to a whole number
 * @param shares all of one sign
 * @throws RangeError when `total` is not within 1 of the sum of the shares
 */
export function apportion(total: bigint, shares: readonly Fraction[]): bigint[] {
  if (total < 0n) {
    // By the mirror image, so that a credit note is cut exactly like its invoice.
    const mirrored = shares.map(({ numerator, denominator }) => ({ numerator: -numerator, denominator }))
    return apportion(-total, mirrored).map((part) => -part)
  }
  const parts = shares.map(({ numerator, denominator }) => numerator / denominator)
  const left = total - parts.reduce((sum, part) => sum + part, 0n)
  const lost = shares
    .map(({ numerator, denominator }, index) => ({ index, numerator: numerator % denominator, denominator }))
    .filter(({ numerator }) => numerator > 0n)
    .sort((a, b) => descending(a, b) || a.index - b.index)
  if (left < 0n || left > BigInt(lost.length)) {
    throw new RangeError(`${total} is not the sum of the shares, rounded`)
  }
  for (const { index } of lost.slice(0, Number(left))) parts[index] = (parts[index] ?? 0n) + 1n
  return parts
}

function descending(a: Fraction, b: Fraction): number {
  const difference = b.numerator * a.denominator - a.numerator * b.denominator
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}
