import { TICKET_LIFE_MS } from '../protocol/limits.js'
import { unlessAborted } from '../protocol/within.js'
import { Refused, asRefused } from '../protocol/problem.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import { backoff } from './backoff.js'
import type { TerminalIdentity } from './identity.js'
import type { TicketClientAdapter } from './network.js'
import { RelaySession } from './relay-session.js'

/**
 * Whether the relay can be reached. What a person wants is the mode; this is only observed.
 *
 *     down ──want──▶ connecting ──relay answered──▶ up
 *      ▲                 │                          │
 *      └──failed, left───┴──────lost, left──────────┘   (wanted: tried again after a backoff)
 */
export type LinkState =
  | { readonly state: 'down'; readonly reason: string; readonly retryAt?: Date }
  | { readonly state: 'connecting' }
  | { readonly state: 'up'; readonly session: RelaySession; readonly since: Date }

export interface LinkOptions {
  readonly identity: () => TerminalIdentity
  readonly durable: DurableRepo
  /** Of the last receipt this terminal holds. */
  readonly serial: () => number
  /**
   * Told that the relay remembers no receipt after this serial. The connection is not used before it resolves: new
   * receipts would hide that others are lost (S5).
   */
  readonly onForgotten: (after: number) => Promise<void>
  /** Names an epoch that was asked for without getting an answer. */
  readonly asked: () => string | undefined
  /** Told why the relay did not let this terminal in. */
  readonly onRefused: (refused: Refused) => Promise<void>
  readonly now: () => Date
  /** Gives so many random bytes. */
  readonly random: (bytes: number) => Uint8Array
  readonly onChange: (state: LinkState) => void
}

export function linkLost(): Refused {
  return new Refused(
    'unavailable',
    'link-lost',
    'The connection to the relay was lost. Sync again; it goes on where it was.',
  )
}

/** No two connections ever draw the same. */
const NONCE_BYTES = 32

/** Keeps one connection to the relay: while it is wanted, for ever; else as long as somebody uses it. */
export class Link {
  readonly #options: LinkOptions
  #state: LinkState = { state: 'down', reason: 'not connected' }
  #wanted = false
  #users = 0
  #tries = 0
  #retry: NodeJS.Timeout | undefined
  #attempt: Promise<RelaySession> | undefined
  #adapter: TicketClientAdapter | undefined
  /** Of the connection that is up: resolves when documents can be exchanged over it. */
  #socket: Promise<void> | undefined
  #abort = new AbortController()
  #closeCode: number | undefined

  constructor(options: LinkOptions) {
    this.#options = options
  }

  get state(): LinkState {
    return this.#state
  }

  /** The session of a link that is up. */
  get session(): RelaySession | undefined {
    return this.#state.state === 'up' ? this.#state.session : undefined
  }

  /** The close code the last connection ended with, where the relay ended it; see `CLOSE`. */
  get closeCode(): number | undefined {
    return this.#closeCode
  }

  /** Whether it stays connected, and not only as long as somebody uses it. */
  get wanted(): boolean {
    return this.#wanted
  }

