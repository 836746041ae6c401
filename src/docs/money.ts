import { apportion } from './apportion.js'
import type { Minor } from './generated/types.js'
import { AmountTooLarge } from './pricing-errors.js'

export { AmountTooLarge } from './pricing-errors.js'

/**
 * The whole number nearest to an exact fraction; a half goes away from zero, so that a credit note rounds like its
 * invoice.
 * @throws RangeError when the denominator is not above 0
 */
export function roundHalfAway(numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new RangeError(`A denominator must be above 0, not ${denominator}`)
  const magnitude = numerator < 0n ? -numerator : numerator
  const rounded = (2n * magnitude + denominator) / (2n * denominator)
  return numerator < 0n ? -rounded : rounded
}

/**
 * Cuts an amount into parts in proportion to weights, by largest remainder: the parts sum to `total` exactly, each is
 * within 1 of its exact share, ties go to the earlier index. Weights that are all 0 count as equal ones. The parts of
 * `-total` are the negated parts of `total`.
 * @param total minor units
 * @param weights whole numbers of 0 or more
 * @returns minor units, one part per weight
 * @throws RangeError when a weight is negative, or there is none to carry an amount
 */
export function allocate(total: Minor, weights: readonly number[]): Minor[] {
  if (weights.some((weight) => weight < 0)) throw new RangeError('A weight must not be negative')
  if (weights.length === 0 && total !== 0) throw new RangeError('An amount cannot be allocated to nothing')
  const exact = weights.map(BigInt)
  const sum = sumExactly(weights)
  const denominator = sum === 0n ? BigInt(weights.length) : sum
  const shares = exact.map((weight) => ({
    numerator: BigInt(total) * (sum === 0n ? 1n : weight),
    denominator,
  }))
  // No part is larger than the total, which is a safe number.
  return apportion(BigInt(total), shares).map(Number)
}

/** The sum of whole numbers, exact however large it gets. */
export function sumExactly(values: readonly number[]): bigint {
  return values.reduce((sum, value) => sum + BigInt(value), 0n)
}

/**
 * @param what what to call the amount in the error
 * @param line the id of the line it belongs to
 * @throws AmountTooLarge beyond ±(2^53 − 1)
 */
export function toSafeMinor(amount: bigint, what: string, line?: string): Minor {
  const safe = Number(amount)
  if (!Number.isSafeInteger(safe)) throw new AmountTooLarge(amount, what, line)
  return safe
}

/**
 * An amount in major units as plain decimal text for files and commands, the same in every locale: 255 with 2 digits
 * is `2.55`, −5 is `-0.05`; 255 with 0 digits is `255`.
 */
export function formatMinor(minor: Minor, minorDigits: number): string {
  const digits = String(Math.abs(minor)).padStart(minorDigits + 1, '0')
  const split = digits.length - minorDigits
  const point = minorDigits === 0 ? '' : '.'
  return `${minor < 0 ? '-' : ''}${digits.slice(0, split)}${point}${digits.slice(split)}`
}
