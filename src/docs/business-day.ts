import type { Day } from './generated/types.js'

/** How a shop tells one business day from the next. */
export interface Calendar {
  /** IANA time zone. */
  readonly timeZone: string
  /** `HH:MM` local time at which a business day begins; a bar that closes at two sets 04:00. */
  readonly dayStartsAt: string
  /** `MM-DD`. */
  readonly financialYearStart: string
}

const formats = new Map<string, Intl.DateTimeFormat>()

function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
    formats.set(timeZone, format)
  }
  return format
}

/** The calendar date of the shop at an instant, the night before `dayStartsAt` counted to the day before. */
export function localDay(at: Date, calendar: Calendar): Day {
  const [hours = 0, minutes = 0] = calendar.dayStartsAt.split(':').map(Number)
  return formatFor(calendar.timeZone).format(at.getTime() - (hours * 60 + minutes) * 60_000)
}

/** Whether a text is a date of the calendar, YYYY-MM-DD; 31 February is none. */
export function isDay(text: string): boolean {
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(text)
}

export function dayAfter(day: Day): Day {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
}

/**
 * The business day a sale belongs to now: never before the day that is open, never a day that is closed.
 * A sale after the close goes to the next day even while the calendar still shows the old one.
 */
export function businessDay(today: Day, open: Day | undefined, lastClosed: Day | undefined): Day {
  const earliest = lastClosed === undefined ? today : dayAfter(lastClosed)
  const candidate = today < earliest ? earliest : today
  return open !== undefined && open > candidate ? open : candidate
}
