import { EventEmitter } from 'node:events'
import type { HandoffOrder } from '../docs/generated/types.js'
import { isSale, type SealedRecord } from '../docs/record.js'
import type { Shop } from '../docs/shop.js'
import { CHANGE_BYTES } from '../protocol/limits.js'
import { StoredDocuments } from '../storage/stored-documents.js'
import { readParts, readStart, type AgentOptions, type AgentParts } from './agent-parts.js'
import { BillDesk } from './bill-desk.js'
import { BookChanges } from './book-changes.js'
import type { BookWriter } from './book-writer.js'
import type { Mode } from './bookkeeping.js'
import { Catalogue } from './catalogue.js'
import { Chain } from './chain.js'
import { writeCheckpoint } from './chain-start.js'
import type { Log } from './context.js'
import type { DayBooks } from './day-books.js'
import { Copies } from './copies.js'
import { Exchange, type ExchangeProgress } from './exchange.js'
import { Force, type ForceProgress, type ForceResult } from './force.js'
import { Healing } from './healing.js'
import { changeIdentity, type TerminalIdentity } from './identity.js'
import { Histories } from './histories.js'
import { Images, type ImageProgress } from './images.js'
import { Link } from './link.js'
import { LocalDocuments } from './local-documents.js'
import { Journal } from './journal.js'
import { Lookup } from './lookup.js'
import { openDisk, type TerminalDisk } from './open-disk.js'
import { OwnSales } from './own-sales.js'
import { PrintingSettings } from './printing.js'
import { Purge } from './purge.js'
import { reportComposer } from './report.js'
import { Reporting } from './reporting.js'
import type { SharedDocuments } from './shared-documents.js'
import { Standing } from './standing.js'
import { StockDesk } from './stock-desk.js'
import { readStatus, type Status } from './status.js'
import { Syncer, type SyncResult } from './syncer.js'
import { Till } from './till.js'
import { Training } from './training.js'

export interface AgentEvents {
  /** Something of the status has changed. */
  status: []
  /** A record was sealed; the number where it has one. */
  sealed: [number: string | undefined]
  progress: [event: ExchangeProgress | ForceProgress | ImageProgress]
}

/** One till: everything between its disk and its API. */
export class Agent extends EventEmitter<AgentEvents> {
  readonly log: Log
  readonly books: DayBooks
  readonly chain: Chain
  readonly standing: Standing
  readonly documents: SharedDocuments
  readonly catalogue: Catalogue
  readonly lookup: Lookup
  readonly till: Till
  readonly training: Training
  readonly desk: BillDesk
  readonly link: Link
  readonly syncer: Syncer
  readonly reporting: Reporting
  readonly force: Force
  readonly histories: Histories
  readonly local: LocalDocuments
  readonly stock: StockDesk
  readonly images: Images
  readonly copies: Copies
  readonly journal: Journal
  readonly printing: PrintingSettings
  readonly #ownSales: OwnSales
  readonly disk: TerminalDisk
  readonly #options: AgentOptions
  readonly #stopped = new AbortController()
  #identity: TerminalIdentity
  #storageFailure: string | undefined

  /** @throws what {@link openDisk} throws */
  static async open(options: AgentOptions): Promise<Agent> {
    let agent: Agent | undefined
    const disk = await openDisk({
      ...options,
      onSaved: (failure) => agent?.storageWas(failure),
    })
    try {
      // The epoch and role may change while it runs; everything asks for the identity of the moment.
      const parts = await readParts(
        options,
        disk,
        () => agent?.identity ?? disk.identity,
        (failure) => agent?.storageWas(failure?.message),
      )
      agent = new Agent(options, disk, parts)
      await agent.#begin()
      return agent
    } catch (error) {
      await disk.close()
      throw error
    }
  }

