/**
 * Work that was begun and has not ended. Who asked for it may be gone: what it writes must be written before the
 * directory is let go.
 */
export class InFlight {
  readonly #running = new Set<Promise<unknown>>()

  track(work: Promise<unknown>): void {
    this.#running.add(work)
    const ended = (): void => void this.#running.delete(work)
    work.then(ended, ended)
  }

  /** Resolves when nothing runs any more, or after `patience` ms. */
  async settled(patience: number): Promise<void> {
    if (this.#running.size === 0) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience)))
    await Promise.race([Promise.allSettled(this.#running), late])
    clearTimeout(timer)
  }
}
