import type * as A from '@automerge/automerge'
import type { DocHandle } from '@automerge/automerge-repo'
import { mergeTotals } from '../../docs/day-totals.js'
import type { BookRun } from '../../docs/book-run.js'
import { noteText } from '../../docs/change-note.js'
import { addDecimals } from '../../docs/decimal.js'
import type { FlatDoc } from '../../docs/flat.js'
import type { BookSummary } from '../../docs/generated/types.js'
import { groupBy } from '../../docs/group.js'
import { describeDocument, documentId, type DocumentId, type DocumentName } from '../../docs/naming.js'
import { readSummary, salesOf, writeSummary } from '../../docs/sales.js'
import { addSold, countedUpTo, markCounted } from '../../docs/stock.js'
import type { DurableRepo } from '../../storage/durable-repo.js'
import type { OwnDocuments } from '../own-documents.js'

type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

/** A run that is on the disk and is to be counted. */
export interface HeldBookRun {
  readonly name: DayBookName
  readonly id: DocumentId
  readonly run: BookRun
}

export interface RunCountingOptions {
  readonly durable: DurableRepo
  readonly documents: OwnDocuments
  readonly organisation: string
  readonly now: () => Date
  readonly onSummary: (key: DocumentId, summary: BookSummary) => void
}

/**
 * Counts runs of many day books of one shop at once: one change for each shard of its stock and month of its sales.
 * A shard's counts and marks are one change, and all shards are on the disk before a summary says so.
 */
export class RunCounting {
  readonly #options: RunCountingOptions

  constructor(options: RunCountingOptions) {
    this.#options = options
  }

  /**
   * @param runs of one shop; those of one book in their order
   * @returns those that do not simply go on where their book was counted last: nothing of these was counted
   * @throws StorageWriteError; called again with the same runs, it adds only what is missing
   */
  async count(shop: string, runs: readonly HeldBookRun[]): Promise<HeldBookRun[]> {
    const shards = await this.#shards(shop, runs)
    const others: HeldBookRun[] = []
    const summaries = new Map<DocumentId, { readonly name: DayBookName; readonly summary: BookSummary }>()
    const set = new Set<DocumentId>()
    for (const held of runs) {
      const { id, name, run } = held
      const before = summaries.get(id)?.summary ?? (await this.#summary(name, id))
      const goesOn = !before || (before.upTo === run.first - 1 && before.head === run.prev)
      if (set.has(id) || !goesOn || !shards.every((shard) => shard.takes(held))) {
        set.add(id)
        others.push(held)
        continue
      }
      for (const shard of shards) shard.add(held)
      summaries.set(id, { name, summary: summaryAfter(name, run, before) })
    }
    const by = byOf([...summaries.values()].map(({ name }) => name))
    await Promise.all(shards.map((shard) => this.#write(shard, by)))
    for (const list of groupBy([...summaries], ([, { name }]) => name.day.slice(0, 7)).values())
      await this.#summarise(list, by)
    return others
  }

  async #shards(shop: string, runs: readonly HeldBookRun[]): Promise<ShardCount[]> {
    const touched = new Set(runs.flatMap(({ run }) => run.sold.map(([shard]) => shard)))
    const { documents } = this.#options
    return Promise.all(
      [...touched].map(
        async (shard) => new ShardCount(shard, await documents.own({ kind: 'stock', shop, shard })),
      ),
    )
  }

  async #summary(name: DayBookName, id: DocumentId): Promise<BookSummary | undefined> {
    const { durable, organisation } = this.#options
    const sales = await durable.open<FlatDoc>(documentId(organisation, salesOf(name)))
    return sales && readSummary(sales.doc(), id)
  }

  async #write(shard: ShardCount, by: string): Promise<void> {
    shard.write(this.#note(by, 'count sales'))
    await this.#options.durable.flush(shard.handle.documentId)
  }

  async #summarise(
    list: readonly (readonly [DocumentId, { readonly name: DayBookName; readonly summary: BookSummary }])[],
    by: string,
  ): Promise<void> {
    const name = list[0]?.[1].name
    if (!name) return
    const sales = await this.#options.documents.own(salesOf(name))
    const before = sales.doc()
    sales.change(
      (draft) => {
        for (const [id, { summary }] of list) writeSummary(draft, before, id, summary)
      },
      this.#note(by, 'summarise'),
    )
    await this.#options.durable.flush(sales.documentId)
    for (const [id, { summary }] of list) this.#options.onSummary(id, summary)
  }

  #note(by: string, did: string) {
    return {
      message: noteText({ terminal: 'relay', by, did }),
      time: Math.floor(this.#options.now().getTime() / 1000),
    }
  }
}

/** What many runs add to one shard of the stock. */
class ShardCount {
  readonly handle: DocHandle<FlatDoc>
  readonly #shard: number
  readonly #before: A.Doc<FlatDoc>
  readonly #marks = new Map<DocumentId, number>()
  /** By terminal code and SKU. */
  readonly #sold = new Map<string, Map<string, string>>()

  constructor(shard: number, handle: DocHandle<FlatDoc>) {
    this.#shard = shard
    this.handle = handle
    this.#before = handle.doc()
  }

  #mark(id: DocumentId): number {
    return this.#marks.get(id) ?? countedUpTo(this.#before, id)
  }

  /** Whether the run was counted here wholly or not at all: a count that was cut may have ended within it. */
  takes({ id, run }: HeldBookRun): boolean {
    const mark = this.#mark(id)
    return mark < run.first || mark >= run.last
  }

  add({ id, name, run }: HeldBookRun): void {
    if (this.#mark(id) >= run.last) return
    const sold = this.#sold.get(name.code) ?? new Map<string, string>()
    this.#sold.set(name.code, sold)
    for (const [shard, sku, quantity] of run.sold) {
      if (shard !== this.#shard) continue
      const before = sold.get(sku)
      sold.set(sku, before === undefined ? quantity : addDecimals(before, quantity))
      this.#marks.set(id, run.last)
    }
  }

  write(note: { message: string; time: number }): void {
    if (this.#marks.size === 0) return
    this.handle.change((draft) => {
      // In the order of their keys, which is how Automerge keeps them: it takes half as long.
      for (const [code, sold] of this.#sold)
        addSold(draft, this.#before, code, new Map([...sold].sort(([a], [b]) => (a < b ? -1 : 1))))
      for (const [id, upTo] of this.#marks) markCounted(draft, this.#before, id, upTo)
    }, note)
  }
}

function summaryAfter(name: DayBookName, run: BookRun, before: BookSummary | undefined): BookSummary {
  const { kind: _kind, shop: _shop, ...identity } = name
  return {
    ...identity,
    first: before?.first ?? run.first,
    upTo: run.last,
    totals: before ? mergeTotals(before.totals, run.totals) : run.totals,
    closed: run.closed,
    head: run.lastHash,
  }
}

/** In whose name counts are noted, for the history: of one day book, or of so many. */
function byOf(names: readonly DayBookName[]): string {
  const [name] = names
  return name && names.length === 1 ? describeDocument(name) : `${names.length} day books`
}
