import { once } from 'node:events'
import * as A from '@automerge/automerge'
import { cbor } from '@automerge/automerge-repo'
import { WebSocket } from 'ws'

export interface Closed {
  readonly code: number
  readonly reason: string
}

export type Frame = Readonly<Record<string, unknown>>

/** A WebSocket to a relay that sends any frame, and remembers every frame it got. */
export class RawSocket {
  readonly frames: Frame[] = []
  readonly closed: Promise<Closed>
  readonly #socket: WebSocket
  readonly #waiting = new Set<() => void>()

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => {
      this.frames.push(cbor.decode(new Uint8Array(data as Buffer)) as Frame)
      for (const look of this.#waiting) look()
    })
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }))
    })
    // A close follows every error.
    socket.on('error', () => undefined)
  }

  static async open(url: string, ticket: string): Promise<RawSocket> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/socket`, {
      headers: { authorization: `Bearer ${ticket}` },
    })
    const raw = new RawSocket(socket)
    await once(socket, 'open')
    return raw
  }

  send(message: unknown): void {
    this.sendBytes(cbor.encode(message))
  }

  sendBytes(bytes: Uint8Array | string): void {
    this.#socket.send(bytes)
  }

  async join(senderId: string): Promise<void> {
    this.send({ type: 'join', senderId, peerMetadata: {}, supportedProtocolVersions: ['1'] })
    await this.frame(({ type }) => type === 'peer')
  }

  /** Exchanges a document until the relay says that it has the same heads. */
  async push(senderId: string, documentId: string, mine: A.Doc<unknown>): Promise<void> {
    let doc = A.clone(mine)
    let state = A.initSyncState()
    for (;;) {
      const [next, data] = A.generateSyncMessage(doc, state)
      state = next
      const from = this.frames.length
      if (data) this.send({ type: 'sync', senderId, documentId, data })
      if (state.theirHeads?.toSorted().join() === A.getHeads(doc).toSorted().join()) return
      const answer = await this.frame((frame) => frame['documentId'] === documentId, from)
      // The relay has nothing of it yet; as automerge-repo, this goes on all the same.
      if (!('data' in answer)) continue
      ;[doc, state] = A.receiveSyncMessage(doc, state, answer['data'] as Uint8Array)
    }
  }

  /** The first frame of which `wanted` is true, among those that came and those to come. */
  frame(wanted: (frame: Frame) => boolean, from = 0): Promise<Frame> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.frames.slice(from).find(wanted)
        if (!found) return
        this.#waiting.delete(look)
        resolve(found)
      }
      this.#waiting.add(look)
      look()
    })
  }

  /** Hangs up; resolves when the relay has hung up too. */
  async end(): Promise<void> {
    this.#socket.close()
    await this.closed
  }
}
