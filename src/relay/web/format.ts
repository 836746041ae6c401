import { language } from './messages/language.js'
import { now } from './state/clock.js'

/** Numbers, times and amounts as the chosen language writes them. */

const made = new Map<string, unknown>()

/** Formats are dear to make, and each is made once for a language. */
function once<F>(name: string, make: (locale: string) => F): F {
  const locale =
    language.value === 'hi' ? 'hi-IN' : navigator.language.startsWith('en') ? navigator.language : 'en'
  const key = `${locale} ${name}`
  if (!made.has(key)) made.set(key, make(locale))
  return made.get(key) as F
}

export function number(value: number): string {
  return once('number', (locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 2 })).format(value)
}

export function money(minor: number, currency: string, digits: number): string {
  const format = once(
    `${currency} ${digits}`,
    (locale) =>
      new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      }),
  )
  return format.format(minor / 10 ** digits)
}

/** As {@link time}, to the second. */
export function moment(instant: string): string {
  return once(
    'moment',
    (locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }),
  ).format(new Date(instant))
}

export function time(instant: string): string {
  return once(
    'time',
    (locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }),
  ).format(new Date(instant))
}

export function hours(instant: string): string {
  return once('hours', (locale) => new Intl.DateTimeFormat(locale, { timeStyle: 'short' })).format(
    new Date(instant),
  )
}

const STEPS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

/** How long ago, or until when. Seconds are told in tens: the page looks at the clock as often. */
export function ago(instant: string): string {
  const seconds = (Date.parse(instant) - now.value) / 1_000
  const format = once('ago', (locale) => new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }))
  const [unit, size] = STEPS.find(([, size]) => Math.abs(seconds) >= size) ?? ['second', 1]
  return unit === 'second'
    ? format.format(Math.round(seconds / 10) * 10, unit)
    : format.format(Math.trunc(seconds / size), unit)
}

/** A length of time in its largest unit. */
export function span(ms: number): string {
  const seconds = Math.abs(ms) / 1_000
  const [unit, size] = STEPS.find(([, size]) => seconds >= size) ?? ['second', 1]
  return once(
    `span ${unit}`,
    (locale) => new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits: 1 }),
  ).format(seconds / size)
}

const BYTES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const

export function bytes(count: number): string {
  const power = Math.min(BYTES.length - 1, count > 0 ? Math.floor(Math.log10(count) / 3) : 0)
  const unit = BYTES[power] ?? 'byte'
  return once(
    unit,
    (locale) => new Intl.NumberFormat(locale, { style: 'unit', unit, maximumFractionDigits: 1 }),
  ).format(count / 1_000 ** power)
}

export function seconds(value: number): string {
  return once(
    'seconds',
    (locale) =>
      new Intl.NumberFormat(locale, { style: 'unit', unit: 'millisecond', maximumFractionDigits: 1 }),
  ).format(value * 1_000)
}
