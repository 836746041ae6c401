import { watch, type FSWatcher } from 'node:fs'
import { join } from 'node:path'
import type { Begun, Ended } from '../support/processes.js'
import type { Terminal } from './shop.js'
import type { Wire } from './wire.js'

/**
 * Counts what can be seen from outside of a terminal's work: files that come, change or go in its data directory or
 * where its chunks are written, and pieces on its wire. Each is a moment at which it may be killed.
 */
export class Moments {
  readonly #watchers: readonly FSWatcher[]
  readonly #wire: Wire
  #count = 0
  #wanted = Number.POSITIVE_INFINITY
  #reached: () => void = () => undefined

  /** The terminal's folders must be there: it was paired. */
  constructor({ data }: Terminal, wire: Wire) {
    const folders = [data, join(data, 'documents', '.tmp')]
    this.#watchers = folders.map((folder) => watch(folder, () => this.#pass()))
    this.#wire = wire
    wire.onPiece = () => this.#pass()
  }

  #pass(): void {
    this.#count += 1
    if (this.#count === this.#wanted) this.#reached()
  }

  /** Lets a command run to its end. @returns how many moments that took */
  async count(begun: Begun): Promise<number> {
    this.#count = 0
    const { code, stderr } = await begun.ended
    if (code !== 0) throw new Error(`It ended with ${code}: ${stderr}`)
    return this.#count
  }

  /** Kills a command at a moment, the first being 1, if it comes to that. @returns how it ended */
  async killAt(moment: number, begun: Begun): Promise<Ended> {
    this.#count = 0
    this.#wanted = moment
    this.#reached = () => begun.process.kill('SIGKILL')
    const ended = await begun.ended
    this.#wanted = Number.POSITIVE_INFINITY
    return ended
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.close()
    this.#wire.onPiece = () => undefined
  }
}
