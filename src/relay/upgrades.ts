import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { addressOf, keyOfAddress, type Trust } from './addresses.js'
import { standing } from './caller.js'
import type { LimitNotes } from './limit-notes.js'
import type { Relay } from './relay.js'
import type { Identity } from './sessions.js'

export interface UpgradesOptions {
  readonly relay: Relay
  readonly trust: Trust
  readonly socketsPerAddress: number
  readonly notes: LimitNotes
  readonly stopping: () => boolean
  /** Makes a WebSocket of a connection whose ticket was redeemed. */
  readonly accept: (request: IncomingMessage, socket: Duplex, head: Buffer, identity: Identity) => void
}

/** Nothing of a connection reaches the WebSocket code before it is known whose it is (A1). */
export function upgrades(options: UpgradesOptions) {
  const { relay, trust, socketsPerAddress, notes } = options
  const open = new Map<string, number>()
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy())
    // Only browsers send an Origin, and no page of ours opens a socket.
    if (request.headers.origin !== undefined) {
      refuse(socket, '403 Forbidden')
      return
    }
    const address = keyOfAddress(addressOf(request, trust))
    const count = (open.get(address) ?? 0) + 1
    if (count > socketsPerAddress) {
      notes.note('too-many-sockets', address, 'more sockets than an address may have')
      refuse(socket, '429 Too Many Requests', 'Retry-After: 30\r\n')
      return
    }
    const path = request.url?.split('?')[0]
    const ticket = /^Bearer ([A-Za-z0-9_-]{20,100})$/.exec(request.headers.authorization ?? '')?.[1]
    const redeemed =
      path === '/v1/socket' && ticket !== undefined && !options.stopping()
        ? relay.sessions.redeem(ticket)
        : undefined
    const identity = standing(relay, redeemed)
    if (!identity) {
      refuse(socket, '401 Unauthorized')
      return
    }
    open.set(address, count)
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1
      if (left > 0) open.set(address, left)
      else open.delete(address)
    })
    options.accept(request, socket, head, identity)
  }
}

function refuse(socket: Duplex, status: string, headers = ''): void {
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n${headers}Content-Length: 0\r\n\r\n`)
}