  /** Whether to stay connected. */
  want(wanted: boolean): void {
    this.#wanted = wanted
    if (!wanted) {
      clearTimeout(this.#retry)
      this.#retry = undefined
      this.#leave()
    } else if (this.#state.state === 'down') this.#try()
    // Its loss is the state's.
    else if (this.#state.state === 'up') this.socket().catch(() => undefined)
  }

  /**
   * Uses a connection for a while, making one if there is none; where none is wanted it is closed after.
   * @param signal ends the waiting for a connection; the work has to look at it itself
   * @throws Refused when the relay cannot be reached or refuses this terminal
   */
  async use<R>(work: (session: RelaySession) => Promise<R>, signal?: AbortSignal): Promise<R> {
    this.#users += 1
    const connecting = this.#connect()
    try {
      return await work(await (signal ? unlessAborted(signal, connecting) : connecting))
    } finally {
      this.#users -= 1
      this.#leave()
      // Whoever gave up waiting leaves a connection that comes to be all the same.
      if (signal?.aborted) connecting.then(() => this.#leave()).catch(() => undefined)
    }
  }

  #leave(): void {
    if (!this.#isNeeded) this.#drop('not connected')
  }

  get #isNeeded(): boolean {
    return this.#wanted || this.#users > 0
  }

  /**
   * Opens the WebSocket of a link that is up, over which automerge-repo exchanges documents: a connection that is made
   * for one exchange often needs none.
   * @throws Refused `relay-unreachable`, and what connecting throws
   */
  async socket(): Promise<void> {
    const { session } = this
    if (!session) throw linkLost()
    this.#socket ??= this.#openSocket(session)
    try {
      await this.#socket
    } catch (error) {
      if (this.session === session) await this.#failed(error)
      throw error
    }
  }

  /** Makes the connection anew, so that the relay forgets which documents this terminal had open. */
  async renew(): Promise<void> {
    if (this.#state.state !== 'up') return
    this.#drop('connecting anew')
    if (this.#isNeeded) await this.#connect()
  }

  stop(): void {
    this.#wanted = false
    clearTimeout(this.#retry)
    this.#abort.abort()
    this.#drop('the terminal is stopping')
  }

  #set(state: LinkState): void {
    this.#state = state
    this.#options.onChange(state)
  }

  #try(): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    // The outcome is the state; who waits for a connection gets the error from its own call.
    this.#connect().catch(() => undefined)
  }

  #connect(): Promise<RelaySession> {
    if (this.#state.state === 'up') return Promise.resolve(this.#state.session)
    this.#attempt ??= this.#open().finally(() => {
      this.#attempt = undefined
    })
    return this.#attempt
  }

  async #open(): Promise<RelaySession> {
    const { onForgotten, now } = this.#options
    this.#closeCode = undefined
    this.#socket = undefined
    this.#set({ state: 'connecting' })
    try {
      const session = await this.#prove()
      if (session.forgottenAfter !== undefined) await onForgotten(session.forgottenAfter)
      if (this.#wanted) await (this.#socket = this.#openSocket(session))
      this.#tries = 0
      if (!this.#isNeeded) {
        // Whoever asked for it has left meanwhile, and nobody else would ever close it.
        this.#disconnect()
        this.#set({ state: 'down', reason: 'not connected' })
        return session
      }
      this.#set({ state: 'up', session, since: now() })
      // It may be wanted since.
      if (this.#wanted) this.socket().catch(() => undefined)
      return session
    } catch (error) {
      throw await this.#failed(error)
    }
  }

  async #failed(error: unknown): Promise<Refused> {
    const refused = asRefused(error)
    await this.#options.onRefused(refused)
    this.#lost(refused.message)
    return refused
  }

  #prove(): Promise<RelaySession> {
    const { identity, serial, asked, random } = this.#options
    const nonce = Buffer.from(random(NONCE_BYTES)).toString('base64url')
    return RelaySession.connect(identity(), serial(), nonce, asked(), this.#abort.signal)
  }

  async #openSocket(session: RelaySession): Promise<void> {
    const { durable, identity, now } = this.#options
    const { state } = this
    const isOld = state.state === 'up' && now().getTime() - state.since.getTime() > TICKET_LIFE_MS / 2
    const { granted, base } = isOld ? await this.#prove() : session
    // Loaded when there is something to exchange: a till that starts has to seal first.
    const { TicketClientAdapter: Adapter } = await import('./network.js')
    const isLost = state.state === 'up' && this.session !== session
    if (this.#abort.signal.aborted || isLost) throw linkLost()
    await new Promise<void>((resolve, reject) => {
      const adapter: TicketClientAdapter = new Adapter({
        url: `${base.replace(/^http/, 'ws')}/v1/socket`,
        ticket: granted.ticket,
        relay: identity().relay,
        onUp: resolve,
        onDown: (reason, closeCode) => {
          this.#closeCode = closeCode
          reject(
            new Refused('unavailable', 'relay-unreachable', `The connection to the relay failed: ${reason}.`),
          )
          if (this.#adapter !== adapter) return
          this.#adapter = undefined
          if (this.#state.state === 'up') this.#lost(reason)
        },
      })
      this.#adapter = adapter
      durable.repo.networkSubsystem.addNetworkAdapter(adapter)
    })
  }

  #lost(reason: string): void {
    if (!this.#wanted || this.#abort.signal.aborted) {
      this.#set({ state: 'down', reason })
      return
    }
    const wait = backoff(this.#tries, (this.#options.random(1)[0] ?? 0) / 255)
    this.#tries += 1
    clearTimeout(this.#retry)
    this.#retry = setTimeout(() => this.#try(), wait)
    this.#retry.unref()
    this.#set({ state: 'down', reason, retryAt: new Date(this.#options.now().getTime() + wait) })
  }

  #disconnect(): void {
    const adapter = this.#adapter
    this.#adapter = undefined
    adapter?.disconnect()
  }

  #drop(reason: string): void {
    this.#disconnect()
    if (this.#state.state === 'up') this.#set({ state: 'down', reason })
  }
}
