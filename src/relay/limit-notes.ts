import { Buckets } from './buckets.js'
import type { Relay } from './relay.js'

/** One note a minute for each limit and address: whoever floods must not make the relay write. */
const NOTES = { burst: 1, perSecond: 1 / 60 }

/** Tells the operator of whoever is held by a limit of an address. */
export class LimitNotes {
  readonly #relay: Relay
  readonly #told: Buckets

  constructor(relay: Relay) {
    this.#relay = relay
    this.#told = new Buckets(NOTES, () => relay.now().getTime())
  }

  note(code: string, address: string, reason: string): void {
    if (this.#told.take(`${code} ${address}`) > 0) return
    void this.#relay.incidents.note({ kind: 'limit', code, reason, address })
  }
}
