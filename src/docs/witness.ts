import type { DocumentHistory } from './document-history.js'
import type { DocumentName } from './naming.js'

/** When the relay got a change, and how that is known. */
export interface Witness {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Who brought it: a terminal's id, or `relay`. */
  readonly from: string
  /**
   * - `arrival`: it was noted when it came
   * - `receipt`: a custody receipt covers it, so that it had come by then
   * - `own`: the relay made it itself
   */
  readonly by: 'arrival' | 'receipt' | 'own'
  /** Of the arrival or the receipt: changes that came together have the same. */
  readonly serial: number
}

interface Seen {
  readonly at: number
  readonly heads: readonly string[]
}

/** Everything that is known of when the changes of a document became known to whom. Only ever added to. */
export class Witnesses {
  readonly #own: boolean
  readonly #came = new Map<string, Witness>()
  readonly #receipts: (Seen & Witness)[] = []
  /** By terminal, the heads it is known to have had. */
  readonly #seen = new Map<string, Seen[]>()
  /** By index of a change: which receipt covers it first. */
  #covered: (Witness | undefined)[] = []
  #receiptsMarked = 0
  #latest = 0

  /** @param name of the document */
  constructor(name: DocumentName) {
    this.#own = name.kind === 'shop' || name.kind === 'stock' || name.kind === 'sales'
  }

  /** The last moment anything is known of, milliseconds since 1970; 0 where nothing is. */
  get latest(): number {
    return this.#latest
  }

  /** Changes came from a terminal. */
  came(from: string, changes: readonly string[], at: number, serial: number): void {
    for (const hash of changes)
      if (!this.#came.has(hash)) this.#came.set(hash, { at, from, by: 'arrival', serial })
    this.seen(from, changes, at)
  }

  /** A terminal was given a receipt for the document at these heads. */
  receipted(terminal: string, heads: readonly string[], at: number, serial: number): void {
    this.#receipts.push({ at, heads, from: terminal, by: 'receipt', serial })
    this.seen(terminal, heads, at)
  }

  /** A terminal has these changes, and what they depend on. */
  seen(terminal: string, heads: readonly string[], at: number): void {
    this.#latest = Math.max(this.#latest, at)
    const known = this.#seen.get(terminal)
    if (known) known.push({ at, heads })
    else this.#seen.set(terminal, [{ at, heads }])
  }

  /** Undefined where nothing says when the change came. */
  of(history: DocumentHistory, index: number): Witness | undefined {
    const { hash, note, at } = history.at(index)
    // Nobody but the relay can make a change in its name, or any in some documents: the gate lets none in.
    if (this.#own || note.terminal === 'relay') return { at, from: 'relay', by: 'own', serial: 0 }
    return this.#came.get(hash) ?? this.#coveredBy(history)[index]
  }

  /** The heads that a terminal is known to have had up to a moment (milliseconds since 1970). */
  headsSeenBy(terminal: string, until: number): string[] {
    return (this.#seen.get(terminal) ?? []).filter(({ at }) => at <= until).flatMap(({ heads }) => heads)
  }

  #coveredBy(history: DocumentHistory): readonly (Witness | undefined)[] {
    for (; this.#receiptsMarked < this.#receipts.length; this.#receiptsMarked += 1) {
      const receipt = this.#receipts[this.#receiptsMarked]
      if (!receipt) break
      const { at, from, by, serial } = receipt
      const queue = history.indicesOf(receipt.heads)
      for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
        // All before a change that is covered are covered as well.
        if (this.#covered[index]) continue
        this.#covered[index] = { at, from, by, serial }
        queue.push(...history.depsOf(index))
      }
    }
    return this.#covered
  }
}
