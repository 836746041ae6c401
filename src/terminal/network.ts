import type { PeerId, PeerMetadata } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import { WebSocket } from 'ws'
import { FRAME_BYTES, KEEPALIVE_MS } from '../protocol/limits.js'

export interface TicketAdapterOptions {
  /** Of the relay's socket, ws:// or wss://. */
  readonly url: string
  readonly ticket: string
  /** The relay's peer id; a server that calls itself otherwise is left. */
  readonly relay: string
  /** The relay has answered: documents can be exchanged. */
  readonly onUp: () => void
  /** The connection has ended, or never came about. Called once. */
  readonly onDown: (reason: string, closeCode?: number) => void
}

const HANDSHAKE_MS = 15_000
/** The relay pings; whoever hears nothing through two pings has lost it without a goodbye. */
const SILENCE_MS = KEEPALIVE_MS * 2 + 5_000

/**
 * automerge-repo's client adapter for exactly one connection: it carries the ticket in a header, never reconnects by
 * itself, and no error of the network leaves it as an exception. The link makes a new one per attempt.
 */
export class TicketClientAdapter extends WebSocketClientAdapter {
  readonly #options: TicketAdapterOptions
  #silence: NodeJS.Timeout | undefined
  #ended = false

  constructor(options: TicketAdapterOptions) {
    super(options.url, 0)
    this.#options = options
  }

  override connect(peerId: PeerId, peerMetadata?: PeerMetadata): void {
    if (this.#ended) return
    this.peerId = peerId
    this.peerMetadata = peerMetadata ?? {}
    const socket = new WebSocket(this.#options.url, {
      headers: { authorization: `Bearer ${this.#options.ticket}` },
      maxPayload: FRAME_BYTES,
      handshakeTimeout: HANDSHAKE_MS,
    })
    socket.binaryType = 'arraybuffer'
    this.socket = socket as never
    const heard = (): void => this.#listen(socket)
    socket.on('open', () => {
      heard()
      this.join()
    })
    socket.on('ping', heard)
    socket.on('message', (data) => {
      heard()
      this.#receive(socket, data as ArrayBuffer)
    })
    socket.on('unexpected-response', (_request, response) => {
      this.#end(`the relay refused the connection with HTTP status ${response.statusCode}`)
      socket.terminate()
    })
    socket.on('error', (error) => this.#end((error as NodeJS.ErrnoException).code ?? error.message))
    socket.on('close', (code, reason) =>
      this.#end(reason.toString() || `the connection was closed (${code})`, code),
    )
  }

  #listen(socket: WebSocket): void {
    clearTimeout(this.#silence)
    this.#silence = setTimeout(() => {
      this.#end('the relay fell silent')
      socket.terminate()
    }, SILENCE_MS)
    this.#silence.unref()
  }

  #receive(socket: WebSocket, data: ArrayBuffer): void {
    try {
      this.receiveMessage(new Uint8Array(data))
    } catch (error) {
      this.#end(`the relay sent what cannot be read: ${(error as Error).message}`)
      socket.terminate()
    }
  }

  override peerCandidate(remotePeerId: PeerId, peerMetadata: PeerMetadata): void {
    if (remotePeerId !== this.#options.relay) {
      this.#end('another relay than the one this terminal was paired with answered')
      this.socket?.close()
      return
    }
    super.peerCandidate(remotePeerId, peerMetadata)
    this.#options.onUp()
  }

  override send(message: Parameters<WebSocketClientAdapter['send']>[0]): void {
    // Between the loss of a connection and its being noticed, messages have nowhere to go; sync begins anew later.
    if (this.socket?.readyState === WebSocket.OPEN) super.send(message)
  }

  #end(reason: string, closeCode?: number): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#silence)
    if (this.remotePeerId) this.emit('peer-disconnected', { peerId: this.remotePeerId })
    this.emit('close')
    this.#options.onDown(reason, closeCode)
  }

  override disconnect(): void {
    this.#end('closed by this terminal')
    this.socket?.close()
  }
}
