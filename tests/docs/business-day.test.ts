import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { businessDay, dayAfter, localDay, type Calendar } from '../../src/docs/business-day.js'

const INDIA: Calendar = { timeZone: 'Asia/Kolkata', dayStartsAt: '00:00', financialYearStart: '04-01' }
const BAR: Calendar = { ...INDIA, timeZone: 'Europe/London', dayStartsAt: '04:00' }

describe('business days', () => {
  test.each([
    ['2026-11-24T18:29:59Z', INDIA, '2026-11-24'],
    ['2026-11-24T18:30:00Z', INDIA, '2026-11-25'],
    ['2026-11-25T03:59:00Z', BAR, '2026-11-24'],
    ['2026-11-25T04:00:00Z', BAR, '2026-11-25'],
  ])('%s is a sale of %o on %s', (at, calendar, day) => expect(localDay(new Date(at), calendar)).toBe(day))

  test('the day after crosses months, years and leap days', () => {
    expect(dayAfter('2026-11-30')).toBe('2026-12-01')
    expect(dayAfter('2026-12-31')).toBe('2027-01-01')
    expect(dayAfter('2028-02-28')).toBe('2028-02-29')
  })

  test('a sale after the close belongs to the next day', () => {
    expect(businessDay('2026-11-24', undefined, '2026-11-24')).toBe('2026-11-25')
  })

  test('it is never before the open day, never a closed day, and never behind the calendar', () => {
    const day = fc
      .integer({ min: 0, max: 20_000 })
      .map((offset) => new Date(Date.UTC(2000, 0, 1) + offset * 86_400_000).toISOString().slice(0, 10))
    fc.assert(
      fc.property(
        day,
        fc.option(day, { nil: undefined }),
        fc.option(day, { nil: undefined }),
        (today, open, closed) => {
          const result = businessDay(today, open, closed)
          expect(result >= today).toBe(true)
          if (open !== undefined) expect(result >= open).toBe(true)
          if (closed !== undefined) expect(result > closed).toBe(true)
        },
      ),
    )
  })
})
