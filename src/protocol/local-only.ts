import type { RequestHandler } from 'express'
import { Refused } from './problem.js'

/** Names under which a page on the same machine may ask. */
const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

function hostOf(text: string): string | undefined {
  try {
    return new URL(`http://${text}`).hostname
  } catch {
    return undefined
  }
}

/**
 * Lets only this machine's own pages and commands in: the Host header must name this machine, so that a foreign name
 * that was made to point here (DNS rebinding) gets nothing; and where a browser says which page asks, it must be ours.
 * @param port the port listened on
 */
export function localOnly(port: () => number): RequestHandler {
  return (request, _response, next) => {
    const host = request.headers.host ?? ''
    const name = hostOf(host)
    if (name === undefined || !LOCAL_NAMES.has(name)) {
      throw new Refused('forbidden', 'foreign-host', 'This address answers to localhost only.')
    }
    const origin = request.headers.origin
    if (origin !== undefined && !ownOrigin(origin, port())) {
      throw new Refused('forbidden', 'foreign-origin', 'Another site may not use this terminal.')
    }
    const site = request.get('sec-fetch-site')
    if (site !== undefined && site !== 'same-origin' && site !== 'none') {
      throw new Refused('forbidden', 'foreign-origin', 'Another site may not use this terminal.')
    }
    next()
  }
}

function ownOrigin(origin: string, port: number): boolean {
  try {
    const url = new URL(origin)
    return url.protocol === 'http:' && LOCAL_NAMES.has(url.hostname) && url.port === String(port)
  } catch {
    return false
  }
}
