import type { Day } from './generated/types.js'

/** Invoices and credit notes are numbered apart. */
export type NumberedType = 'invoice' | 'credit-note'

/** A series has exactly one writer: one terminal in one epoch. Its numbers start at 1 each financial year. */
export interface Series {
  readonly code: string
  readonly epoch: string
  readonly type: NumberedType
  /** Four characters, see {@link financialYear}. */
  readonly year: string
}

/** CGST Rule 46(b): at most 16 characters. */
export const NUMBER_LENGTH = 16
const SEQUENCE_DIGITS = 6

export class SeriesExhausted extends Error {
  constructor(series: Series) {
    super(
      `Series ${seriesPrefix(series)} has used its last number. Pair this terminal again: its next epoch begins a new series.`,
    )
    this.name = 'SeriesExhausted'
  }
}

/**
 * The financial year a date lies in, as four characters: `2627` for 2026-04-01 to 2027-03-31, or `2026` where the
 * year starts on 1 January.
 * @param start month and day the year begins on, `MM-DD`
 */
export function financialYear(day: Day, start: string): string {
  const year = Number(day.slice(0, 4))
  if (start === '01-01') return String(year)
  const first = day.slice(5) >= start ? year : year - 1
  const two = (value: number): string => String(value % 100).padStart(2, '0')
  return `${two(first)}${two(first + 1)}`
}

export function seriesPrefix({ code, epoch, type, year }: Series): string {
  return `${code}${epoch}/${year}/${type === 'credit-note' ? 'C' : ''}`
}

/**
 * `<terminal><epoch>/<financial year>/<sequence>`, a credit note's sequence led by a C: `T07A/2526/000123`,
 * `T07A/2526/C00123`. The sequence is padded to the digits that are left of 16 characters, six at most.
 * @throws SeriesExhausted when no number is left
 */
export function formatNumber(series: Series, sequence: number): string {
  const prefix = seriesPrefix(series)
  const digits = Math.min(SEQUENCE_DIGITS, NUMBER_LENGTH - prefix.length)
  if (sequence >= 10 ** digits) throw new SeriesExhausted(series)
  return `${prefix}${String(sequence).padStart(digits, '0')}`
}

const NUMBER = /^([A-Z][A-Z0-9]?[0-9])([A-Z]{1,2})\/(\d{4})\/(C?)(\d{3,6})$/

/** The series and sequence of a number, or undefined for a text that is no number of ours. */
export function parseNumber(number: string): (Series & { readonly sequence: number }) | undefined {
  const match = NUMBER.exec(number)
  if (!match) return undefined
  const [, code = '', epoch = '', year = '', credit, sequence] = match
  return { code, epoch, year, type: credit ? 'credit-note' : 'invoice', sequence: Number(sequence) }
}

/** The epoch after this one: A … Z, AA … ZZ. */
export function nextEpoch(epoch: string): string {
  const letters = [...epoch].map((letter) => letter.charCodeAt(0) - 65)
  const value = letters.reduce((sum, letter) => sum * 26 + letter + 1, 0)
  if (value >= 26 * 27) throw new Error('This terminal has used all epochs. Pair it under another name.')
  const two = value - 26
  return value < 26
    ? String.fromCharCode(65 + value)
    : String.fromCharCode(65 + Math.floor(two / 26)) + String.fromCharCode(65 + (two % 26))
}

/** Whether epoch `a` came before epoch `b`. */
export function epochBefore(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length
}
