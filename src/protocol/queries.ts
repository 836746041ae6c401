import type { Request } from 'express'
import { isDay } from '../docs/business-day.js'
import { queryOf } from './http.js'
import { Refused } from './problem.js'

/** Entries of a page where nothing else is asked for, and at most. */
const PAGE = 100
const MOST_OF_A_PAGE = 1_000

/**
 * `limit` of a query: how many entries a page has at most.
 * @throws Refused `invalid-query`
 */
export function limitOf(request: Request): number {
  const text = queryOf(request, 'limit') ?? String(PAGE)
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MOST_OF_A_PAGE) return limit
  throw new Refused('invalid', 'invalid-query', `limit must be a number from 1 to ${MOST_OF_A_PAGE}.`)
}

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
