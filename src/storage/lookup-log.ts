import { AppendLog, LogUnusable, type AppendLogOptions } from './append-log.js'

/** Where the lines of a log lie that concern a key: of each only its position is kept in memory. */
export class Positions {
  readonly #by = new Map<string, number[]>()

  add(key: string, position: number): void {
    const known = this.#by.get(key)
    if (!known) this.#by.set(key, [position])
    else if (known.at(-1) !== position) known.push(position)
  }

  of(key: string): readonly number[] {
    return this.#by.get(key) ?? []
  }
}

export interface LookupLogOptions<V> extends Omit<AppendLogOptions, 'onEntry'> {
  /** Checks an entry; throws when it is none. */
  readonly parse: (entry: unknown) => V
  /** Under which keys it is looked up. */
  readonly keysOf: (value: V) => readonly string[]
  /** Told of each intact entry, in order, before `open` resolves. */
  readonly onValue?: (value: V) => void
  /** Told of an entry that `parse` refused. */
  readonly onUnreadable: (line: number, error: Error) => void
}

/** An append-only log whose entries are looked up by key and read from the disk then. */
export class LookupLog<V> {
  readonly #options: LookupLogOptions<V>
  readonly #positions = new Positions()
  #log!: AppendLog

  private constructor(options: LookupLogOptions<V>) {
    this.#options = options
  }

  static async open<V>(options: LookupLogOptions<V>): Promise<LookupLog<V>> {
    const found = new LookupLog(options)
    const { parse, keysOf, onValue, onUnreadable, ...rest } = options
    found.#log = await AppendLog.open({
      ...rest,
      onEntry: (entry, line, position) => {
        try {
          const value = parse(entry)
          for (const key of keysOf(value)) found.#positions.add(key, position)
          onValue?.(value)
        } catch (error) {
          onUnreadable(line, error as Error)
        }
      },
    })
    return found
  }

  /**
   * Resolves when all of them are durable.
   * @throws StorageWriteError, with none of them added
   */
  async add(values: readonly V[]): Promise<void> {
    // Each is told its own position; appended in one turn they share one fsync.
    const append = () => Promise.all(values.map((value) => this.#log.append([value])))
    const positions = await append().catch(async (error: unknown) => {
      if (!(error instanceof LogUnusable)) throw error
      // What failed before and could not be undone then, perhaps can be now.
      await this.#log.undo()
      return append()
    })
    values.forEach((value, index) => {
      for (const key of this.#options.keysOf(value)) this.#positions.add(key, positions[index] ?? 0)
    })
  }

  /** How many entries there are of a key. */
  count(key: string): number {
    return this.#positions.of(key).length
  }

  /**
   * The entries of a key, in the order they were added.
   * @param from so many of them are passed over
   * @param to without those from here on
   * @throws StorageReadError
   */
  async *of(key: string, from = 0, to?: number): AsyncGenerator<V> {
    const positions = this.#positions.of(key).slice(from, to)
    for await (const entry of this.#log.entriesAt(positions)) yield this.#options.parse(entry)
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
