import { cbor, type DocumentId, type PeerId } from '@automerge/automerge-repo'
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import type { WebSocket, WebSocketServer } from 'ws'
import { CLOSE, type Closing } from '../../protocol/close-codes.js'
import { Connection, type ConnectionLimits } from './connection.js'
import { readFrame, type Frame } from './frames.js'
import type { Admission, SyncData } from './gate.js'

export type DocumentFrame = Exclude<Frame, { type: 'join' }>
type SyncFrame = Extract<Frame, { data: Uint8Array }>
/** What automerge-repo gets of a frame. */
type Passed = Omit<SyncFrame, 'parts'> | Exclude<DocumentFrame, SyncFrame>

export interface BoundServerOptions {
  readonly server: WebSocketServer
  readonly limits: ConnectionLimits
  /** Milliseconds between pings. */
  readonly keepAlive: number
  /** Milliseconds. */
  readonly now: () => number
  /** Told of a peer whose socket is bound. */
  readonly onBound: (peer: PeerId) => void
  /** Told of a peer whose last socket has closed. */
  readonly onGone: (peer: PeerId) => void
  /** Told of what closed a socket, with the frame where there is one. */
  readonly onRefused: (peer: PeerId, closing: Closing, bytes?: Uint8Array) => void
  /** Whether the peer may have anything to do with the document of a frame. */
  readonly reaches: (peer: PeerId, frame: DocumentFrame) => boolean
  /** What becomes of a sync message, where that can be told at once. */
  readonly passes: (peer: PeerId, document: DocumentId, message: SyncData) => Admission | undefined
  readonly admit: (peer: PeerId, document: DocumentId, message: SyncData) => Promise<Admission>
  /** Told of a failure of this side's own while a message was looked into. */
  readonly onFailure: (peer: PeerId, document: DocumentId, error: Error) => void
}

/**
 * automerge-repo's server adapter behind a gate: every socket is bound to the identity that was proven before its
 * upgrade, a frame in any other name closes it and reaches nobody (A1), and automerge-repo sees only what was admitted.
 */
export class BoundServerAdapter extends WebSocketServerAdapter {
  readonly #connections = new WeakMap<WebSocket, Connection>()
  readonly #live = new Map<PeerId, Connection>()
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
    const older = this.#live.get(peer)
    this.#options.onBound(peer)
    const connection = new Connection({
      socket,
      peer,
      limits: this.#options.limits,
      now: this.#options.now,
      onJoinTooLate: () => this.#refuse(connection, CLOSE.joinTooLate),
    })
    this.#live.set(peer, connection)
    this.#connections.set(socket, connection)
    if (older) {
      older.end()
      older.socket.close(CLOSE.replaced.code, CLOSE.replaced.reason)
    }
    socket.on('close', () => {
      connection.end()
      if (this.#live.get(peer) !== connection) return
      this.#live.delete(peer)
      this.#options.onGone(peer)
    })
    // Heard before the adapter hears the same: it does not tell text from bytes.
    socket.on('message', (data, isBinary) => {
      if (!isBinary) this.#refuse(connection, CLOSE.textFrame, data as Uint8Array)
    })
    // A socket error is followed by its close; without a listener it would end the process.
    socket.on('error', () => undefined)
  }

  /** Closes the live socket of a peer, if there is one. */
  close(peer: PeerId, closing: Closing): void {
    const connection = this.#live.get(peer)
    connection?.end()
    connection?.socket.close(closing.code, closing.reason)
  }

  isConnected(peer: PeerId): boolean {
    return this.#live.has(peer)
  }

  /** Peers that have a socket. */
  get connections(): number {
    return this.#live.size
  }

  override send(message: Parameters<WebSocketServerAdapter['send']>[0]): void {
    const connection = this.#live.get(message.targetId)
    if (connection && connection.socket.bufferedAmount > this.#options.limits.unread) {
      this.#refuse(connection, CLOSE.slowReader)
      // Its close frame would lie behind all that it does not read.
      connection.socket.terminate()
      return
    }
    super.send(message)
  }

  override receiveMessage(bytes: Uint8Array, socket: never): void {
    const connection = this.#connections.get(socket)
    if (!connection || connection.state === 'ended') return
    connection.spend()
    const envelope = readFrame(bytes, this.peerId ?? '')
    if (envelope && envelope.senderId !== connection.peer)
      return this.#refuse(connection, CLOSE.wrongSender, bytes)
    const frame = envelope?.frame
    if (!frame) return this.#refuse(connection, CLOSE.badFrame, bytes)
    if (frame.type === 'join') return this.#join(connection, bytes)
    if (connection.state !== 'joined') return this.#refuse(connection, CLOSE.notJoined, bytes)
    if (!this.#options.reaches(connection.peer, frame)) {
      // automerge-repo would remember for ever that it was asked for.
      this.#tellUnavailable(connection, frame.documentId)
      return
    }
    if (frame.type === 'doc-unavailable') {
      if (connection.isBusy) connection.queue(0, async () => this.#pass(connection, frame))
      else this.#pass(connection, frame)
      return
    }
    this.#look(connection, frame)
  }

  #join(connection: Connection, bytes: Uint8Array): void {
    if (connection.state === 'joined') return this.#refuse(connection, CLOSE.joinedTwice, bytes)
    connection.joined()
    // Nothing else that a join may say is of use here.
    const join = { type: 'join', senderId: connection.peer, peerMetadata: { isEphemeral: true } }
    super.receiveMessage(cbor.encode(join), connection.socket as never)
  }

  #look(connection: Connection, frame: SyncFrame): void {
    const { peer } = connection
    const document = frame.documentId as DocumentId
    const atOnce = connection.isBusy ? undefined : this.#options.passes(peer, document, frame)
    if (atOnce) return this.#follow(connection, frame, atOnce)
    connection.queue(frame.data.length, async () => {
      try {
        this.#follow(connection, frame, await this.#options.admit(peer, document, frame))
      } catch (error) {
        // The terminal sends it again when it asks for its receipt.
        this.#options.onFailure(peer, document, error as Error)
      }
    })
  }

  #follow(connection: Connection, { type, documentId }: SyncFrame, admission: Admission): void {
    if (admission.is === 'closed') this.#end(connection, admission.closing)
    if (admission.is === 'dropped') this.#tellUnavailable(connection, documentId)
    if (admission.is === 'passed') this.#pass(connection, { type, documentId, data: admission.message })
  }

  #pass(connection: Connection, frame: Passed): void {
    // It may have been closed, or replaced, while the message was looked into.
    if (connection.state !== 'joined' || this.sockets[connection.peer] !== (connection.socket as never))
      return
    this.emit('message', {
      ...frame,
      senderId: connection.peer,
      targetId: this.peerId as PeerId,
      documentId: frame.documentId as DocumentId,
    })
  }

  #tellUnavailable({ peer, socket }: Connection, documentId: string): void {
    if (!this.peerId) return
    socket.send(cbor.encode({ type: 'doc-unavailable', senderId: this.peerId, targetId: peer, documentId }))
  }

  #refuse(connection: Connection, closing: Closing, bytes?: Uint8Array): void {
    if (connection.state === 'ended') return
    this.#options.onRefused(connection.peer, closing, bytes)
    this.#end(connection, closing)
  }

  /** What it sent after this, and has arrived already, is not looked at any more. */
  #end(connection: Connection, closing: Closing): void {
    connection.end()
    connection.socket.close(closing.code, closing.reason)
  }
}
