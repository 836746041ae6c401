import { computed } from '@preact/signals'
import { locale } from './messages.js'

const formats = computed(() => ({
  dateTime: new Intl.DateTimeFormat(locale.value, { dateStyle: 'medium', timeStyle: 'short' }),
  time: new Intl.DateTimeFormat(locale.value, { timeStyle: 'short' }),
  age: new Intl.RelativeTimeFormat(locale.value, { numeric: 'always' }),
  number: new Intl.NumberFormat(locale.value),
}))

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

export function dateTime(instant: string): string {
  return formats.value.dateTime.format(new Date(instant))
}

export function time(instant: string): string {
  return formats.value.time.format(new Date(instant))
}

export function number(value: number): string {
  return formats.value.number.format(value)
}

/** How long ago, in the largest unit that fits; the clocks of two machines may differ, so it is never in the future. */
export function ago(instant: string, now: number): string {
  const age = Math.max(0, now - Date.parse(instant))
  const { age: format } = formats.value
  if (age < HOUR_MS) return format.format(-Math.floor(age / MINUTE_MS), 'minute')
  if (age < 2 * DAY_MS) return format.format(-Math.floor(age / HOUR_MS), 'hour')
  return format.format(-Math.floor(age / DAY_MS), 'day')
}

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
const STEP = 1_000

/** Bytes in the largest decimal unit that leaves a digit before the point. */
export function bytes(size: number): string {
  let value = size
  let unit = 0
  while (value >= STEP && unit < UNITS.length - 1) {
    value /= STEP
    unit += 1
  }
  return new Intl.NumberFormat(locale.value, {
    style: 'unit',
    unit: UNITS[unit] ?? 'byte',
    // Short, a byte has no plural.
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: unit === 0 ? 0 : 1,
  }).format(value)
}
