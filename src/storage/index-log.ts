import { AppendLog, type AppendLogOptions } from './append-log.js'

export interface IndexLogOptions<V> extends Omit<AppendLogOptions, 'onEntry'> {
  /** Checks an entry's value; throws when it is none. */
  readonly parse: (value: unknown) => V
  /** Told of an entry that `parse` refused. */
  readonly onUnreadable: (key: string, error: Error) => void
}

interface Entry {
  readonly key: string
  readonly value: unknown
}

function isEntry(value: unknown): value is Entry {
  return (
    typeof value === 'object' &&
    value !== null &&
    'key' in value &&
    typeof value.key === 'string' &&
    'value' in value
  )
}

/**
 * A map that is kept as an append-only log: what was set is on the disk when `set` resolves. For small values that
 * are added and seldom change, such as the names of documents.
 */
export class IndexLog<V> {
  readonly #map = new Map<string, V>()
  #log!: AppendLog

  private constructor() {}

  static async open<V>(options: IndexLogOptions<V>): Promise<IndexLog<V>> {
    const { parse, onUnreadable, ...rest } = options
    const index = new IndexLog<V>()
    index.#log = await AppendLog.open({
      ...rest,
      onEntry: (entry) => {
        if (!isEntry(entry)) {
          onUnreadable('?', new Error('it has no key'))
          return
        }
        try {
          if (entry.value === null) index.#map.delete(entry.key)
          else index.#map.set(entry.key, parse(entry.value))
        } catch (error) {
          onUnreadable(entry.key, error as Error)
        }
      },
    })
    return index
  }

  get(key: string): V | undefined {
    return this.#map.get(key)
  }

  has(key: string): boolean {
    return this.#map.has(key)
  }

  get size(): number {
    return this.#map.size
  }

  entries(): IterableIterator<[string, V]> {
    return this.#map.entries()
  }

  /**
   * Sets several at once, with one fsync.
   * @throws StorageWriteError, with nothing set
   */
  async setAll(entries: readonly (readonly [string, V])[]): Promise<void> {
    if (entries.length === 0) return
    await this.#log.append(entries.map(([key, value]) => ({ key, value })))
    for (const [key, value] of entries) this.#map.set(key, value)
  }

  async set(key: string, value: V): Promise<void> {
    await this.setAll([[key, value]])
  }

  async delete(keys: readonly string[]): Promise<void> {
    const known = keys.filter((key) => this.#map.has(key))
    if (known.length === 0) return
    await this.#log.append(known.map((key) => ({ key, value: null })))
    for (const key of known) this.#map.delete(key)
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
