import type { Server } from 'node:http'
import type { PeerId } from '@automerge/automerge-repo'
import type { WebSocketServer } from 'ws'
import { CLOSE } from '../protocol/close-codes.js'
import { trustOf } from './addresses.js'
import { relayApp } from './app.js'
import { isMachine } from './caller.js'
import { HTTP_LIMITS, type HttpLimits } from './http-limits.js'
import { InFlight } from './in-flight.js'
import { LimitNotes } from './limit-notes.js'
import type { Relay } from './relay.js'
import { closeServer, listen, makeServer, type Tls } from './server.js'
import { relaySockets } from './sockets.js'
import { upgrades } from './upgrades.js'

export interface ServeOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Secret of the commands on the relay's machine. */
  readonly adminToken: string
  readonly tls?: Tls | undefined
  /** Names under which browsers may use the relay. */
  readonly hosts?: readonly string[] | undefined
  /** Proxies whose word on whom they ask for counts. */
  readonly proxies?: readonly string[] | undefined
  /** Of the config file; see `metrics-api.ts`. */
  readonly metricsToken?: string | undefined
  readonly limits?: Partial<HttpLimits>
}

export interface ServedRelay {
  readonly url: string
  /** Where commands on this machine ask. */
  readonly control: string
  /** Closes sockets with 1001, ends running requests, flushes and lets the directory go. */
  stop(): Promise<void>
}

/** Puts HTTP and WebSocket in front of a relay. @throws Refused `bad-proxies` */
export async function serveRelay(relay: Relay, options: ServeOptions): Promise<ServedRelay> {
  const limits = { ...HTTP_LIMITS, ...options.limits }
  const { proxies = [], hosts = [], adminToken, tls, metricsToken } = options
  const trust = trustOf(proxies)
  const notes = new LimitNotes(relay)
  const { sockets, adapter } = relaySockets(relay)
  const inFlight = new InFlight()
  let stopping = false
  const app = relayApp(relay, {
    machine: adminToken,
    hosts,
    proxies,
    metricsToken,
    limits,
    notes,
    stopping: () => stopping,
    inFlight,
  })
  const server = makeServer(app, tls, limits, trust, notes)
  const upgrade = upgrades({
    relay,
    trust,
    socketsPerAddress: limits.socketsPerAddress,
    notes,
    stopping: () => stopping,
    accept: (request, socket, head, identity) =>
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        adapter.bind(webSocket, identity.terminal as PeerId)
        sockets.emit('connection', webSocket, request)
      }),
  })
  server.on('upgrade', upgrade)
  // Over TLS the commands would have to trust a certificate that may be of a private authority, for other names, and be
  // changed while they run. They ask on the loopback instead, where nobody else is listened to.
  const control = tls
    ? makeServer(
        (request, response) => {
          if (isMachine(adminToken, request.headers.authorization)) app(request, response)
          else response.writeHead(401, { connection: 'close' }).end()
        },
        undefined,
        limits,
        trust,
        notes,
      )
    : undefined
  const servers = control ? [server, control] : [server]

  relay.durable.repo.networkSubsystem.addNetworkAdapter(adapter)
  await adapter.begun
  let address: string
  let controlAddress: string
  try {
    address = await listen(server, options.port, options.host)
    controlAddress = control ? await listen(control, 0, '127.0.0.1') : address
  } catch (error) {
    // Or its pings would keep the process alive.
    sockets.close()
    for (const one of servers) one.close()
    throw error
  }
  relay.begin(adapter)

  return {
    url: `${tls ? 'https' : 'http'}://${address}`,
    // Commands run on this machine, whatever address the relay serves.
    control: `http://${controlAddress.replace(/^(0\.0\.0\.0|\[::\])(?=:)/, '127.0.0.1')}`,
    stop: async () => {
      stopping = true
      const closed = servers.map((one) => closing(one))
      relay.watch.streams.end()
      await closeSockets(sockets)
      sockets.close()
      await Promise.all(servers.map((one, index) => closeServer(one, closed[index], STOP_GRACE_MS)))
      await inFlight.settled(STOP_GRACE_MS)
      await relay.close()
    },
  }
}

function closing(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

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
