import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMinor } from '../../src/docs/money.js'
import type { ExportedInvoice, SealedLine } from '../../src/docs/generated/types.js'
import { creditableLines, creditLine } from '../../src/terminal/web/credit.js'
import { readDecimal } from '../../src/terminal/web/decimals.js'
import { amount, plainAmount, readAmount, readDiscount, useMoneyOf } from '../../src/terminal/web/money.js'

describe('figures of the page', () => {
  it('reads every amount it writes, exactly, whatever the currency', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 0, max: 4 }),
        (minor, minorDigits) => {
          useMoneyOf({ currency: 'INR', minorDigits })
          expect(plainAmount(minor)).toBe(formatMinor(minor, minorDigits))
          expect(readAmount(plainAmount(minor))).toBe(minor)
          expect(amount(minor).replace(/\D/g, '')).toBe(String(minor).padStart(minorDigits + 1, '0'))
        },
      ),
    )
  })

  it.each(['', '.', '1,000', '1e3', '-5', '0x1f', '1.2.3', '9007199254740993', '1.005', ' '])(
    'R1 refuses “%s” as an amount of two digits',
    (text) => {
      useMoneyOf({ currency: 'INR', minorDigits: 2 })
      expect(() => readAmount(text)).toThrow(/“/)
    },
  )

  it.each([
    ['.5', 50],
    ['12', 1_200],
    ['007.1', 710],
    [' 0.29 ', 29],
  ])('reads “%s” as %i minor units', (text, minor) => {
    useMoneyOf({ currency: 'INR', minorDigits: 2 })
    expect(readAmount(text)).toBe(minor)
  })

  it('reads discounts as a percentage, an amount, or none', () => {
    useMoneyOf({ currency: 'INR', minorDigits: 2 })
    expect(readDiscount('7.50 %')).toEqual({ percent: '7.5' })
    expect(readDiscount('7.5')).toEqual({ minor: 750 })
    expect(readDiscount('  ')).toBeNull()
    expect(readDecimal('010.500', 'quantity')).toBe('10.5')
  })

  it('credit notes of parts take back a line’s discount exactly, in whatever steps', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 1_000_000 }),
        fc.array(fc.integer({ min: 1, max: 1_000 }), { minLength: 1, maxLength: 6 }),
        (discount, steps) => {
          const invoice = sale(String(steps.reduce((sum, step) => sum + step, 0)), discount)
          const notes: ExportedInvoice[] = []
          let taken = 0
          for (const step of steps) {
            const [line] = creditableLines(invoice, notes)
            if (!line) throw new Error('The invoice has a line')
            const credit = creditLine(line, String(step))
            const part = credit.discount && 'minor' in credit.discount ? credit.discount.minor : 0
            taken += part
            notes.push(sale(`-${step}`, -part))
          }
          expect(taken).toBe(discount)
          expect(creditableLines(invoice, notes)[0]?.left).toBe(0n)
        },
      ),
    )
  })
})

function sale(quantity: string, discount: number): ExportedInvoice {
  const line: SealedLine = {
    id: 'line',
    sku: 'PEN',
    name: 'Ball pen',
    quantity,
    price: { minor: 1_050 },
    gross: 0,
    ...(discount === 0 ? {} : { discount }),
    taxable: 0,
    total: 0,
  }
  return { lines: [line] } as unknown as ExportedInvoice
}
