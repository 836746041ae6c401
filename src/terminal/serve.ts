import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import express, { type Express } from 'express'
import helmet from 'helmet'
import { notFound, problems } from '../protocol/http.js'
import { JSON_BODY_BYTES } from '../protocol/limits.js'
import { localOnly } from '../protocol/local-only.js'
import { PAGE_POLICY } from '../protocol/page-policy.js'
import type { Agent } from './agent.js'
import { billingApi } from './api/billing.js'
import { catalogueApi } from './api/catalogue.js'
import { cookieName, guard } from './api/guard.js'
import { imagesApi } from './api/images.js'
import { reportsApi } from './api/reports.js'
import { setupApi } from './api/setup.js'
import { signInApi } from './api/sign-in.js'
import { syncApi } from './api/sync.js'
import type { Outside } from './context.js'
import { SERVER_COUNTS, SERVER_LIMITS, SIGN_IN_BODY_BYTES } from './http-limits.js'
import { SignIns } from './sign-ins.js'

export interface ServedTerminal {
  readonly url: string
  /** Ends requests and event streams, then the agent. */
  stop(): Promise<void>
}

export interface ServeOptions {
  /** 0 takes a free one. */
  readonly port: number
  /** What commands prove with that they may read the directory. */
  readonly secret: string
  readonly outside: Pick<Outside, 'now' | 'random'>
}

/**
 * A till's API and page, as a request finds it.
 * @param port the port listened on
 */
export function terminalApp(
  agent: Agent,
  { secret, outside }: Omit<ServeOptions, 'port'>,
  port: () => number,
): Express {
  const signIns = new SignIns({ ...outside, people: () => agent.documents.people() })
  const app = express()
  app.disable('x-powered-by')
  app.use(helmet(PAGE_POLICY))
  app.use(localOnly(port))
  app.use('/v1', (_request, response, next) => {
    response.set('cache-control', 'no-store')
    next()
  })
  // Before a byte of a body is read.
  app.use('/v1', guard({ signIns, secret, cookie: cookieName(agent.identity.terminal) }))
  app.use('/v1/sign-in', express.json({ limit: SIGN_IN_BODY_BYTES, strict: true }))
  app.use('/v1', express.json({ limit: JSON_BODY_BYTES, strict: true }))
  app.use('/v1', signInApi(agent, signIns))
  app.use('/v1', billingApi(agent), catalogueApi(agent), syncApi(agent), reportsApi(agent, signIns))
  app.use('/v1', setupApi(agent, agent.printing), imagesApi(agent))
  app.use(
    express.static(fileURLToPath(new URL('./web', import.meta.url)), {
      index: 'index.html',
      redirect: false,
    }),
  )
  app.use(notFound)
  app.use(
    problems((error, request) =>
      agent.log.error(
        { route: `${request.method} ${request.path}`, error: String((error as Error).stack) },
        'a request failed',
      ),
    ),
  )
  return app
}

/** Offers a till's API and page to this machine. */
export async function serveTerminal(agent: Agent, options: ServeOptions): Promise<ServedTerminal> {
  let listening = options.port
  const server = createServer(
    SERVER_LIMITS,
    terminalApp(agent, options, () => listening),
  )
  Object.assign(server, SERVER_COUNTS)
  await listen(server, options.port)
  listening = (server.address() as AddressInfo).port
  return {
    url: `http://127.0.0.1:${listening}`,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      await agent.stop()
      server.closeAllConnections()
      await closed
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    // Loopback only: whoever else wants a till pairs one.
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}
