import { EventEmitter } from 'node:events'
import type { Request, Response } from 'express'
import type { FleetChange, Incident } from '../../docs/generated/types.js'
import { tooManyRequests } from '../buckets.js'
import { mayStillHear, shopBoundTo, type Machine, type SignedIn } from '../caller.js'
import type { Relay } from '../relay.js'
import { fleetShop, rowsFor } from './fleet-rows.js'

/** A comment line keeps a stream open through whatever sits between. Milliseconds. */
const HEARTBEAT_MS = 15_000
/** Rows that change together are told together. Milliseconds. */
const ROWS_AFTER_MS = 1_000
/** Rows in one event: a thousand that change in one second take some seconds, and each some hundred kilobytes. */
const ROWS_AT_ONCE = 250
/** What a page may leave unread; it opens the stream again and reads the fleet anew. Bytes. */
const UNREAD_BYTES = 1024 * 1024
/** An office with a screen or two for everybody. */
const STREAMS = 200
/** A stream that is refused may be tried again after so many seconds. */
const RETRY_SECONDS = 30
/** A page whose stream is lost opens it again after so long. Milliseconds. */
const RECONNECT_MS = 3_000

export interface RelayEvents {
  /** A terminal is not what it was. */
  terminal: [id: string]
  incident: [incident: Incident]
  /** A sample of the relay's health was taken. */
  health: []
}

/** Server-sent events for people's pages: what changes, a little later and together. */
export class EventStreams {
  readonly events = new EventEmitter<RelayEvents>().setMaxListeners(STREAMS + 10)
  readonly #relay: Relay
  /** Each with who looks whether it may go on. */
  readonly #open = new Map<Response, () => void>()

  constructor(relay: Relay) {
    this.#relay = relay
  }

  /** Streams that are open. */
  get count(): number {
    return this.#open.size
  }

  /**
   * Answers with a stream that lasts until the page or the relay ends it, or who asked is signed in no more.
   * @param inspects whether incidents and health are told as well
   * @throws Refused `too-many-streams`
   */
  open(_request: Request, response: Response, caller: SignedIn | Machine, inspects: boolean): void {
    if (this.#open.size >= STREAMS)
      throw tooManyRequests('too-many-streams', 'Too many pages are open already.', RETRY_SECONDS)
    const relay = this.#relay
    const own = shopBoundTo(caller)
    response.status(200).type('text/event-stream').set('cache-control', 'no-store')
    response.flushHeaders()
    // A stream is one request: that its session still is has to be looked at again each time.
    const look = (): void => {
      if (!response.writableEnded && !mayStillHear(relay, caller)) response.end()
    }
    this.#open.set(response, look)
    const write = (text: string): void => {
      look()
      if (response.writableEnded) return
      if (response.writableLength > UNREAD_BYTES) response.destroy()
      else response.write(text)
    }
    const send = (event: string, data: unknown): void =>
      write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    const changed = new Set<string>()
    let timer: NodeJS.Timeout | undefined
    const flush = (): void => {
      timer = undefined
      const ids = [...changed].slice(0, ROWS_AT_ONCE)
      for (const id of ids) changed.delete(id)
      send('fleet', fleetChange(relay, ids))
      if (changed.size > 0) timer = setTimeout(flush, ROWS_AFTER_MS)
    }
    const onTerminal = (id: string): void => {
      if (own !== undefined && relay.shops.terminal(id)?.shop.id !== own) return
      changed.add(id)
      timer ??= setTimeout(flush, ROWS_AFTER_MS)
    }
    const onIncident = (incident: Incident): void => send('incident', incident)
    const onHealth = (): void => send('health', {})
    const heartbeat = setInterval(() => write(':\n\n'), HEARTBEAT_MS)
    this.events.on('terminal', onTerminal)
    if (inspects) this.events.on('incident', onIncident).on('health', onHealth)
    write(`retry: ${RECONNECT_MS}\n\n`)
    response.on('close', () => {
      clearInterval(heartbeat)
      clearTimeout(timer)
      this.events.off('terminal', onTerminal).off('incident', onIncident).off('health', onHealth)
      this.#open.delete(response)
    })
  }

  /** Sessions may have ended: their streams end now. */
  lookAgain(): void {
    for (const look of this.#open.values()) look()
  }

  /** Ends all streams; the pages open them again when there is a relay. */
  end(): void {
    for (const response of this.#open.keys()) response.end()
  }
}

function fleetChange(relay: Relay, ids: readonly string[]): FleetChange {
  const terminals = rowsFor(relay, ids)
  const shops = new Set(terminals.map(({ shop }) => shop))
  return {
    at: relay.now().toISOString(),
    shops: relay.shops
      .all()
      .filter(({ id }) => shops.has(id))
      .map(fleetShop),
    terminals,
  }
}
