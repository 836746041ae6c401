import { VIEWS } from '../docs/views/index.js'
import type { View } from '../docs/views/view.js'
import { Refused } from '../protocol/problem.js'

/** The view of this name. @throws Refused `unknown-format` */
export function viewOf(format: string): View {
  const view = VIEWS.get(format)
  if (view) return view
  const known = [...VIEWS.keys()].join(', ')
  throw new Refused('invalid', 'unknown-format', `There is no format ${format}. Give one of ${known}.`)
}
