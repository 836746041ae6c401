import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import { JSON_BODY_BYTES, SMALL_BODY_BYTES, UPLOAD_PART_BYTES } from '../protocol/limits.js'
import { Refused } from '../protocol/problem.js'
import { ROUTES, type Body, type Caller, type RouteEntry, type RouteId } from './access-table.js'
import {
  callerOf,
  noSession,
  principalOf,
  type Machine,
  type Principal,
  type SignedIn,
  type Terminal,
} from './caller.js'
import { tooManyRequests } from './buckets.js'
import { keyOfAddress } from './addresses.js'
import type { InFlight } from './in-flight.js'
import type { Relay } from './relay.js'

type PrincipalOf<C extends Caller> = C extends 'anyone'
  ? Principal
  : C extends 'till' | 'manager-terminal'
    ? Terminal
    : C extends 'machine'
      ? Machine
      : SignedIn

/** Who can stand behind a request that the table lets through to a route. */
export type CallerFor<I extends RouteId> = PrincipalOf<(typeof ROUTES)[I]['who'][number]>

export type Handler<I extends RouteId> = (
  request: Request,
  response: Response,
  caller: CallerFor<I>,
) => Promise<void> | void

export interface RoutesOptions {
  readonly relay: Relay
  /** Token of the control file. */
  readonly machine: string
  /** Takes one request of an address from what it may; see `Buckets.take`. */
  readonly take: (address: string) => number
  readonly inFlight: InFlight
}

/**
 * The one way to give the relay a route: by its id in the access table. Before the handler runs it is known who asks,
 * and that they may; nothing of a body is read before that.
 */
export class Routes {
  readonly #app: Express
  readonly #options: RoutesOptions
  readonly #registered = new Set<RouteId>()
  readonly #readers: Record<Body, RequestHandler> = {
    json: express.json({ limit: JSON_BODY_BYTES, strict: true }),
    'small-json': express.json({ limit: SMALL_BODY_BYTES, strict: true }),
    part: express.raw({ type: 'application/octet-stream', limit: UPLOAD_PART_BYTES }),
  }

  constructor(app: Express, options: RoutesOptions) {
    this.#app = app
    this.#options = options
  }

  on<I extends RouteId>(id: I, handle: Handler<I>): void {
    if (this.#registered.has(id)) throw new Error(`The route ${id} is registered twice`)
    this.#registered.add(id)
    const entry: RouteEntry = ROUTES[id]
    const { watch, auditReads } = this.#options.relay
    const method = entry.method.toLowerCase() as Lowercase<RouteEntry['method']>
    const admit: RequestHandler = (request, response, next) => {
      const caller = this.#admit(entry, request)
      if (caller.kind === 'terminal') watch.heard(caller.identity.terminal)
      response.locals['caller'] = caller
      next()
    }
    const route = `${entry.method} ${entry.path}`
    // Every read by an auditor is itself on record, before it is answered.
    const audited: RequestHandler = async (request, response, next) => {
      const by = auditorIn(response.locals['caller'] as Principal)
      const [, query = ''] = request.originalUrl.split('?', 2)
      if (by !== undefined) await auditReads.note({ by, route, path: request.path, query })
      next()
    }
    const run: RequestHandler = (request, response) => {
      const from = performance.now()
      response.once('finish', () => {
        watch.tallies.requests += 1
        watch.metrics.answered(entry.path, response.statusCode, (performance.now() - from) / 1_000)
      })
      const work = handle(request, response, response.locals['caller'] as CallerFor<I>)
      if (work) this.#options.inFlight.track(work)
      return work
    }
    const reader = entry.takes === undefined ? [] : [this.#readers[entry.takes]]
    const audit = entry.path.startsWith('/v1/admin/') ? [audited] : []
    this.#app[method](entry.path, admit, ...audit, ...reader, run)
  }

  #admit(entry: RouteEntry, request: Request): Principal {
    const { relay, machine, take } = this.#options
    const principal = principalOf(relay, machine, request)
    if (entry.rated && principal.kind === 'nobody') {
      const seconds = take(keyOfAddress(request.ip))
      if (seconds > 0)
        throw tooManyRequests('too-many-requests', 'Too many requests come from this address.', seconds)
    }
    const caller = callerOf(principal)
    if (!entry.who.includes('anyone') && !entry.who.includes(caller)) throw refusal(entry, principal)
    if (principal.kind === 'person' && request.method !== 'GET' && request.method !== 'HEAD') meant(request)
    return principal
  }
}

function auditorIn(caller: Principal): string | undefined {
  return caller.kind === 'person' && caller.person.role === 'auditor' ? caller.person.name : undefined
}

/** A page of another site can make a browser send a cookie, but not with JSON, unless this server allowed it (CSRF). */
function meant(request: Request): void {
  const type = request.get('content-type') ?? ''
  if (/^application\/json\s*(;|$)/i.test(type)) return
  throw new Refused(
    'forbidden',
    'json-only',
    'Whoever is signed in with a cookie changes things with Content-Type: application/json only.',
  )
}

function refusal({ who }: RouteEntry, principal: Principal): Refused {
  const forTerminals = who.includes('manager-terminal')
  if (principal.kind === 'nobody') {
    return forTerminals
      ? noSession()
      : new Refused(
          'unauthenticated',
          'sign-in-first',
          'This is for people who sign in, or for commands on the relay’s machine. Sign in first.',
        )
  }
  if (principal.kind === 'terminal' && forTerminals) {
    return new Refused(
      'forbidden',
      'managers-only',
      'Only a terminal that was paired with --role manager may do this.',
    )
  }
  const list = who.join(', ')
  return new Refused(
    'forbidden',
    'not-allowed',
    `This is allowed to: ${list}; not to: ${callerOf(principal)}.`,
  )
}
