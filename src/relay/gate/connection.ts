import type { PeerId } from '@automerge/automerge-repo'
import type { WebSocket } from 'ws'

export interface ConnectionLimits {
  /** Messages in a second, and at once. */
  readonly perSecond: number
  readonly atOnce: number
  /** Bytes that are being looked into. */
  readonly backlog: number
  /** Milliseconds from the upgrade to the join. */
  readonly join: number
  /** Bytes left unread when the next message is due. */
  readonly unread: number
}

export interface ConnectionOptions {
  readonly socket: WebSocket
  readonly peer: PeerId
  readonly limits: ConnectionLimits
  /** Milliseconds. */
  readonly now: () => number
  readonly onJoinTooLate: () => void
}

/**
 * One socket of one terminal. What it sends is looked into in the order it comes; whoever sends more than can be
 * looked into is not read from for a while, which costs nobody else anything.
 *
 *     opened ──join──▶ joined ──refused or closed──▶ ended
 */
export class Connection {
  readonly socket: WebSocket
  readonly peer: PeerId
  state: 'opened' | 'joined' | 'ended' = 'opened'
  readonly #options: ConnectionOptions
  readonly #joinTimer: NodeJS.Timeout
  #resume: NodeJS.Timeout | undefined
  #last: Promise<void> | undefined
  #backlog = 0
  #credit: number
  #creditAt: number

  constructor(options: ConnectionOptions) {
    this.#options = options
    this.socket = options.socket
    this.peer = options.peer
    this.#credit = options.limits.atOnce
    this.#creditAt = options.now()
    this.#joinTimer = setTimeout(options.onJoinTooLate, options.limits.join)
  }

  joined(): void {
    this.state = 'joined'
    clearTimeout(this.#joinTimer)
  }

  end(): void {
    this.state = 'ended'
    clearTimeout(this.#joinTimer)
    clearTimeout(this.#resume)
    // A socket that is not read from would never come to read the other side's close.
    if (this.socket.isPaused) this.socket.resume()
  }

  /** Whether something is being looked into, behind which the next has to wait. */
  get isBusy(): boolean {
    return this.#last !== undefined
  }

  /** Looks into a message of `bytes` bytes after those that came before. */
  queue(bytes: number, work: () => Promise<void>): void {
    this.#backlog += bytes
    const done = (this.#last ?? Promise.resolve())
      .then(() => (this.state === 'ended' ? undefined : work()))
      .finally(() => {
        this.#backlog -= bytes
        if (this.#last === done) this.#last = undefined
        this.#readOrNot()
      })
    this.#last = done
    this.#readOrNot()
  }

  /** Counts a message. */
  spend(): void {
    const { perSecond, atOnce } = this.#options.limits
    const now = this.#options.now()
    this.#credit = Math.min(atOnce, this.#credit + ((now - this.#creditAt) * perSecond) / 1_000) - 1
    this.#creditAt = now
    this.#readOrNot()
  }

  #readOrNot(): void {
    if (this.state === 'ended') return
    const { limits } = this.#options
    const isOwing = this.#credit < 0
    if (isOwing && !this.#resume) {
      this.#resume = setTimeout(
        () => {
          this.#resume = undefined
          this.#credit = Math.max(this.#credit, 0)
          this.#readOrNot()
        },
        Math.ceil((-this.#credit / limits.perSecond) * 1_000),
      )
    }
    const isHeld = this.#backlog > limits.backlog || this.#resume !== undefined
    if (isHeld && !this.socket.isPaused) this.socket.pause()
    else if (!isHeld && this.socket.isPaused) this.socket.resume()
  }
}
