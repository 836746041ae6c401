import { timingSafeEqual } from 'node:crypto'
import type { Request, RequestHandler, Response } from 'express'
import { Refused } from '../../protocol/problem.js'
import type { SignedInPerson, SignIns } from '../sign-ins.js'
import { ROUTES, type Caller, type RouteEntry } from './access.js'

/** Whom a request was found to come from. */
export interface Asking {
  readonly caller: Caller
  readonly signedIn?: SignedInPerson
  /** Of the session, where there is one. */
  readonly token?: string
}

export interface GuardOptions {
  readonly signIns: SignIns
  /** The secret of the control file, which only who can read the directory knows. */
  readonly secret: string
  readonly cookie: string
}

/** The cookie of one terminal: a browser sends cookies to every port of a host, and there may be several tills on it. */
export function cookieName(terminal: string): string {
  return `counterfoil-${terminal}`
}

/** Lets a request through to a route that stands in the table, if its caller stands there too. */
export function guard(options: GuardOptions): RequestHandler {
  const table = ROUTES.map((entry) => ({ entry, pattern: patternOf(entry.path) }))
  return (request, response, next) => {
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const path = request.baseUrl + request.path
    const found = table.find(({ entry, pattern }) => entry.method === method && pattern.test(path))
    if (!found) throw new Refused('notFound', 'no-such-route', `There is no ${request.method} ${path} here.`)
    const asking = whoAsks(options, request)
    if (options.signIns.needed) admit(found.entry, asking)
    response.locals['asking'] = asking
    next()
  }
}

/** Who asks, as the guard found it. */
export function askingOf(response: Response): Asking {
  return response.locals['asking'] as Asking
}

function whoAsks({ signIns, secret, cookie }: GuardOptions, request: Request): Asking {
  const authorization = request.get('authorization')
  const token =
    authorization === undefined
      ? cookieOf(request, cookie)
      : /^Bearer ([\w-]{20,100})$/.exec(authorization)?.[1]
  if (token === undefined) return { caller: 'nobody' }
  if (authorization !== undefined && sameText(token, secret)) return { caller: 'command' }
  const signedIn = signIns.find(token)
  return signedIn ? { caller: signedIn.person.role, signedIn, token } : { caller: 'nobody' }
}

function admit({ who }: RouteEntry, { caller, signedIn }: Asking): void {
  if (who.includes(caller)) return
  if (signedIn) {
    throw new Refused(
      'forbidden',
      'managers-only',
      `This is for people with the role manager; ${signedIn.person.name} is a ${signedIn.person.role}.`,
    )
  }
  throw new Refused(
    'unauthenticated',
    'sign-in-needed',
    'People sign in at this shop’s terminals: sign in with name and PIN first. A command says who with --by NAME.',
  )
}

function cookieOf(request: Request, name: string): string | undefined {
  for (const part of (request.get('cookie') ?? '').split(';')) {
    const [key, value] = part.trim().split('=', 2)
    if (key === name && value !== undefined && /^[\w-]{20,100}$/.test(value)) return value
  }
  return undefined
}

function sameText(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
}

/** Stricter than the router, which overlooks capitals and a slash at the end: what it would let by is refused here. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`)
}
