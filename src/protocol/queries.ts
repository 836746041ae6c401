import type { Request } from 'express'
import { queryOf } from './http.js'
import { Refused } from './problem.js'

/** Business days, both included; a missing end is open. */
export interface DayRange {
  readonly from?: string | undefined
  readonly to?: string | undefined
}

/**
 * `from` and `to` of a query: business days, both included.
 * @throws Refused for anything that is no date
 */
export function dayRangeOf(request: Request): DayRange {
  const day = (name: string): string | undefined => {
    const value = queryOf(request, name)
    if (value !== undefined && !isDate(value)) {
      throw new Refused('invalid', 'invalid-date', `"${value}" is no date. Give --${name} as YYYY-MM-DD.`)
    }
    return value
  }
  return { from: day('from'), to: day('to') }
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))
}
