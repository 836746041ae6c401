import { compareDecimals, isDecimal, SCALE, toScaled } from './decimal.js'
import type { Discount, Minor } from './generated/types.js'
import { formatMinor, roundHalfAway } from './money.js'
import { BadDiscount, DiscountTooLarge } from './pricing-errors.js'

/**
 * What a discount takes off, in minor units; a percentage is rounded half up.
 * @param base what it is taken off, in minor units, 0 or more
 * @param minorDigits digits of the currency after the point, for the error's text
 * @param line the id of the line it belongs to; absent for a discount on the whole bill
 * @throws BadDiscount when it is negative or malformed, DiscountTooLarge when it is more than all of `base`
 */
export function discountOf(
  discount: Discount | undefined,
  base: Minor,
  minorDigits: number,
  line?: string,
): Minor {
  if (discount === undefined) return 0
  if ('percent' in discount) return percentOf(discount.percent, base, line)
  const { minor } = discount
  if (!Number.isSafeInteger(minor) || minor < 0) {
    throw new BadDiscount(line, `${minor} is not a whole number of minor units of 0 or more`)
  }
  if (minor > base) {
    throw new DiscountTooLarge(line, formatMinor(minor, minorDigits), formatMinor(base, minorDigits))
  }
  return minor
}

function percentOf(percent: string, base: Minor, line: string | undefined): Minor {
  if (!isDecimal(percent) || percent.startsWith('-')) {
    throw new BadDiscount(line, `"${percent}" is not a percentage of 0 or more`)
  }
  if (compareDecimals(percent, '100') > 0) throw new DiscountTooLarge(line, `${percent} %`, '100 %')
  return Number(roundHalfAway(BigInt(base) * toScaled(percent), 100n * SCALE))
}
