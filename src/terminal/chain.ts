import type { DocumentId } from '../docs/naming.js'
import {
  composeDayClose,
  composeEvent,
  dayFor,
  type EventDetail,
  type EventName,
  type Moment,
} from '../docs/compose.js'
import { advance, newChain, type ChainState } from '../docs/chain-state.js'
import { isSale, sealRecord, type RecordBody, type SealedRecord } from '../docs/record.js'
import type { Shop } from '../docs/shop.js'
import { VERSION } from '../protocol/version.js'
import { Queues } from '../storage/queues.js'
import { blocked, type Block } from './blocks.js'
import type { BookWriter } from './book-writer.js'
import type { Outside } from './context.js'
import type { ExternalRefs } from './external-refs.js'
import type { TerminalIdentity } from './identity.js'

/** Where a chain stands, read from checkpoint and day books. */
export interface ChainStart {
  readonly state: ChainState
  /** The sales that were read, oldest first. */
  readonly sales: readonly SealedRecord[]
  readonly block: Block | undefined
}

export interface ChainOptions {
  readonly outside: Outside
  readonly identity: () => TerminalIdentity
  /** @throws ShopIncomplete before the first sync */
  readonly shop: () => Shop
  readonly writer: BookWriter
  /** The number of every sale that came from another system, by its reference there. */
  readonly refs: ExternalRefs
  readonly onSealed: (record: SealedRecord, book: DocumentId) => void
}

/**
 * This terminal's chain of sealed records. One after the other is composed, signed and fsynced, and only then exists
 * (D1): a number is used by a record that is on the disk, or not at all (N1).
 */
export class Chain {
  readonly #options: ChainOptions
  readonly #queue = new Queues()
  /** Sales by the bill they sealed, as far as they were read since the start. */
  #bills = new Map<string, SealedRecord>()
  /** Bills by the number that sealed them. */
  #billOf = new Map<string, string>()
  /** Credit notes by the invoice they name. */
  #corrections = new Map<string, SealedRecord[]>()
  #state: ChainState
  #block: Block | undefined

  constructor(options: ChainOptions, start: ChainStart) {
    this.#options = options
    this.#state = start.state
    this.restart(start)
  }

  /** Takes over what was read anew, after damage was healed. */
  restart(start: ChainStart): void {
    this.#state = start.state
    this.#block = start.block
    this.#bills = new Map()
    this.#billOf = new Map()
    this.#corrections = new Map()
    for (const record of start.sales) this.#remember(record)
  }

  #remember(record: SealedRecord): void {
    const { body } = record
    if (!isSale(body)) return
    if (body.externalRef !== undefined) this.refs.add(body.externalRef, body.number)
    this.#bills.set(body.bill, record)
    this.#billOf.set(body.number, body.bill)
    if (body.type === 'credit-note' && 'number' in body.corrects) {
      const { number } = body.corrects
      this.#corrections.set(number, [...(this.#corrections.get(number) ?? []), record])
    }
  }

  get state(): ChainState {
    return this.#state
  }

  get refs(): ExternalRefs {
    return this.#options.refs
  }

  get block(): Block | undefined {
    return this.#block
  }

  set block(block: Block | undefined) {
    this.#block = block
  }

  /** The sale that sealed a bill, if it was read since the start. */
  saleOf(bill: string): SealedRecord | undefined {
    return this.#bills.get(bill)
  }

  /** Lets the sales read so far go from memory: they are kept elsewhere, and in the checkpoint what must be known. */
  forgetSales(): void {
    this.#bills.clear()
    this.#billOf.clear()
    this.#corrections.clear()
  }

  /** The sale with this number, if it was read since the start. */
  saleWithNumber(number: string): SealedRecord | undefined {
    const bill = this.#billOf.get(number)
    return bill === undefined ? undefined : this.#bills.get(bill)
  }

  /** The credit notes that name this invoice, if they were read since the start. */
  correctionsOf(number: string): readonly SealedRecord[] {
    return this.#corrections.get(number) ?? []
  }

  /**
   * Seals the next record: in one durable step it gets its place, its number and its signature.
   * @param compose makes the body from the state of the chain; what it throws seals nothing
   * @throws Refused `blocked-…`; StorageWriteError: nothing was sealed, and the same number is used next time (D4)
   */
  seal<B extends RecordBody>(
    compose: (state: ChainState, moment: Moment) => B | Promise<B>,
  ): Promise<SealedRecord & { readonly body: B }> {
    return this.exclusively(async () => {
      if (this.#block) throw blocked(this.#block)
      const moment: Moment = { shop: this.#options.shop(), at: this.#options.outside.now() }
      if (this.#state.position === 0) await this.#begin(moment)
      await this.#closeEarlierDay(moment)
      return this.#append(await compose(this.#state, moment))
    })
  }

  /** Runs work while nothing is sealed. Keep it short: a cashier may be waiting. */
  exclusively<R>(work: () => Promise<R>): Promise<R> {
    return this.#queue.run('seal', work)
  }

  event(by: string, event: EventName, detail: EventDetail = {}): Promise<SealedRecord> {
    return this.seal((state, moment) => composeEvent(state, moment, by, event, detail))
  }

  /** Begins a new epoch: a new chain and new series (N2). */
  beginEpoch(): Promise<void> {
    return this.exclusively(async () => {
      const { code, epoch } = this.#options.identity()
      await this.#options.writer.freeze()
      this.#state = newChain(code, epoch)
      this.#block = undefined
    })
  }

  async #begin(moment: Moment): Promise<void> {
    const { identity } = this.#options
    const { signer, terminal } = identity()
    const detail = { publicKey: signer.publicKey, terminal, software: VERSION }
    await this.#append(composeEvent(this.#state, moment, identity().name, 'epoch-start', detail))
  }

  /** Where sales were made on an earlier business day that nobody closed, it is closed before the next begins. */
  async #closeEarlierDay(moment: Moment): Promise<void> {
    const { day, totals } = this.#state
    if (day === undefined || totals.invoices + totals.creditNotes === 0 || dayFor(this.#state, moment) <= day)
      return
    await this.#append(composeDayClose(this.#state, moment, this.#options.identity().name, true))
  }

  async #append<B extends RecordBody>(body: B): Promise<SealedRecord & { readonly body: B }> {
    const { identity, writer, onSealed } = this.#options
    const { stored, record } = sealRecord(body, identity().signer)
    // Were it not the next of its chain, it must not be written.
    const next = advance(this.#state, record)
    const book = await writer.write(record, stored)
    this.#state = next
    this.#remember(record)
    onSealed(record, book)
    return record as SealedRecord & { readonly body: B }
  }
}
