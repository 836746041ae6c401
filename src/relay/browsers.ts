import { isIP } from 'node:net'
import type { Request, RequestHandler } from 'express'
import { Refused } from '../protocol/problem.js'

/**
 * What a browser brings is looked at before anything else is: the Host must be one under which people use this relay, so
 * that a foreign name that was made to point here (DNS rebinding) gets nothing; and where the browser says which page
 * asks the API, it must be one of ours. Terminals and commands send nothing of the kind and are not concerned.
 * @param hosts names of the config; plain addresses and localhost are always good
 */
export function browsers(hosts: readonly string[]): RequestHandler {
  const names = new Set(['localhost', ...hosts.map((name) => name.toLowerCase())])
  return function browsersGuard(request, _response, next) {
    const { origin, cookie } = request.headers
    const site = request.get('sec-fetch-site')
    const isApi = request.path.startsWith('/v1/')
    const isPage = request.path === '/' || request.path.startsWith('/web/')
    if (isPage || origin !== undefined || cookie !== undefined || site !== undefined) {
      const name = (request.hostname ?? '').toLowerCase()
      if (isIP(name.replace(/^\[|\]$/g, '')) === 0 && !names.has(name)) {
        throw new Refused(
          'forbidden',
          'foreign-host',
          'This relay is not used under that name. Its operator can add it to "hosts" in the config file.',
        )
      }
    }
    if (isApi && !((origin === undefined || isOwn(request, origin)) && isNear(site))) {
      throw new Refused('forbidden', 'foreign-origin', 'Another site may not use this relay.')
    }
    next()
  }
}

function isNear(site: string | undefined): boolean {
  return site === undefined || site === 'same-origin' || site === 'none'
}

function isOwn(request: Request, origin: string): boolean {
  try {
    return new URL(`${request.protocol}://${request.host}`).origin === origin
  } catch {
    return false
  }
}
