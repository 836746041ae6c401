const FRACTION_DIGITS = 6
const SPELLING = /^(\d*)(?:\.(\d*))?$/
const SCALE = 10n ** BigInt(FRACTION_DIGITS)

/** The sign that this person's locale puts before fractions; a point is understood everywhere. */
const SEPARATOR =
  new Intl.NumberFormat().formatToParts(1.5).find(({ type }) => type === 'decimal')?.value ?? '.'

export interface TypedDigits {
  readonly whole: string
  readonly fraction: string
}

/**
 * Reads a number as typed. Thousands separators are refused, because they could be read as a decimal point.
 * @throws Error that names the text
 */
export function readDigits(text: string, what: string): TypedDigits {
  const typed = text.trim()
  const plain = SEPARATOR === '.' ? typed : typed.replace(SEPARATOR, '.')
  const [, whole = '', fraction = ''] = SPELLING.exec(plain) ?? []
  if (whole + fraction === '')
    throw new Error(
      `“${typed}” is no ${what}. Write digits with at most one “${SEPARATOR}”, such as 1250${SEPARATOR}50.`,
    )
  return { whole: whole.replace(/^0+(?=\d)/, '') || '0', fraction }
}

/**
 * A typed number in the one spelling the API takes.
 * @throws Error
 */
export function readDecimal(text: string, what: string): string {
  const { whole, fraction } = readDigits(text, what)
  const digits = fraction.replace(/0+$/, '')
  if (digits.length > FRACTION_DIGITS)
    throw new Error(
      `“${text.trim()}” is too fine for a ${what}. Write at most ${FRACTION_DIGITS} digits after the point.`,
    )
  return digits === '' ? whole : `${whole}.${digits}`
}

/** A decimal of the API as a whole number of millionths, so that sums and shares are exact. */
export function toMillionths(decimal: string): bigint {
  const negative = decimal.startsWith('-')
  const [whole = '', fraction = ''] = (negative ? decimal.slice(1) : decimal).split('.')
  const magnitude = BigInt(whole + fraction.padEnd(FRACTION_DIGITS, '0'))
  return negative ? -magnitude : magnitude
}

export function fromMillionths(millionths: bigint): string {
  const magnitude = millionths < 0n ? -millionths : millionths
  const fraction = String(magnitude % SCALE)
    .padStart(FRACTION_DIGITS, '0')
    .replace(/0+$/, '')
  return `${millionths < 0n ? '-' : ''}${magnitude / SCALE}${fraction === '' ? '' : `.${fraction}`}`
}
