const DATE_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' })

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

export function dateTime(instant: string): string {
  return DATE_TIME.format(new Date(instant))
}

export function time(instant: string): string {
  return TIME.format(new Date(instant))
}

/** How long ago, in the largest unit that fits. */
export function ageOf(instant: string): string {
  const age = Math.max(0, Date.now() - Date.parse(instant))
  if (age < MINUTE_MS) return 'less than a minute'
  if (age < HOUR_MS) return `${Math.floor(age / MINUTE_MS)} min`
  if (age < 2 * DAY_MS) return `${Math.floor(age / HOUR_MS)} h`
  return `${Math.floor(age / DAY_MS)} days`
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