  private constructor(options: AgentOptions, disk: TerminalDisk, parts: AgentParts) {
    super()
    const { directory, outside, log } = options
    const { durable, names, ledger, register, bookkeeping } = disk
    const { books, documents, writer, start } = parts
    const identity = (): TerminalIdentity => this.#identity
    this.#options = options
    this.#identity = disk.identity
    this.disk = disk
    this.log = log
    this.books = books
    this.documents = documents
    this.printing = new PrintingSettings(directory, outside.disk)
    this.#ownSales = new OwnSales(books)
    this.stock = new StockDesk({ identity, documents, own: this.#ownSales })
    this.chain = new Chain(
      {
        outside,
        identity,
        shop: () => documents.shop(),
        writer,
        refs: disk.refs,
        onSealed: (record) => this.#sealed(record, writer),
      },
      start,
    )
    this.journal = new Journal({ outside, chain: () => this.chain, terminal: () => this.#identity.name, log })
    this.copies = new Copies({ chain: this.chain, books })
    this.standing = new Standing({
      outside,
      identity,
      chain: () => this.chain,
      bookkeeping,
      copied: () => disk.directory.copied,
      changeIdentity: async (change) => {
        this.#identity = await changeIdentity(directory, outside.disk, change)
      },
      adoptDirectory: () => disk.directory.adopt(),
      onNewEpoch: (reason) => this.journal.note(this.#identity.name, 'restore', { reason }),
      log,
    })
    this.catalogue = new Catalogue({ identity, mode: () => bookkeeping.mode, documents })
    this.link = new Link({
      identity,
      durable,
      serial: () => ledger.serial,
      onForgotten: async (after) => {
        log.warn(
          { relay: after, here: ledger.serial },
          'the relay was restored from a backup; it gets what it has forgotten again',
        )
        await ledger.forgetAfter(after)
        // Of images it is not known which: all are asked for anew.
        await disk.imageReceipts.delete([...disk.imageReceipts.entries()].map(([sha256]) => sha256))
      },
      asked: () => this.standing.asked,
      onRefused: (refused) => this.standing.refused(refused),
      now: outside.now,
      random: outside.random,
      onChange: (state) => {
        this.syncer.linkChanged(state)
        this.journal.linkChanged(state, this.link.wanted)
        this.emit('status')
      },
    })
    this.lookup = new Lookup({
      books,
      chain: this.chain,
      session: () => this.link.session,
      signal: this.#stopped.signal,
    })
    this.till = new Till({ outside, chain: this.chain, documents, lookup: this.lookup })
    this.training = new Training({ chain: this.chain, till: this.till })
    this.desk = new BillDesk({
      outside,
      identity,
      documents,
      catalogue: this.catalogue,
      till: this.till,
      training: this.training,
      journal: this.journal,
    })
    const stored = new StoredDocuments(durable, CHANGE_BYTES)
    this.local = new LocalDocuments({ identity, stored, names, books, ledger })
    const changes = new BookChanges(durable)
    const exchange = new Exchange({
      identity,
      durable,
      changes,
      names,
      books,
      local: this.local,
      ledger,
      register,
      stored,
      staysUp: () => this.link.wanted,
      socket: () => this.link.socket(),
      log,
    })
    this.syncer = new Syncer({
      outside,
      rereadChain: () =>
        this.chain.exclusively(async () => {
          this.chain.restart(await readStart(options, disk, parts, this.#identity))
          this.standing.apply()
        }),
      link: this.link,
      exchange,
      healing: new Healing({ outside, identity, durable, names, books, log }),
      register,
      documents,
      standing: this.standing,
      bookkeeping,
      log,
      onProgress: (event) => this.emit('progress', event),
      ownName: () => this.documents.ownName(),
      onDone: () => {
        this.images.sendSoon()
        this.emit('status')
      },
      lookAtLog: async (session, signal) => {
        await disk.checkpoints.look(session, this.#identity, signal)
        return disk.checkpoints.seen.alarm ?? undefined
      },
      onExchanged: (session) => this.reporting.send(session),
    })
    this.images = new Images({
      outside,
      identity,
      store: disk.images,
      receipts: disk.imageReceipts,
      documents,
      catalogue: this.catalogue,
      link: this.link,
      bookkeeping,
      syncData: (signal) => this.syncer.sync(undefined, signal),
      onProgress: (event) => this.emit('progress', event),
      onChange: () => this.emit('status'),
      log,
      ...(options.imageCacheBytes === undefined ? {} : { cacheBytes: options.imageCacheBytes }),
    })
    this.reporting = new Reporting({
      session: () => this.link.session,
      compose: reportComposer(this, { disk: outside.disk, now: outside.now, directory }),
      log,
    })
    this.on('status', () => this.reporting.changed())
    this.force = new Force(
      {
        directory,
        outside,
        identity,
        durable,
        names,
        books,
        changes,
        local: this.local,
        ledger,
        link: this.link,
        purge: new Purge({ durable, books, ledger, documents, register }),
        freeze: () => this.#freeze(writer),
        onPurged: (order, result) => this.#purged(order, result),
        log,
      },
      parts.journal,
    )
    const shop = (): Shop => documents.shop()
    this.histories = new Histories({ identity, durable, stored, names, books, ledger, shop, log })
  }

  get identity(): TerminalIdentity {
    return this.#identity
  }

  get mode(): Mode {
    return this.disk.bookkeeping.mode
  }

  /** The last failure to save in the background; undefined when all is well. */
  get storageFailure(): string | undefined {
    return this.#storageFailure
  }

  /** Notes how the last save in the background went. */
  storageWas(failure: string | undefined): void {
    if (failure === this.#storageFailure) return
    this.#storageFailure = failure
    this.emit('status')
  }

  async #begin(): Promise<void> {
    // A bill may have been sealed in the moment before the last end, and not have been marked so.
    await this.desk.reconcile((bill) => this.#numberOf(bill))
  }

  #numberOf(bill: string): string | undefined {
    const body = this.chain.saleOf(bill)?.body
    return body && isSale(body) ? body.number : undefined
  }

  /** Connects if the mode says so, and goes on with a handoff that was cut. */
  start(): void {
    this.link.want(this.mode === 'online')
    this.journal.watchClock()
    if (this.force.pending) {
      this.force.resume().catch((error: unknown) => {
        this.log.warn(
          { error: (error as Error).message },
          'the force-complete that was begun could not go on yet',
        )
      })
    }
  }

  #sealed({ body }: SealedRecord, writer: BookWriter): void {
    const book = this.books.writing.open()?.id
    if (book !== undefined) this.#ownSales.sealed(book, body)
    // A closed day is never written again, and need not be read at the next start.
    if (body.type === 'day-close') {
      this.#freeze(writer).catch((error: unknown) => this.storageWas((error as Error).message))
    }
    this.emit('sealed', isSale(body) ? body.number : undefined)
    this.emit('status')
    this.syncer.pushSoon()
  }

  /** *Sync Data To Server*, *Sync Data Now*: what is here goes there, and comes back receipted; the mode stays. */
  sync(progress?: (event: ExchangeProgress) => void, signal?: AbortSignal): Promise<SyncResult> {
    return this.syncer.sync(progress, signal)
  }

  /** *Work As Online Client*: syncs, then switches the mode. Where the sync fails the mode stays. */
  async goOnline(
    by: string,
    progress?: (event: ExchangeProgress) => void,
    signal?: AbortSignal,
  ): Promise<SyncResult> {
    const result = await this.syncer.sync(progress, signal)
    await this.#setMode('online', by)
    return result
  }

  /** *Work Disconnected*: nothing is sent from now on until a person asks. */
  async disconnect(by: string): Promise<void> {
    await this.#setMode('disconnected', by)
  }

  async #setMode(mode: Mode, by: string): Promise<void> {
    const changed = mode !== this.mode
    const { session } = this.link
    await this.disk.bookkeeping.change({ mode })
    // Said in leaving: from then on the relay hears nothing.
    if (changed && session && mode === 'disconnected') this.reporting.send(session)
    this.link.want(mode === 'online')
    if (changed) await this.journal.note(by, 'mode-change', { mode })
    this.emit('status')
    this.syncer.pushSoon()
  }

  /** The mode given on the command line; it counts as a person's choice. */
  async setModeAtStart(mode: Mode): Promise<void> {
    if (mode !== this.mode) await this.#setMode(mode, this.#identity.name)
  }

  /** *Mark As Synced*: changes the date that is shown, and nothing else (S3). */
  async markSynced(by: string): Promise<Status> {
    const { outside } = this.#options
    await this.disk.bookkeeping.change({ markedSynced: outside.now().toISOString() })
    await this.journal.note(by, 'mark-as-synced')
    this.emit('status')
    return this.status()
  }

  /** Ends an alarm of the relay's log in a person's name. @throws Refused `no-log-alarm` */
  async settleLog(by: string): Promise<Status> {
    await this.disk.checkpoints.settle(by)
    this.emit('status')
    return this.status()
  }

  /** *Force Complete Sync Data*. */
  async forceComplete(
    by: string,
    keepCatalogue: boolean,
    progress?: (event: ForceProgress) => void,
  ): Promise<ForceResult> {
    try {
      return await this.force.run(by, keepCatalogue, (event) => {
        progress?.(event)
        this.emit('progress', event)
      })
    } finally {
      this.emit('status')
    }
  }

  /**
   * Ends the sync and the handoff that run, at the next point where nothing is lost: what has reached the relay stays
   * there, and a handoff goes on when a person starts it again. A purge, which deletes what is receipted, is not cut.
   * @returns whether anything was told to end; of a handoff once that is durable
   * @throws StorageWriteError
   */
  async cancel(): Promise<boolean> {
    const sync = this.syncer.cancel()
    const images = this.images.cancel()
    const force = await this.force.cancel()
    return sync || force || images
  }

  /** The open day book ends and the chain's state is kept apart, in one moment in which nothing is sealed. */
  #freeze(writer: BookWriter): Promise<void> {
    return this.chain.exclusively(async () => {
      await writer.freeze()
      await this.#checkpoint()
    })
  }

  async #checkpoint(): Promise<void> {
    // The records behind a checkpoint are not read again, so bills they sealed must be marked before.
    await this.desk.reconcile((bill) => this.#numberOf(bill))
    await writeCheckpoint(this.#options.directory, this.#options.outside.disk, this.chain)
    this.chain.forgetSales()
  }

  async #purged(order: HandoffOrder, { purged, kept, bytes }: ForceResult): Promise<void> {
    await this.journal.note(order.by, 'force-complete', { handoff: order.id })
    await this.journal.note(order.by, 'purge', { handoff: order.id, purged, kept, bytes })
    // The relay still believes that this terminal has what it deleted.
    await this.link.renew().catch((error: unknown) => {
      this.log.warn({ error: (error as Error).message }, 'the link was lost after the purge')
    })
  }

  status(): Promise<Status> {
    return readStatus(this)
  }

  /** Ends everything in good order. Nothing is lost if it does not come to this. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    this.journal.stop()
    await this.syncer.stop()
    await this.force.stop()
    await this.images.stop()
    await this.reporting.stop()
    this.link.stop()
    await this.chain.exclusively(async () => {
      if (this.chain.block === undefined) await this.#checkpoint()
    })
    // What cannot be settled now is found in the journal at the next start.
    await this.books.writing.settle().catch((error: unknown) => this.storageWas((error as Error).message))
    await this.disk.close()
  }
}
