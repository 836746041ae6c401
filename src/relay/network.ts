import { cbor, type PeerId } from '@automerge/automerge-repo'
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import type * as A from '@automerge/automerge'
import type { WebSocket, WebSocketServer } from 'ws'
import { CLOSE, type Closing } from '../protocol/close-codes.js'
import { readFrame, type Frame } from './frames.js'
import { withoutChanges } from './read-only.js'

export interface BoundServerOptions {
  readonly server: WebSocketServer
  /** Milliseconds between pings. */
  readonly keepAlive: number
  /** Told of a frame that closed its socket. */
  readonly onRefused: (peer: PeerId, closing: Closing) => void
  readonly mayRead: (peer: PeerId, document: string) => boolean
  /** Told of the document of each message that is looked at. */
  readonly onMessage: (document: string) => void
  /** Of a document the peer may read and not write, what the relay has of it; undefined where the peer may write. */
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
  /** Resolves when sockets are heard and pinged: the repo connects an adapter a moment after it was added. */
  readonly begun: Promise<void>
  #begin: () => void = () => undefined

  constructor(options: BoundServerOptions) {
    super(options.server as never, options.keepAlive)
    this.#options = options
    this.begun = new Promise((resolve) => (this.#begin = resolve))
  }

  /**
   * Whether anyone is there or not: what the repo asks the network for is not here, and waiting for a first terminal
   * would hold up whoever wants to read what is left of a damaged document.
   */
  override isReady(): boolean {
    return true
  }

  override whenReady(): Promise<void> {
    return Promise.resolve()
  }

  override connect(...args: Parameters<WebSocketServerAdapter['connect']>): void {
    super.connect(...args)
    this.#begin()
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
    const envelope = readFrame(bytes)
    if (envelope && envelope.senderId !== peer) {
      this.#refuse(ws, peer, CLOSE.wrongSender)
      return
    }
    if (!envelope?.frame) {
      this.#refuse(ws, peer, CLOSE.badFrame)
      return
    }
    const { frame } = envelope
    if (frame.type === 'join') {
      super.receiveMessage(bytes, socket)
      return
    }
    const { documentId } = frame
    if (!this.#options.mayRead(peer, documentId)) {
      // automerge-repo would remember for ever that it was asked for.
      this.#tellUnavailable(ws, peer, documentId)
      return
    }
    this.#options.onMessage(documentId)
    const readOnly = this.#options.readOnly(peer, documentId)
    if (readOnly) void this.#pass(frame, readOnly, ws, peer)
    else super.receiveMessage(bytes, socket)
  }

  #tellUnavailable(socket: WebSocket, peer: PeerId, documentId: string): void {
    if (!this.peerId) return
    socket.send(cbor.encode({ type: 'doc-unavailable', senderId: this.peerId, targetId: peer, documentId }))
  }

  /** Passes on what a reader may send. */
  async #pass(
    frame: Exclude<Frame, { type: 'join' }>,
    readOnly: Promise<A.Doc<unknown> | undefined>,
    socket: WebSocket,
    peer: PeerId,
  ): Promise<void> {
    const { documentId } = frame
    try {
      const doc = await readOnly
      if (!doc || frame.type === 'doc-unavailable') return
      const { message: data, refused } = withoutChanges(frame.data, doc)
      if (refused > 0) this.#options.onWriteRefused(peer, documentId, refused)
      super.receiveMessage(cbor.encode({ ...frame, data }), socket as never)
    } catch {
      this.#refuse(socket, peer, CLOSE.badFrame)
    }
  }

  #refuse(socket: WebSocket, peer: PeerId, closing: Closing): void {
    // What it sent after this frame, and has arrived already, is not looked at any more.
    this.#peers.delete(socket)
    this.#options.onRefused(peer, closing)
    socket.close(closing.code, closing.reason)
  }
}
