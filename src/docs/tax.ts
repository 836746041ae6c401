import { BadDecimal, compareDecimals, isDecimal, parseDecimal } from './decimal.js'
import type { Decimal, TaxComponent } from './generated/types.js'

/** A line bears at most so many taxes (the record schema). */
export const MAX_COMPONENTS = 8
const LARGEST_RATE = '100'
const NAME = /^[A-Za-z][A-Za-z0-9 ._-]{0,19}$/
const BARE_RATE = /^[0-9.]+\s*%?$/

/** A tax text that cannot be read. The message names it and the remedy. */
export class BadTaxSpec extends Error {
  readonly text: string
  constructor(text: string, reason: string) {
    const shown = text.length > 80 ? `${text.slice(0, 80)}…` : text
    super(
      `The tax "${shown}" cannot be used: ${reason}. Write name:percent, several joined by +, such as CGST:9+SGST:9, or none for no tax.`,
    )
    this.name = 'BadTaxSpec'
    this.text = text
  }
}

/** What keeps components from being the taxes of a line, or undefined when nothing does. */
export function faultOfTaxes(components: readonly TaxComponent[]): string | undefined {
  if (components.length > MAX_COMPONENTS) return `it has more than ${MAX_COMPONENTS} parts`
  const names = new Set<string>()
  for (const { name, rate } of components) {
    if (!NAME.test(name)) {
      return `the name "${name}" must begin with a letter and have up to 20 letters, digits, spaces, dots, _ or -`
    }
    if (names.has(name.toUpperCase())) return `it names ${name} twice`
    names.add(name.toUpperCase())
    if (!isDecimal(rate)) return `the rate "${rate}" of ${name} is no number in its canonical spelling`
    if (rate.startsWith('-') || compareDecimals(rate, LARGEST_RATE) > 0) {
      return `the rate ${rate} of ${name} is not between 0 and ${LARGEST_RATE} percent`
    }
  }
  return undefined
}

function parseRate(spec: string, text: string): Decimal {
  try {
    return parseDecimal(text.replace(/%\s*$/, ''), 'tax rate')
  } catch (error) {
    if (error instanceof BadDecimal) throw new BadTaxSpec(spec, `"${text}" is no rate in percent`)
    throw error
  }
}

function parsePart(spec: string, part: string): TaxComponent {
  const [name = '', rate, ...rest] = part.split(':')
  if (rate === undefined || rest.length > 0) throw new BadTaxSpec(spec, `"${part}" is not name:percent`)
  return { name: name.trim(), rate: parseRate(spec, rate) }
}

/** How a tax text is read. */
export interface TaxSpecOptions {
  /** The name of a component that is given as a bare rate. */
  readonly name?: string
}

/**
 * Reads a tax text of the catalogue: `CGST:9+SGST:9`, `VAT:20`; empty or `none` for no tax. A bare rate, `20` or
 * `20%`, is one component named `TAX`, or as the options say.
 * @returns the components in the order given, rates in percent
 * @throws BadTaxSpec
 */
export function parseTaxSpec(text: string, options: TaxSpecOptions = {}): TaxComponent[] {
  // Bounded before it is cut into parts: the text may come from a file or the network.
  if (text.length > 500) throw new BadTaxSpec(text, 'it is longer than 500 characters')
  const spec = text.trim()
  if (spec === '' || spec.toLowerCase() === 'none') return []
  const components = BARE_RATE.test(spec)
    ? [{ name: options.name ?? 'TAX', rate: parseRate(text, spec) }]
    : spec.split('+').map((part) => parsePart(text, part))
  const fault = faultOfTaxes(components)
  if (fault !== undefined) throw new BadTaxSpec(text, fault)
  return components
}

/** The tax text of components, empty for none; {@link parseTaxSpec} reads it back. */
export function formatTaxSpec(components: readonly TaxComponent[]): string {
  return components.map(({ name, rate }) => `${name}:${rate}`).join('+')
}
