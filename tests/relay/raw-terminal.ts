import { randomBytes } from 'node:crypto'
import type * as A from '@automerge/automerge'
import type {
  ChallengeResponse,
  ConnectResponse,
  NamedHeads,
  PairResponse,
} from '../../src/docs/generated/types.js'
import type { Signer } from '../../src/docs/keys.js'
import { prove } from '../../src/protocol/proof.js'
import { PROTOCOL_VERSION } from '../../src/protocol/version.js'
import { newSigner } from '../support/keys.js'
import type { RunningRelay } from '../support/world.js'
import { ask, type Answer } from './raw-http.js'
import { RawSocket } from './raw-socket.js'

export interface GivenDocument {
  readonly id: string
  readonly named: NamedHeads
  readonly doc: A.Doc<unknown>
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
    return RawTerminal.pairedWith(relay, code)
  }

  /** As {@link paired}, with a code that was made elsewhere. */
  static async pairedWith(relay: RunningRelay, code: string): Promise<RawTerminal> {
    const signer = newSigner()
    const answer = await ask<PairResponse>(relay.url, 'POST', '/v1/pair', { body: pairBody(code, signer) })
    if (answer.status !== 201) throw new Error(`Pairing failed: ${JSON.stringify(answer.body)}`)
    return new RawTerminal(relay, answer.body, signer)
  }

  get id(): string {
    return this.granted.terminal
  }

  async challenge(): Promise<string> {
    const asked = { body: { terminal: this.id, nonce: randomBytes(32).toString('base64url') } }
    return (await ask<ChallengeResponse>(this.relay.url, 'POST', '/v1/challenge', asked)).body.nonce
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

  /** Asks with a session of its own. */
  async post<T>(path: string, body: unknown): Promise<Answer<T>> {
    return ask<T>(this.relay.url, 'POST', path, { token: await this.session(), body })
  }

  /** Brings documents to the relay's memory over a socket, as automerge-repo would. */
  async give(...books: readonly GivenDocument[]): Promise<void> {
    const { session, ticket } = (await this.connect()).body
    const documents = books.map(({ named }) => named)
    await ask(this.relay.url, 'POST', '/v1/sync', { token: session, body: { documents } })
    const socket = await RawSocket.open(this.relay.url, ticket)
    await socket.join(this.id)
    const { refusals } = this.relay.relay.gate
    for (const { id, doc } of books) {
      // What the gate refuses never arrives.
      const refused = new Promise<void>((resolve) => refusals.watch(this.id, id, resolve))
      await Promise.race([socket.push(this.id, id, doc), refused])
    }
    await socket.end()
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

/** A terminal id that was never given out. */
export function strangeId(): string {
  return `term_${randomBytes(10).toString('hex')}`
}
