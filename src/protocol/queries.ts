import type { Request } from 'express'
import { isDay } from '../docs/business-day.js'
import { queryOf } from './http.js'
import { Refused } from './problem.js'

/** Business days, both included; a missing end is open. */
export interface DayRange {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/**
 * `from` and `to` of a query: business days, both included.
 * @throws Refused for anything that is no date, and for a range that ends before it begins
 */
export function dayRangeOf(request: Request): DayRange {
  const day = (name: string): string | undefined => {
    const value = queryOf(request, name)
    if (value !== undefined && !isDay(value)) {
      throw new Refused('invalid', 'invalid-date', `"${value}" is no date. Give --${name} as YYYY-MM-DD.`)
    }
    return value
  }
  const range = { from: day('from'), to: day('to') }
  if (range.from !== undefined && range.to !== undefined && range.from > range.to) {
    throw new Refused('invalid', 'invalid-date', `--from ${range.from} is after --to ${range.to}.`)
  }
  return range
}
