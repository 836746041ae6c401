import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { keyOfAddress, type Trust } from './addresses.js'
import type { HttpLimits } from './http-limits.js'
import type { LimitNotes } from './limit-notes.js'

export interface Tls {
  /** PEM, with the certificates that lead to the root. */
  readonly cert: string
  readonly key: string
}

/**
 * An idle HTTP connection is closed after this. A request that a slow network holds up for as long as that finds it
 * closed and fails, and after Node's own 5 s that would be often.
 */
const IDLE_CONNECTION_MS = 30_000

/** A server that holds its limits before a request is looked at. */
export function makeServer(
  listener: RequestListener,
  tls: Tls | undefined,
  limits: HttpLimits,
  trust: Trust,
  notes: LimitNotes,
): Server {
  const options: ServerOptions = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkMs,
    maxHeaderSize: limits.headerBytes,
    keepAliveTimeout: IDLE_CONNECTION_MS,
  }
  const server = tls
    ? createTlsServer({ ...options, ...tls, handshakeTimeout: limits.handshakeMs }, listener)
    : createServer(options, listener)
  server.maxHeadersCount = limits.headerCount
  server.maxConnections = limits.connections
  const open = new Map<string, number>()
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? ''
    // Through a proxy everybody comes from one address.
    if (trust(address)) return
    const key = keyOfAddress(address)
    const count = (open.get(key) ?? 0) + 1
    if (count > limits.connectionsPerAddress) {
      notes.note('too-many-connections', key, 'more connections than an address may have')
      socket.destroy()
      return
    }
    open.set(key, count)
    socket.once('close', () => {
      const left = (open.get(key) ?? 1) - 1
      if (left > 0) open.set(key, left)
      else open.delete(key)
    })
  })
  return server
}

/** Listens, and resolves to the address as it stands in a URL. */
export function listen(server: Server, port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const bound = server.address() as AddressInfo
      resolve(`${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`)
    })
  })
}

/** Ends a server: whoever is in the middle of a request has a moment to finish it. */
export async function closeServer(
  server: Server,
  closed: Promise<void> | undefined,
  graceMs: number,
): Promise<void> {
  server.closeIdleConnections()
  const grace = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(grace)
}
