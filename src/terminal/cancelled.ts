import { Refused } from '../protocol/problem.js'

/** A person ended the work that ran. */
export function cancelled(): Refused {
  return new Refused(
    'conflict',
    'cancelled',
    'It was cancelled. Start it again when you want to; it goes on.',
  )
}
