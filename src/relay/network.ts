import { cbor, type PeerId } from '@automerge/automerge-repo'
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import type * as A from '@automerge/automerge'
import type { WebSocket, WebSocketServer } from 'ws'
import { CLOSE } from '../protocol/close-codes.js'
import { withoutChanges } from './read-only.js'

type Closing = (typeof CLOSE)[keyof typeof CLOSE]

export interface BoundServerOptions {
  readonly server: WebSocketServer
  /** Milliseconds between pings. */
  readonly keepAlive: number
  /** Told of a frame that closed its socket. */
  readonly onRefused: (peer: PeerId, closing: Closing) => void
  /** Told of the document of each message. */
  readonly onMessage: (document: string) => void
  /**
   * Of a document the peer may read and not write, what the relay has of it; undefined where the peer may write, or
   * may not even read.
   */
  readonly readOnly: (peer: PeerId, document: string) => Promise<A.Doc<unknown> | undefined> | undefined
  /** Told of changes that were left out. */
  readonly onWriteRefused: (peer: PeerId, document: string, changes: number) => void
}

/**
 * automerge-repo's server adapter, with every socket bound to the identity that was proven before its upgrade: a
 * frame in any other name closes the socket and reaches nobody (A1). Changes a peer may not make are left out (A2).
 */
export class BoundServerAdapter extends WebSocketServerAdapter {
  readonly #peers = new WeakMap<WebSocket, PeerId>()
  readonly #sockets = new Map<PeerId, WebSocket>()
  readonly #options: BoundServerOptions

  constructor(options: BoundServerOptions) {
    super(options.server as never, options.keepAlive)
    this.#options = options
  }

  /** Binds a socket, before its first frame, to the peer it may speak as. An older socket of that peer is closed. */
  bind(socket: WebSocket, peer: PeerId): void {
    const older = this.#sockets.get(peer)
    this.#sockets.set(peer, socket)
    this.#peers.set(socket, peer)
    older?.close(CLOSE.replaced.code, CLOSE.replaced.reason)
    socket.on('close', () => {
      if (this.#sockets.get(peer) === socket) this.#sockets.delete(peer)
    })
    // A socket error is followed by its close; without a listener it would end the process.
    socket.on('error', () => undefined)
  }

  /** Closes the live socket of a peer, if there is one. */
  close(peer: PeerId, closing: Closing): void {
    this.#sockets.get(peer)?.close(closing.code, closing.reason)
  }

  get connected(): ReadonlySet<PeerId> {
    return new Set(this.#sockets.keys())
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
    if (!('documentId' in message) || typeof message.documentId !== 'string') {
      super.receiveMessage(bytes, socket)
      return
    }
    this.#options.onMessage(message.documentId)
    const readOnly = this.#options.readOnly(peer, message.documentId)
    if (!readOnly) {
      super.receiveMessage(bytes, socket)
      return
    }
    void this.#pass({ ...message, documentId: message.documentId }, readOnly, ws, peer)
  }

  /** Passes on what a reader may send. */
  async #pass(
    message: { readonly type: unknown; readonly documentId: string; readonly data?: unknown },
    readOnly: Promise<A.Doc<unknown> | undefined>,
    socket: WebSocket,
    peer: PeerId,
  ): Promise<void> {
    try {
      const doc = await readOnly
      if (!doc || (message.type !== 'sync' && message.type !== 'request')) return
      const { message: data, refused } = withoutChanges(message.data as Uint8Array, doc)
      if (refused > 0) this.#options.onWriteRefused(peer, message.documentId, refused)
      super.receiveMessage(cbor.encode({ ...message, data }), socket as never)
    } catch {
      this.#refuse(socket, peer, CLOSE.badFrame)
    }
  }

  #refuse(socket: WebSocket, peer: PeerId, closing: Closing): void {
    this.#options.onRefused(peer, closing)
    socket.close(closing.code, closing.reason)
  }
}
