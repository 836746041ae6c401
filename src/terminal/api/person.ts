import type { Response } from 'express'
import { foldName } from '../../docs/people.js'
import { Refused } from '../../protocol/problem.js'
import type { Agent } from '../agent.js'
import { askingOf } from './guard.js'

/**
 * Who does it: the person who is signed in. Where the shop has nobody to sign in, the name the request gives, or else
 * the terminal itself.
 * @throws Refused `not-you` where the request names another
 */
export function personOf(
  agent: Agent,
  response: Response,
  body: { readonly by?: string | undefined } | undefined,
): string {
  const person = askingOf(response).signedIn?.person
  const by = body?.by
  if (!person) return by ?? agent.identity.name
  if (by !== undefined && foldName(by) !== foldName(person.name)) {
    throw new Refused(
      'forbidden',
      'not-you',
      `${person.name} is signed in, and cannot do it in the name of ${by}. Sign in as ${by}, or leave the name out.`,
    )
  }
  return person.name
}

export const TERMINAL_API = 'terminal-api.schema.json#/$defs/'
