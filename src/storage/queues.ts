/** Runs tasks of one key one after the other, in the order they came, and tasks of different keys side by side. */
export class Queues {
  readonly #tails = new Map<string, Promise<void>>()

  /** Resolves or rejects as the task does; a task that rejects does not hold up the next. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(key)
    const result = before ? before.then(task) : task()
    // The outcome belongs to the caller of `run`; the next task only has to know that this one is over.
    const over = (): void => {
      if (this.#tails.get(key) === tail) this.#tails.delete(key)
    }
    const tail: Promise<void> = result.then(over, over)
    this.#tails.set(key, tail)
    return result
  }

  /** Resolves when every task of this key that was queued before this call is over. */
  async settled(key: string): Promise<void> {
    await this.#tails.get(key)
  }
}
