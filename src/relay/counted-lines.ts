import type { FlatDoc } from '../docs/flat.js'
import type { BookSummary } from '../docs/generated/types.js'
import { everyRecordIn } from '../docs/lines.js'
import type { DocumentId } from '../docs/naming.js'
import type { SealedRecord } from '../docs/record.js'
import type { DurableRepo } from '../storage/durable-repo.js'

/** One line of one day book, as far as it was counted. */
interface Counted {
  readonly book: DocumentId
  readonly first: number
  readonly upTo: number
  readonly head: string | undefined
  /** Hash of the record before its first one; undefined where it was not noted. */
  readonly prev?: string
}

/** Records that are about to be stored, or are, and that follow one another. */
export interface HeldRun {
  readonly book: DocumentId
  readonly first: number
  readonly last: number
  readonly prev: string
  readonly lastHash: string
}

/** What other day books of the same terminal and epoch hold at the positions of some records. */
export interface Beside {
  /** Hashes of the records that another day book holds as well: moved there out of a damaged one. */
  readonly same: ReadonlySet<string>
  /** Whether another day book holds a different record at one of these positions, or before the first of them. */
  readonly contradicts: boolean
  /** Whether another day book holds the record that the first of these follows. */
  readonly holdsPrevious: boolean
  hasPosition(position: number): boolean
}

/** Which chain positions of each terminal and epoch are held, and in which day book. */
export class CountedLines {
  readonly #durable: DurableRepo
  /** By terminal and epoch, then by the key of the line's summary. */
  readonly #chains = new Map<string, Map<string, Counted>>()

  constructor(durable: DurableRepo) {
    this.#durable = durable
  }

  /** @param key of the summary, see `lineKey` */
  remember(key: string, { terminal, epoch, first, upTo, head }: BookSummary): void {
    const chain = this.#chains.get(`${terminal} ${epoch}`) ?? new Map<string, Counted>()
    this.#chains.set(`${terminal} ${epoch}`, chain)
    const known = chain.get(key)
    // More of it may be held by now than was counted.
    if (known && known.upTo > upTo) return
    chain.set(key, { ...known, book: key.split('~')[0] as DocumentId, first, upTo, head })
  }

  /**
   * Takes note of a run that is about to be stored, where it contradicts nothing that is held of its terminal and epoch.
   * @param isNew whether nothing of its day book is held
   * @returns how to take that back, if it could not be stored; undefined where the run has to be looked at closely
   */
  hold(terminal: string, epoch: string, run: HeldRun, isNew: boolean): (() => void) | undefined {
    const chain = this.#chains.get(`${terminal} ${epoch}`) ?? new Map<string, Counted>()
    for (const [key, line] of chain) if (key.includes('~') || contradicts(line, run, isNew)) return undefined
    const { book, first, last, prev, lastHash } = run
    const known = chain.get(book)
    if (isNew ? known : known && (known.upTo !== first - 1 || known.head !== prev)) return undefined
    this.#chains.set(`${terminal} ${epoch}`, chain)
    chain.set(book, {
      book,
      first: known?.first ?? first,
      upTo: last,
      head: lastHash,
      prev: known?.prev ?? prev,
    })
    return () => {
      if (known) chain.set(book, known)
      else chain.delete(book)
    }
  }

  /** Up to which position a day book is held, as far as is known here; 0 for not at all. */
  heldUpTo(terminal: string, epoch: string, book: DocumentId): number {
    return this.#chains.get(`${terminal} ${epoch}`)?.get(book)?.upTo ?? 0
  }

  #chain(terminal: string, epoch: string): Counted[] {
    return [...(this.#chains.get(`${terminal} ${epoch}`)?.values() ?? [])]
  }

  lastPosition(terminal: string, epoch: string): number {
    return this.#chain(terminal, epoch).reduce((last, { upTo }) => Math.max(last, upTo), 0)
  }

  isDoubled(terminal: string, epoch: string, position: number): boolean {
    return this.#chain(terminal, epoch).filter((line) => spans(line, position)).length > 1
  }

  /** Looks beside a day book; others are loaded only where they reach the same positions. */
  async beside(
    book: DocumentId,
    { terminal, epoch }: { readonly terminal: string; readonly epoch: string },
    records: readonly SealedRecord[],
  ): Promise<Beside> {
    const { position: first = 0, prev = '' } = records[0]?.body.chain ?? {}
    const last = records.at(-1)?.body.chain.position ?? 0
    const chain = this.#chain(terminal, epoch)
    const others = chain.filter((line) => line.book !== book)
    const isPlain = others.some(({ upTo, head }) => upTo === first - 1 && head === prev)
    const near = others.filter(
      (line) => (line.first <= last && line.upTo >= first) || (!isPlain && spans(line, first - 1)),
    )
    const same = new Set<string>()
    let contradicts = false
    let holdsPrevious = isPlain
    const own = new Map(records.map((record) => [record.body.chain.position, record.hash]))
    for (const id of new Set(near.map((line) => line.book))) {
      const doc = (await this.#durable.open<FlatDoc>(id))?.doc()
      for (const { hash, body } of doc ? everyRecordIn(doc) : []) {
        if (hash === prev) holdsPrevious = true
        const mine = own.get(body.chain.position)
        if (mine === undefined) continue
        if (mine === hash) same.add(hash)
        else contradicts = true
      }
    }
    const isElsewhere = !holdsPrevious && others.some((line) => spans(line, first - 1))
    return {
      same,
      contradicts: contradicts || isElsewhere,
      holdsPrevious,
      hasPosition: (position) => chain.some((line) => spans(line, position)),
    }
  }
}

/** Whether a line of another day book may contradict a run: holds its positions, or does not join with it. */
function contradicts(line: Counted, run: HeldRun, isNew: boolean): boolean {
  if (line.book === run.book) return false
  if (line.first <= run.last && line.upTo >= run.first) return true
  if (isNew && spans(line, run.first - 1)) return line.upTo !== run.first - 1 || line.head !== run.prev
  return line.first === run.last + 1 && line.prev !== run.lastHash
}

function spans({ first, upTo }: Counted, position: number): boolean {
  return first <= position && position <= upTo
}
