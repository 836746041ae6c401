import { timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'
import { isEpochRevoked, isIntakeOpen } from '../docs/fleet.js'
import { Refused } from '../protocol/problem.js'
import type { Caller } from './access-table.js'
import type { Person } from './people.js'
import type { Relay } from './relay.js'
import type { Identity } from './sessions.js'
import { OPERATOR } from './shops.js'

/** Whom a request was proven to come from. */
export type Principal =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'terminal'; readonly identity: Identity }
  | { readonly kind: 'person'; readonly person: Person; readonly session: string }
  | { readonly kind: 'machine' }

export type Terminal = Extract<Principal, { kind: 'terminal' }>
export type SignedIn = Extract<Principal, { kind: 'person' }>
export type Machine = Extract<Principal, { kind: 'machine' }>

/** How the access table names a principal. */
export function callerOf(principal: Principal): Caller {
  switch (principal.kind) {
    case 'nobody':
      return 'anyone'
    case 'machine':
      return 'machine'
    case 'person':
      return principal.person.role
    case 'terminal':
      return principal.identity.role === 'manager' ? 'manager-terminal' : 'till'
  }
}

/** In whose name a change is noted. */
export function nameOf(principal: SignedIn | Machine): string {
  return principal.kind === 'person' ? principal.person.name : OPERATOR
}

/** The one shop a person is bound to; undefined for those who see all. */
export function shopBoundTo(principal: SignedIn | Machine): string | undefined {
  return principal.kind === 'person' ? principal.person.shop : undefined
}

/** Whether who began a request that lasts is still who they were. It does not count as a sign of life. */
export function mayStillHear(relay: Relay, principal: SignedIn | Machine): boolean {
  return principal.kind === 'machine' || relay.people.isSignedIn(principal.session)
}

/** @throws Refused `not-your-shop`, where a person is bound to a shop and this is another or none */
export function mustBeOwnShop(principal: SignedIn | Machine, shop: string | undefined): void {
  const own = shopBoundTo(principal)
  if (own === undefined || own === shop) return
  throw new Refused('forbidden', 'not-your-shop', 'A manager decides about the own shop only.')
}

/**
 * What a proven identity is now; undefined where it is none any more. Every HTTP request and every upgrade of a terminal
 * passes here, so whatever takes a terminal's standing away is looked at here.
 */
export function standing(relay: Relay, identity: Identity | undefined): Identity | undefined {
  const terminal = identity && relay.shops.terminal(identity.terminal)?.terminal
  if (!terminal || !isEpochRevoked(terminal, identity.epoch)) return terminal && identity
  return identity.intake && isIntakeOpen(terminal, relay.now()) ? identity : undefined
}

/** To who has to connect, and is told then how it stands. */
export function noSession(): Refused {
  return new Refused('unauthenticated', 'no-session', 'This request needs a session: connect first.')
}

/** The cookie of a request over TLS cannot be set by a neighbour's page or over plain HTTP. */
export function cookieName(secure: boolean): string {
  return secure ? '__Host-counterfoil' : 'counterfoil'
}

/** @param machine the token of the control file */
export function principalOf(relay: Relay, machine: string, request: Request): Principal {
  const authorization = request.get('authorization')
  if (authorization !== undefined) {
    if (isMachine(machine, authorization)) return { kind: 'machine' }
    const identity = standing(relay, relay.sessions.find(authorization))
    return identity ? { kind: 'terminal', identity } : { kind: 'nobody' }
  }
  const session = cookieOf(request, cookieName(request.secure))
  const person = session === undefined ? undefined : relay.people.signedIn(session)
  return session !== undefined && person ? { kind: 'person', person, session } : { kind: 'nobody' }
}

export function isMachine(token: string, authorization: string | undefined): boolean {
  const expected = Buffer.from(`Bearer ${token}`)
  const given = Buffer.from(authorization ?? '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function cookieOf(request: Request, name: string): string | undefined {
  for (const part of (request.get('cookie') ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2)
    if (key === name && value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value)) return value
  }
  return undefined
}
