import type { ExportedInvoice, SaleLine, SealedLine } from '../../docs/generated/types.js'
import { fromMillionths, toMillionths } from './decimals.js'

/** What of an invoice's line can still be taken back. */
export interface Creditable {
  readonly line: SealedLine
  /** Millionths. */
  readonly left: bigint
  /** Minor units of discount that earlier credit notes have not taken back yet. */
  readonly discountLeft: number
}

const discountOf = ({ discount = 0, billDiscount = 0 }: SealedLine): number => discount + billDiscount

/**
 * What is left of each line after the credit notes there are. A credit note made elsewhere may name its lines otherwise;
 * it then counts against the lines of its SKU in their order.
 */
export function creditableLines(
  invoice: ExportedInvoice,
  corrections: readonly ExportedInvoice[],
): Creditable[] {
  const rows = invoice.lines.map((line) => ({
    line,
    left: toMillionths(line.quantity),
    discountLeft: discountOf(line),
  }))
  for (const taken of corrections.flatMap(({ lines }) => lines)) {
    let quantity = -toMillionths(taken.quantity)
    const own = rows.filter(({ line }) => line.sku === taken.sku)
    const [first] = [...own.filter(({ line }) => line.id === taken.id), ...own]
    if (first) first.discountLeft += discountOf(taken)
    for (const row of [...own.filter(({ line }) => line.id === taken.id), ...own]) {
      const part = quantity < row.left ? quantity : row.left
      row.left -= part
      quantity -= part
    }
  }
  return rows.map((row) => ({ ...row, discountLeft: Math.max(0, row.discountLeft) }))
}

/**
 * The line of a credit note that takes back a quantity, at the price and the taxes it was sold with. Its discount is
 * the share of what is left, so that taking back the rest takes back exactly the rest of the discount.
 */
export function creditLine({ line, left, discountLeft }: Creditable, quantity: string): SaleLine {
  const { id, sku, name, hsn, unit, price, taxes = [] } = line
  const twice = 2n * BigInt(discountLeft) * toMillionths(quantity)
  const minor = left > 0n ? Number((twice + left) / (2n * left)) : 0
  return {
    id,
    sku,
    name,
    ...(hsn === undefined ? {} : { hsn }),
    ...(unit === undefined ? {} : { unit }),
    quantity,
    price,
    ...(minor === 0 ? {} : { discount: { minor } }),
    taxes: taxes.map((tax) => ({ name: tax.name, rate: tax.rate })),
  }
}

export function leftText({ left }: Creditable): string {
  return fromMillionths(left)
}
