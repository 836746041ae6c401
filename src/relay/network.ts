import { cbor, type PeerId } from '@automerge/automerge-repo'
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import type { WebSocket, WebSocketServer } from 'ws'
import { CLOSE } from '../protocol/close-codes.js'

type Closing = (typeof CLOSE)[keyof typeof CLOSE]

/**
 * automerge-repo's server adapter, with every socket bound to the identity that was proven before its upgrade: a
 * frame in any other name closes the socket and reaches nobody (A1).
 */
export class BoundServerAdapter extends WebSocketServerAdapter {
  readonly #peers = new WeakMap<WebSocket, PeerId>()
  readonly #bySocketPeer = new Map<PeerId, WebSocket>()
  readonly #onRefused: (peer: PeerId, closing: Closing) => void
  readonly #onMessage: (document: string) => void

  constructor(
    server: WebSocketServer,
    keepAlive: number,
    onRefused: (peer: PeerId, closing: Closing) => void,
    onMessage: (document: string) => void,
  ) {
    super(server as never, keepAlive)
    this.#onRefused = onRefused
    this.#onMessage = onMessage
  }

  /** Binds a socket, before its first frame, to the peer it may speak as. An older socket of that peer is closed. */
  bind(socket: WebSocket, peer: PeerId): void {
    const older = this.#bySocketPeer.get(peer)
    this.#bySocketPeer.set(peer, socket)
    this.#peers.set(socket, peer)
    older?.close(CLOSE.replaced.code, CLOSE.replaced.reason)
    socket.on('close', () => {
      if (this.#bySocketPeer.get(peer) === socket) this.#bySocketPeer.delete(peer)
    })
    // A socket error is followed by its close; without a listener it would end the process.
    socket.on('error', () => undefined)
  }

  /** Closes the live socket of a peer, if there is one. */
  close(peer: PeerId, closing: Closing): void {
    this.#bySocketPeer.get(peer)?.close(closing.code, closing.reason)
  }

  get connected(): ReadonlySet<PeerId> {
    return new Set(this.#bySocketPeer.keys())
  }

  override receiveMessage(bytes: Uint8Array, socket: never): void {
    const ws = socket as WebSocket
    const peer = this.#peers.get(ws)
    if (peer === undefined) return
    let message: unknown
    try {
      message = cbor.decode(bytes)
    } catch {
      this.#refuse(ws, peer, CLOSE.badFrame)
      return
    }
    if (typeof message !== 'object' || message === null || !('senderId' in message) || !('type' in message)) {
      this.#refuse(ws, peer, CLOSE.badFrame)
      return
    }
    if (message.senderId !== peer) {
      this.#refuse(ws, peer, CLOSE.wrongSender)
      return
    }
    if ('documentId' in message && typeof message.documentId === 'string') this.#onMessage(message.documentId)
    super.receiveMessage(bytes, socket)
  }

  #refuse(socket: WebSocket, peer: PeerId, closing: Closing): void {
    this.#onRefused(peer, closing)
    socket.close(closing.code, closing.reason)
  }
}
