import type { Decimal, Price } from './generated/types.js'

/** Digits after the point that the `Decimal` schema can carry. */
export const FRACTION_DIGITS = 6
/** Digits before the point that the `Decimal` schema can carry. */
export const INTEGER_DIGITS = 12
/** A scaled decimal is the number times this, so that every `Decimal` is a whole BigInt. */
export const SCALE = 10n ** BigInt(FRACTION_DIGITS)

const LIMIT = 10n ** BigInt(INTEGER_DIGITS + FRACTION_DIGITS)
const CANONICAL = /^(0|-?(0\.[0-9]{0,5}[1-9]|[1-9][0-9]{0,11}(\.[0-9]{0,5}[1-9])?))$/
const SMALL_INTEGER = /^(0|-?[1-9][0-9]{0,8})$/
const SPELLING = /^([+-]?)([0-9]*)(?:\.([0-9]*))?$/
const LONGEST_SPELLING = 64
const LARGEST_PER_DIGITS = 6

/** A text that is no number, or a number with more digits than can be kept. The message names the text. */
export class BadDecimal extends Error {
  readonly text: string
  constructor(text: string, what: string, reason: string) {
    super(`"${shorten(text)}" cannot be used as a ${what}: ${reason}.`)
    this.name = 'BadDecimal'
    this.text = text
  }
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

interface Digits {
  readonly negative: boolean
  /** Without leading zeros; empty for 0. */
  readonly integer: string
  /** Without trailing zeros; empty for a whole number. */
  readonly fraction: string
}

function readDigits(text: string, what: string): Digits {
  const trimmed = text.trim()
  // Bounded before any pattern runs over it: the text may come from a file or the network.
  const match = trimmed.length > LONGEST_SPELLING ? null : SPELLING.exec(trimmed)
  const [, sign = '', integer = '', fraction = ''] = match ?? []
  if (integer === '' && fraction === '') {
    throw new BadDecimal(text, what, 'write it in digits with at most one point, such as 1250.50')
  }
  return {
    negative: sign === '-',
    integer: integer.replace(/^0+/, ''),
    fraction: fraction.replace(/0+$/, ''),
  }
}

/**
 * The canonical spelling of a number that a person or a file wrote: `" 6 "` → `6`, `"1.50"` → `1.5`,
 * `"-0.0"` → `0`. An exponent, a comma or a thousands separator is refused, because it could be read in two ways.
 * @param what what to call the number in the error
 * @throws BadDecimal when it is no number, or has more than 6 significant fraction or 12 integer digits
 */
export function parseDecimal(text: string, what = 'number'): Decimal {
  const { negative, integer, fraction } = readDigits(text, what)
  if (fraction.length > FRACTION_DIGITS) {
    throw new BadDecimal(text, what, `write at most ${FRACTION_DIGITS} digits after the point`)
  }
  if (integer.length > INTEGER_DIGITS) {
    throw new BadDecimal(text, what, `write at most ${INTEGER_DIGITS} digits before the point`)
  }
  const magnitude = `${integer || '0'}${fraction ? `.${fraction}` : ''}`
  return negative && magnitude !== '0' ? `-${magnitude}` : magnitude
}

/** Whether a value is a text in the canonical spelling of a number, as the `Decimal` schema demands. */
export function isDecimal(value: unknown): boolean {
  return typeof value === 'string' && CANONICAL.test(value)
}

/**
 * The number times {@link SCALE}.
 * @throws BadDecimal when the spelling is not canonical; {@link parseDecimal} makes it so
 */
export function toScaled(value: Decimal): bigint {
  if (!isDecimal(value)) throw new BadDecimal(value, 'number', 'it is not in its canonical spelling')
  const [integer = '', fraction = ''] = value.split('.')
  return BigInt(integer + fraction.padEnd(FRACTION_DIGITS, '0'))
}

/**
 * The canonical spelling of a number given times {@link SCALE}.
 * @throws BadDecimal when it has more than 12 integer digits
 */
export function fromScaled(scaled: bigint): Decimal {
  const magnitude = scaled < 0n ? -scaled : scaled
  const fraction = String(magnitude % SCALE)
    .padStart(FRACTION_DIGITS, '0')
    .replace(/0+$/, '')
  const text = `${scaled < 0n ? '-' : ''}${magnitude / SCALE}${fraction ? `.${fraction}` : ''}`
  if (magnitude >= LIMIT) {
    throw new BadDecimal(text, 'number', `it has more than ${INTEGER_DIGITS} digits before the point`)
  }
  return text
}

/**
 * @returns a negative number when a < b, 0 when they are equal, a positive number when a > b
 * @throws BadDecimal
 */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const difference = toScaled(a) - toScaled(b)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** @throws BadDecimal when the sum has more than 12 integer digits */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
  // Most are whole and small, and exact as they are.
  if (SMALL_INTEGER.test(a) && SMALL_INTEGER.test(b)) return String(Number(a) + Number(b))
  return fromScaled(toScaled(a) + toScaled(b))
}

/** @throws BadDecimal */
export function negateDecimal(value: Decimal): Decimal {
  return fromScaled(-toScaled(value))
}

/**
 * A price as a person or a file wrote it in major units: with 2 minor digits, `"2.55"` → 255 minor units, `"0.001"`
 * → 1 minor unit per 10 pieces. `per` is the smallest power of ten that keeps `minor` whole (the item price base
 * quantity, EN 16931 BT-149), and absent when that is 1. A negative price is read, too; whether it may be one is for
 * the caller to decide.
 * @param minorDigits digits of the currency after the point (ISO 4217): JPY 0, INR 2, KWD 3
 * @param what what to call the price in the error
 * @throws BadDecimal when it is no number, finer than a millionth of a minor unit, or beyond 2^53 − 1
 */
export function toMinor(text: string, minorDigits: number, what = 'price'): Price {
  const { negative, integer, fraction } = readDigits(text, what)
  const perDigits = Math.max(0, fraction.length - minorDigits)
  if (perDigits > LARGEST_PER_DIGITS) {
    throw new BadDecimal(
      text,
      what,
      `write at most ${minorDigits + LARGEST_PER_DIGITS} digits after the point`,
    )
  }
  const magnitude = BigInt(`0${integer}${fraction.padEnd(minorDigits, '0')}`)
  if (magnitude > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new BadDecimal(text, what, 'it is larger than this store can count exactly; write a smaller one')
  }
  const minor = Number(negative ? -magnitude : magnitude)
  return perDigits === 0 ? { minor } : { minor, per: 10 ** perDigits }
}
