import { timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'
import type { Request } from 'express'
import { Refused } from '../protocol/problem.js'
import type { Relay } from './relay.js'
import type { Routes } from './routes.js'

export interface MetricsOptions {
  /** `metricsToken` of the config file. */
  readonly token: string | undefined
  /** Whether proxies are named in the config: then nobody who comes from this machine is known to be on it. */
  readonly behindProxy: boolean
}

/** Headers by which a proxy on this machine says that it asks for somebody else. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

/** Figures for Prometheus, to this machine itself and to who has the token. */
export function metricsApi(routes: Routes, relay: Relay, options: MetricsOptions): void {
  routes.on('metrics', async (request, response, caller) => {
    if (
      caller.kind !== 'machine' &&
      !isOnThisMachine(request, options) &&
      !hasToken(request, options.token)
    ) {
      throw new Refused(
        'unauthenticated',
        'metrics-token',
        'Figures are for this machine itself, and for who sends Authorization: Bearer with the metricsToken of the config file.',
      )
    }
    const { contentType } = relay.watch.metrics
    response.set('cache-control', 'no-store').type(contentType)
    response.send(await relay.watch.metrics.text())
  })
}

function isOnThisMachine(request: Request, { behindProxy }: MetricsOptions): boolean {
  if (behindProxy || FORWARDED.some((name) => request.headers[name] !== undefined)) return false
  const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:/i, '')
  // A page under a foreign name that was made to point here is in a browser of this machine.
  const host = (request.hostname ?? '').replaceAll(/[[\]]/g, '')
  const isPlain = host === 'localhost' || isIP(host) !== 0
  return isPlain && (address === '::1' || address.startsWith('127.'))
}

function hasToken(request: Request, token: string | undefined): boolean {
  if (token === undefined) return false
  const expected = Buffer.from(`Bearer ${token}`)
  const given = Buffer.from(request.get('authorization') ?? '')
  return given.length === expected.length && timingSafeEqual(given, expected)
}
