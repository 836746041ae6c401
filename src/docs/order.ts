import type { DocumentHistory, Place } from './document-history.js'

/**
 * Where a line of history stands among all others: by time, but never before anything it depends on, also where a clock
 * was wrong. Whoever has the same changes has the same order.
 */
export interface SortKey {
  /** Milliseconds since 1970: the claimed time, or that of what it depends on where that is later. */
  readonly clock: number
  /** How many changes lie before it, on the longest way. */
  readonly depth: number
  readonly document: string
  /** Of the change; of a merge, a text that no hash is. */
  readonly change: string
  readonly edit: number
}

export function compareKeys(a: SortKey, b: SortKey): number {
  return (
    a.clock - b.clock ||
    a.depth - b.depth ||
    compareTexts(a.document, b.document) ||
    compareTexts(a.change, b.change) ||
    a.edit - b.edit
  )
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/** When a line claims to have been written, milliseconds since 1970: a sealed record says it itself. */
export function claimedAt(history: DocumentHistory, { change, edit }: Place): number {
  const { at, edits } = history.at(change)
  const sealed = edits[edit]?.sealed
  return sealed ? Date.parse(sealed.at) : at
}

/** The places of one history in order. Changes that come later are added to it. */
export class Order {
  readonly #history: DocumentHistory
  readonly #document: string
  readonly #clocks: (readonly number[])[] = []
  readonly #ends: number[] = []
  readonly #depths: number[] = []
  #sorted: Place[] = []
  #firsts: number[] = []

  constructor(document: string, history: DocumentHistory) {
    this.#document = document
    this.#history = history
  }

  /** All places, in order. */
  get places(): readonly Place[] {
    const history = this.#history
    if (this.#depths.length === history.length) return this.#sorted
    const fresh: Place[] = []
    for (let change = this.#depths.length; change < history.length; change += 1) {
      const deps = history.depsOf(change)
      let clock = Math.max(0, ...deps.map((dep) => this.#ends[dep] ?? 0))
      this.#depths.push(1 + Math.max(0, ...deps.map((dep) => this.#depths[dep] ?? 0)))
      const { edits, at } = history.at(change)
      const clocks = edits.map((_, edit) => {
        clock = Math.max(clock, claimedAt(history, { change, edit }))
        fresh.push({ change, edit })
        return clock
      })
      this.#clocks.push(clocks)
      this.#ends.push(edits.length === 0 ? Math.max(clock, at) : clock)
    }
    this.#sorted = this.#sorted.concat(fresh).sort((a, b) => compareKeys(this.keyOf(a), this.keyOf(b)))
    this.#firsts = this.#sorted.map(({ change, edit }) => this.#clocks[change]?.[edit] ?? 0)
    return this.#sorted
  }

  keyOf({ change, edit }: Place): SortKey {
    return {
      clock: this.#clocks[change]?.[edit] ?? 0,
      depth: this.#depths[change] ?? 0,
      document: this.#document,
      change: this.#history.at(change).hash,
      edit,
    }
  }

  /** How many of {@link places} come before a key or at it. */
  upTo(key: SortKey): number {
    const places = this.places
    let low = 0
    let high = places.length
    while (low < high) {
      const middle = (low + high) >> 1
      const place = places[middle]
      if (place && compareKeys(this.keyOf(place), key) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The clock of the last place; 0 where there is none. */
  get last(): number {
    return this.places.length > 0 ? (this.#firsts.at(-1) ?? 0) : 0
  }
}
