import { EventEmitter } from 'node:events'
import { setYoungest } from '../youngest.js'

/** Why a document of a terminal is not taken, for its terminal to show. */
export interface DocumentRefusal {
  /** For programs: `change-signature`, `change-schema` … */
  readonly code: string
  readonly reason: string
}

/** Documents remembered of one terminal. What is forgotten is refused again when it is sent again. */
const KEPT_PER_TERMINAL = 1_000

/**
 * Which documents of which terminals were refused. Such a document is set aside by itself: whatever else the terminal
 * sends goes on (S4). It counts until the relay holds what it is asked to give a receipt for.
 */
export class Refusals {
  readonly #byTerminal = new Map<string, Map<string, DocumentRefusal>>()
  readonly #events = new EventEmitter()

  constructor() {
    // One listener for each document that a receipt is waited for.
    this.#events.setMaxListeners(0)
  }

  set(terminal: string, document: string, refusal: DocumentRefusal): void {
    const own = this.#byTerminal.get(terminal) ?? new Map<string, DocumentRefusal>()
    this.#byTerminal.set(terminal, own)
    setYoungest(own, document, refusal, KEPT_PER_TERMINAL)
    this.#events.emit(`${terminal} ${document}`)
  }

  get(terminal: string, document: string): DocumentRefusal | undefined {
    return this.#byTerminal.get(terminal)?.get(document)
  }

  clear(terminal: string, document: string): void {
    const own = this.#byTerminal.get(terminal)
    own?.delete(document)
    if (own?.size === 0) this.#byTerminal.delete(terminal)
  }

  clearAll(terminal: string): void {
    this.#byTerminal.delete(terminal)
  }

  /** Calls back when a document of a terminal is refused. @returns how to stop that */
  watch(terminal: string, document: string, onRefused: () => void): () => void {
    const event = `${terminal} ${document}`
    this.#events.on(event, onRefused)
    return () => this.#events.off(event, onRefused)
  }
}
