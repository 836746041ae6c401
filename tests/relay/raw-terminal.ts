import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cbor } from '@automerge/automerge-repo'
import { WebSocket, type ClientOptions } from 'ws'
import type { ConnectResponse, PairResponse } from '../../src/docs/generated/types.js'
import type { Signer } from '../../src/docs/keys.js'
import { prove } from '../../src/protocol/proof.js'
import { PROTOCOL_VERSION } from '../../src/protocol/version.js'
import { newSigner } from '../support/keys.js'
import type { RunningRelay } from '../support/world.js'

export interface Answer<T = Record<string, unknown>> {
  readonly status: number
  readonly type: string
  readonly body: T
}

export interface Asked {
  /** Sent as JSON; bytes and text as they are. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Bearer token. */
  readonly token?: string | undefined
}

/** One HTTP request, whose answer must be JSON. */
export async function ask<T = Record<string, unknown>>(
  url: string,
  method: string,
  path: string,
  { body, headers = {}, token }: Asked = {},
): Promise<Answer<T>> {
  const raw = typeof body === 'string' || body instanceof Uint8Array
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined
      ? {}
      : { body: raw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
  })
  const type = response.headers.get('content-type') ?? ''
  return { status: response.status, type, body: (await response.json()) as T }
}

/** A terminal without an agent: it signs, asks and says what a test wants it to. */
export class RawTerminal {
  readonly relay: RunningRelay
  readonly granted: PairResponse
  readonly signer: Signer

  constructor(relay: RunningRelay, granted: PairResponse, signer: Signer) {
    this.relay = relay
    this.granted = granted
    this.signer = signer
  }

  static async paired(
    relay: RunningRelay,
    name: string,
    { role = 'till', shop = 'Main' }: { role?: 'till' | 'manager'; shop?: string } = {},
  ): Promise<RawTerminal> {
    const { code } = await relay.relay.pairings.create(shop, name, role)
    const signer = newSigner()
    const answer = await ask<PairResponse>(relay.url, 'POST', '/v1/pair', { body: pairBody(code, signer) })
    if (answer.status !== 201) throw new Error(`Pairing failed: ${JSON.stringify(answer.body)}`)
    return new RawTerminal(relay, answer.body, signer)
  }

  get id(): string {
    return this.granted.terminal
  }

  async challenge(): Promise<string> {
    const asked = { body: { terminal: this.id } }
    return (await ask<{ nonce: string }>(this.relay.url, 'POST', '/v1/challenge', asked)).body.nonce
  }

  /** What a terminal answers to a nonce; `over` is written over what is signed and sent. */
  response(nonce: string, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
    const { relay, epoch } = this.granted
    const said = { terminal: this.id, epoch, nonce, protocol: PROTOCOL_VERSION, ...over }
    const statement = { context: 'counterfoil connect 1' as const, relay, ...said }
    return { ...said, signature: prove(statement, this.signer), ...over }
  }

  connect(over: Readonly<Record<string, unknown>> = {}): Promise<Answer<ConnectResponse>> {
    return this.challenge().then((nonce) => this.answer(this.response(nonce, over)))
  }

  answer(body: Readonly<Record<string, unknown>>): Promise<Answer<ConnectResponse>> {
    return ask<ConnectResponse>(this.relay.url, 'POST', '/v1/connect', { body })
  }

  async session(): Promise<string> {
    return (await this.connect()).body.session
  }

  /** A socket that has been let in and has joined. */
  async joined(): Promise<RawSocket> {
    const socket = await RawSocket.open(this.relay.url, (await this.connect()).body.ticket)
    await socket.join(this.id)
    return socket
  }
}

export function pairBody(code: string, signer: Signer, over: Readonly<Record<string, unknown>> = {}): object {
  const { publicKey } = signer
  return {
    code,
    publicKey,
    proof: prove({ context: 'counterfoil pair 1', code, publicKey }, signer),
    ...over,
  }
}

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

  static async open(url: string, ticket: string, options: ClientOptions = {}): Promise<RawSocket> {
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/socket`, {
      headers: { authorization: `Bearer ${ticket}` },
      ...options,
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

/** A terminal id that was never given out. */
export function strangeId(): string {
  return `term_${randomBytes(10).toString('hex')}`
}
