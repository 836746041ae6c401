import { computed, signal } from '@preact/signals'
import type { Discount, Price } from '../../docs/generated/types.js'
import { locale } from '../../pages/messages.js'
import { readDecimal, readDigits } from './decimals.js'

interface Counted {
  readonly currency?: string
  readonly minorDigits: number
}

const counted = signal<Counted>({ minorDigits: 2 })

const formatter = computed(() => {
  const { currency, minorDigits } = counted.value
  return new Intl.NumberFormat(locale.value, {
    ...(currency === undefined ? {} : { style: 'currency', currency }),
    minimumFractionDigits: minorDigits,
    maximumFractionDigits: minorDigits,
  })
})

/** Takes over how the shop counts; null before its document has come. */
export function useMoneyOf(shop: {
  readonly currency: string | null
  readonly minorDigits: number | null
}): void {
  const minorDigits = shop.minorDigits ?? 2
  const currency = shop.currency ?? undefined
  const before = counted.peek()
  if (minorDigits === before.minorDigits && currency === before.currency) return
  counted.value = { minorDigits, ...(currency === undefined ? {} : { currency }) }
}

/** Minor units as a plain decimal, exact: 255 with 2 digits is `2.55`. */
export function plainAmount(minor: number): string {
  const { minorDigits } = counted.value
  const digits = String(Math.abs(minor)).padStart(minorDigits + 1, '0')
  const split = digits.length - minorDigits
  const point = minorDigits === 0 ? '' : '.'
  return `${minor < 0 ? '-' : ''}${digits.slice(0, split)}${point}${digits.slice(split)}`
}

/** Minor units as a person reads them. The formatter gets a text, so that no figure passes through a float. */
export function amount(minor: number): string {
  return formatter.value.format(plainAmount(minor) as Intl.StringNumericLiteral)
}

export function priceText({ minor, per = 1 }: Price): string {
  return per === 1 ? amount(minor) : `${amount(minor)} per ${per}`
}

/**
 * A typed amount in minor units.
 * @throws Error that names the text
 */
export function readAmount(text: string, what = 'amount'): number {
  const { minorDigits } = counted.peek()
  const { whole, fraction } = readDigits(text, what)
  if (fraction.length > minorDigits) {
    const allowed = minorDigits === 0 ? 'no digits' : `at most ${minorDigits} digits`
    throw new Error(`“${text.trim()}” is too fine for this currency. Write ${allowed} after the point.`)
  }
  const minor = Number(whole + fraction.padEnd(minorDigits, '0'))
  if (!Number.isSafeInteger(minor)) throw new Error(`“${text.trim()}” is larger than can be counted exactly.`)
  return minor
}

/**
 * A typed discount: `5%`, or an amount; nothing for none.
 * @throws Error
 */
export function readDiscount(text: string): Discount | null {
  const typed = text.trim()
  if (typed === '') return null
  return typed.endsWith('%')
    ? { percent: readDecimal(typed.slice(0, -1), 'percentage') }
    : { minor: readAmount(typed, 'discount') }
}

export function discountText(discount: Discount | undefined): string {
  if (discount === undefined) return ''
  return 'percent' in discount ? `${discount.percent}%` : plainAmount(discount.minor)
}
