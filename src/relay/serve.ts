import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { PeerId } from '@automerge/automerge-repo'
import express from 'express'
import helmet from 'helmet'
import type { WebSocketServer } from 'ws'
import { CLOSE } from '../protocol/close-codes.js'
import { notFound, problems } from '../protocol/http.js'
import { VERSION } from '../protocol/version.js'
import { adminApi } from './admin-api.js'
import type { Relay } from './relay.js'
import { relaySockets } from './sockets.js'
import { terminalApi } from './terminal-api.js'

export interface ServeOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Secret of the operator's requests. */
  readonly adminToken: string
}

export interface ServedRelay {
  readonly url: string
  /** Closes sockets with 1001, ends running requests, flushes and lets the directory go. */
  stop(): Promise<void>
}

/** Puts HTTP and WebSocket in front of a relay. */
export async function serveRelay(relay: Relay, options: ServeOptions): Promise<ServedRelay> {
  const { sockets, adapter } = relaySockets(relay)
  let stopping = false

  const app = express()
  app.disable('x-powered-by')
  app.use(helmet())
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok', version: VERSION })
  })
  app.get('/readyz', (_request, response) => {
    response.status(stopping ? 503 : 200).json({ status: stopping ? 'stopping' : 'ready' })
  })
  app.use('/v1/admin', adminApi(relay, options.adminToken))
  app.use('/v1', terminalApi(relay))
  app.use(notFound)
  app.use(
    problems((error, request) =>
      relay.log.error(
        { route: `${request.method} ${request.path}`, error: String((error as Error).stack) },
        'a request failed',
      ),
    ),
  )

  const server = createServer(app)
  server.keepAliveTimeout = IDLE_CONNECTION_MS
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const path = request.url?.split('?')[0]
    const ticket = /^Bearer ([A-Za-z0-9_-]{20,100})$/.exec(request.headers.authorization ?? '')?.[1]
    const identity =
      path === '/v1/socket' && ticket !== undefined && !stopping ? relay.sessions.redeem(ticket) : undefined
    if (!identity) {
      // Nothing of an unauthenticated connection reaches the WebSocket code (A1).
      socket.once('finish', () => socket.destroy())
      socket.end('HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      adapter.bind(webSocket, identity.terminal as PeerId)
      sockets.emit('connection', webSocket, request)
    })
  })

  relay.durable.repo.networkSubsystem.addNetworkAdapter(adapter)
  await adapter.begun
  try {
    await listen(server, options)
  } catch (error) {
    // Or its pings would keep the process alive.
    sockets.close()
    throw error
  }
  relay.begin(adapter)
  const { port, address, family } = server.address() as AddressInfo
  const host = family === 'IPv6' ? `[${address}]` : address

  return {
    url: `http://${host}:${port}`,
    stop: async () => {
      stopping = true
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await closeSockets(sockets)
      sockets.close()
      server.closeIdleConnections()
      // Whoever is in the middle of a request has a moment to finish it.
      const grace = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS)
      await closed
      clearTimeout(grace)
      await relay.close()
    },
  }
}

/**
 * An idle HTTP connection is closed after this. A request that a slow network holds up for as long as that finds it
 * closed and fails, and after Node's own 5 s that would be often.
 */
const IDLE_CONNECTION_MS = 30_000

/** Long enough to finish storing a part of an upload. */
const STOP_GRACE_MS = 5_000

/** A peer that is there answers a close within a round trip. */
const CLOSE_GRACE_MS = 1_000

async function closeSockets(sockets: WebSocketServer): Promise<void> {
  const gone = [...sockets.clients].map(
    (socket) => new Promise<void>((resolve) => socket.once('close', () => resolve())),
  )
  for (const socket of sockets.clients) socket.close(CLOSE.goingAway.code, CLOSE.goingAway.reason)
  const grace = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate()
  }, CLOSE_GRACE_MS)
  await Promise.all(gone)
  clearTimeout(grace)
}

function listen(server: Server, { host, port }: ServeOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
