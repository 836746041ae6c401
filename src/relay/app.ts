import express, { type Express, type RequestHandler } from 'express'
import helmet from 'helmet'
import type { Alive, Ready } from '../docs/generated/types.js'
import { notFound, problems } from '../protocol/http.js'
import { PAGE_POLICY } from '../protocol/page-policy.js'
import { problemFor, Refused } from '../protocol/problem.js'
import { VERSION } from '../protocol/version.js'
import { adminApi } from './admin-api.js'
import { auditApi } from './audit-api.js'
import { evidenceApi } from './evidence-api.js'
import { browsers } from './browsers.js'
import { Buckets } from './buckets.js'
import { cashierApi } from './cashier-api.js'
import { fleetApi } from './fleet-api.js'
import { historyApi } from './history-api.js'
import type { HttpLimits } from './http-limits.js'
import { imageApi } from './image-api.js'
import type { InFlight } from './in-flight.js'
import type { LimitNotes } from './limit-notes.js'
import { logApi } from './log/api.js'
import { metricsApi } from './metrics-api.js'
import { ownShopApi } from './own-shop-api.js'
import { pageRoutes } from './page.js'
import { peopleApi } from './people-api.js'
import type { Relay } from './relay.js'
import { Routes } from './routes.js'
import { terminalApi } from './terminal-api.js'
import { watchApi } from './watch-api.js'

export interface AppOptions {
  /** Token of the control file. */
  readonly machine: string
  readonly hosts: readonly string[]
  readonly proxies: readonly string[]
  /** Of the config file. */
  readonly metricsToken?: string | undefined
  readonly limits: HttpLimits
  readonly notes: LimitNotes
  readonly stopping: () => boolean
  readonly inFlight: InFlight
}

/** Everything the relay answers over HTTP. Whatever has no entry in the access table is not there. */
export function relayApp(relay: Relay, options: AppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  if (options.proxies.length > 0) app.set('trust proxy', [...options.proxies])
  app.use(helmet(PAGE_POLICY))
  app.use(browsers(options.hosts))
  app.use(notStored)

  const unproven = new Buckets(options.limits.unproven, () => relay.now().getTime())
  const routes = new Routes(app, {
    relay,
    machine: options.machine,
    inFlight: options.inFlight,
    take: (address) => {
      const seconds = unproven.take(address)
      if (seconds > 0)
        options.notes.note('too-many-requests', address, 'more requests than an address may make unproven')
      return seconds
    },
  })
  routes.on('health', (_request, response) => {
    const answer: Alive = { status: 'ok', version: VERSION }
    response.json(answer)
  })
  routes.on('ready', (_request, response) => {
    if (options.stopping()) {
      // Not thrown: who looks whether it is ready is no failure to report.
      const problem = problemFor(new Refused('unavailable', 'stopping', 'This relay is being stopped.'))
      response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem))
      return
    }
    const answer: Ready = { status: 'ready' }
    response.json(answer)
  })
  pageRoutes(routes)
  peopleApi(routes, relay)
  adminApi(routes, relay)
  historyApi(routes, relay)
  cashierApi(routes, relay)
  fleetApi(routes, relay)
  watchApi(routes, relay)
  auditApi(routes, relay)
  evidenceApi(routes, relay)
  metricsApi(routes, relay, { token: options.metricsToken, behindProxy: options.proxies.length > 0 })
  terminalApi(routes, relay)
  logApi(routes, relay)
  ownShopApi(routes, relay)
  imageApi(routes, relay)

  app.use(notFound)
  app.use(
    problems((error, request) =>
      relay.log.error(
        { route: `${request.method} ${request.path}`, error: String((error as Error).stack) },
        'a request failed',
      ),
    ),
  )
  return app
}

/** What is asked of the API is somebody's books: no cache on the way keeps it. */
const notStored: RequestHandler = function notStored(request, response, next) {
  if (request.path.startsWith('/v1/')) response.set('cache-control', 'no-store')
  next()
}
