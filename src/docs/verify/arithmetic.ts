import type { SealedLine } from '../generated/types.js'
import { canonicalJson } from '../canonical.js'
import { negate } from '../credit.js'
import { priceBill, PricingError, type LineInput, type PricedBill } from '../pricing.js'
import type { InvoiceRecord, CreditNoteRecord, SaleRecord } from '../record.js'
import { settle, settleRefund, TenderError } from '../tender.js'

/**
 * What is wrong with the figures of an invoice or credit note: it is priced anew from quantities, prices, discounts,
 * rates and policy as it states them, by the code that priced it.
 * @returns a sentence's end, `its total tax is 5, not 6 minor units`; undefined where all figures are right
 */
export function faultOfFigures(body: SaleRecord): string | undefined {
  const stated = body.type === 'credit-note' ? negate(body) : body
  let priced: PricedBill
  try {
    priced = priceBill(inputOf(stated), body.policy)
  } catch (error) {
    if (error instanceof PricingError || error instanceof RangeError)
      return `it cannot be priced: ${error.message}`
    throw error
  }
  return (
    faultOfLines(stated.lines, priced.lines) ??
    difference('its tax groups', stated.taxes, priced.taxes) ??
    faultOfTotals(stated.totals, priced.totals)
  )
}

/** The bill that was sealed. What a discount in percent came to is an amount by now; shares of amounts are cut alike. */
function inputOf({ lines }: Pick<PricedBill, 'lines'>): Parameters<typeof priceBill>[0] {
  const billDiscount = lines.reduce((sum, line) => sum + (line.billDiscount ?? 0), 0)
  return {
    lines: lines.map(({ id, sku, name, quantity, price, discount, taxes = [] }): LineInput => ({
      id,
      sku,
      name,
      quantity,
      price,
      ...(discount === undefined ? {} : { discount: { minor: discount } }),
      taxes: taxes.map((tax) => ({ name: tax.name, rate: tax.rate })),
    })),
    ...(billDiscount === 0 ? {} : { discount: { minor: billDiscount } }),
  }
}

const FIGURES = ['gross', 'discount', 'billDiscount', 'taxable', 'total'] as const

function faultOfLines(stated: readonly SealedLine[], priced: readonly SealedLine[]): string | undefined {
  for (const [index, line] of stated.entries()) {
    const right = priced[index]
    for (const figure of FIGURES) {
      const fault = differs(`${figure} of line ${index + 1}`, line[figure] ?? 0, right?.[figure] ?? 0)
      if (fault !== undefined) return fault
    }
    for (const [at, { name, minor }] of (line.taxes ?? []).entries()) {
      const fault = differs(`${name} of line ${index + 1}`, minor, right?.taxes?.[at]?.minor ?? 0)
      if (fault !== undefined) return fault
    }
  }
  return undefined
}

function faultOfTotals(stated: PricedBill['totals'], priced: PricedBill['totals']): string | undefined {
  for (const figure of ['gross', 'discount', 'taxable', 'tax', 'total', 'roundOff', 'payable'] as const) {
    const fault = differs(`total ${figure}`, stated[figure], priced[figure])
    if (fault !== undefined) return fault
  }
  return undefined
}

function differs(what: string, stated: number, right: number): string | undefined {
  return stated === right ? undefined : `its ${what} is ${stated}, not ${right} minor units`
}

function difference(what: string, stated: unknown, right: unknown): string | undefined {
  return canonicalJson(stated) === canonicalJson(right) ? undefined : `${what} are not the sums of its lines`
}

/** What is wrong with tenders and change; undefined where they settle the sale. */
export function faultOfTenders(body: SaleRecord): string | undefined {
  try {
    return body.type === 'invoice' ? faultOfPayment(body) : faultOfRefund(body)
  } catch (error) {
    if (error instanceof TenderError || error instanceof RangeError) return error.message
    throw error
  }
}

function faultOfPayment({ totals, tenders, change, policy }: InvoiceRecord): string | undefined {
  const right = settle(totals.payable, tenders, policy.minorDigits).change
  return differs('change', change, right)
}

function faultOfRefund({ totals, tenders, policy }: CreditNoteRecord): string | undefined {
  const given = tenders.map((tender) => ({ ...tender, minor: 0 - tender.minor }))
  settleRefund(totals.payable, given, policy.minorDigits)
  return undefined
}
