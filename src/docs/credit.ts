import { negateDecimal } from './decimal.js'
import type { Minor, SealedLine } from './generated/types.js'
import type { PricedBill } from './pricing.js'

// Taken from 0, because the negation of 0 would be −0, which is another value to some comparisons.
const negative = (minor: Minor): Minor => 0 - minor

function negateLine(line: SealedLine): SealedLine {
  return {
    ...line,
    quantity: negateDecimal(line.quantity),
    gross: negative(line.gross),
    ...(line.discount === undefined ? {} : { discount: negative(line.discount) }),
    ...(line.billDiscount === undefined ? {} : { billDiscount: negative(line.billDiscount) }),
    taxable: negative(line.taxable),
    ...(line.taxes === undefined
      ? {}
      : { taxes: line.taxes.map((tax) => ({ ...tax, minor: negative(tax.minor) })) }),
    total: negative(line.total),
  }
}

/**
 * The figures of a credit note for exactly what a priced bill sold: quantities, amounts, taxes and totals negative,
 * prices and rates as they were. Every figure of the two sums to zero (a correction is a plus or minus entry, never a
 * change).
 */
export function negate({ lines, taxes, totals }: PricedBill): PricedBill {
  return {
    lines: lines.map(negateLine),
    taxes: taxes.map((group) => ({
      ...group,
      taxable: negative(group.taxable),
      minor: negative(group.minor),
    })),
    totals: {
      gross: negative(totals.gross),
      discount: negative(totals.discount),
      taxable: negative(totals.taxable),
      tax: negative(totals.tax),
      total: negative(totals.total),
      roundOff: negative(totals.roundOff),
      payable: negative(totals.payable),
    },
  }
}
