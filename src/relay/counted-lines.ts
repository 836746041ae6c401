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

/** Which chain positions of each terminal and epoch were counted, and in which day book. */
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
    chain.set(key, { book: key.split('~')[0] as DocumentId, first, upTo, head })
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

function spans({ first, upTo }: Counted, position: number): boolean {
  return first <= position && position <= upTo
}
