import { addDecimals, compareDecimals, negateDecimal } from '../docs/decimal.js'
import type { FileSale } from './sales-file.js'

/** What each credit note of a sales file corrects: the reference of an invoice of the file, or nothing in it. */
export type Corrections = ReadonlyMap<string, string | undefined>

/**
 * Finds the invoices that the credit notes of a file correct: the latest earlier one to the same customer that has
 * enough left of every line. The file does not say; most corrected sales were made before it begins.
 */
export function planCorrections(sales: readonly FileSale[]): Corrections {
  const plan = new Map<string, string | undefined>()
  const byCustomer = new Map<string, { ref: string; left: Map<string, string> }[]>()
  for (const sale of sales) {
    const wanted = quantities(sale)
    const earlier = sale.customer === undefined ? [] : (byCustomer.get(sale.customer) ?? [])
    if (sale.type === 'credit-note') {
      const match = earlier.findLast(({ left }) => covers(left, wanted))
      plan.set(sale.ref, match?.ref)
      for (const [sku, quantity] of wanted) {
        match?.left.set(sku, addDecimals(match.left.get(sku) ?? '0', negateDecimal(quantity)))
      }
    } else if (sale.customer !== undefined) {
      byCustomer.set(sale.customer, [...earlier, { ref: sale.ref, left: wanted }])
    }
  }
  return plan
}

function quantities({ lines }: FileSale): Map<string, string> {
  const sums = new Map<string, string>()
  for (const { sku, quantity } of lines) sums.set(sku, addDecimals(sums.get(sku) ?? '0', quantity))
  return sums
}

function covers(left: ReadonlyMap<string, string>, wanted: ReadonlyMap<string, string>): boolean {
  return [...wanted].every(([sku, quantity]) => compareDecimals(left.get(sku) ?? '0', quantity) >= 0)
}
