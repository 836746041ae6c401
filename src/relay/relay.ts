import { join } from 'node:path'
import type { PeerId } from '@automerge/automerge-repo'
import type { FlatDoc } from '../docs/flat.js'
import { dayCloseEntry, receiptEntry } from '../docs/log-entry.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import { DEFAULT_SHARDS } from '../docs/shop.js'
import type { Closing } from '../protocol/close-codes.js'
import { CHANGE_BYTES } from '../protocol/limits.js'
import { DataDirectory } from '../storage/data-directory.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import { StoredDocuments } from '../storage/stored-documents.js'
import type { Access } from './access.js'
import type { Arrivals } from './arrivals.js'
import type { AuditReads } from './audit-reads.js'
import { BookFacts } from './audit/book-facts.js'
import { EvidenceWork } from './audit/evidence-work.js'
import { Backlog } from './books/backlog.js'
import { uncountedBooks } from './books/resuming.js'
import { SignatureCheck } from './books/signature-check.js'
import { BookTaking } from './books/taking.js'
import { BookTips } from './books/tips.js'
import { Counting } from './counting.js'
import { Custody } from './custody.js'
import { Fleet } from './fleet.js'
import { BookReaders } from './gate/book-readers.js'
import { Gate } from './gate/gate.js'
import { Handoffs } from './handoffs.js'
import { Histories } from './histories.js'
import { RelayImages } from './images.js'
import type { Incidents } from './incidents.js'
import type { RelayIdentity } from './identity.js'
import { Invoices } from './invoices.js'
import type { IssuedReceipts } from './issued-receipts.js'
import { catchUp } from './log/catching-up.js'
import type { Countersignatures } from './log/countersignatures.js'
import type { RelayLog } from './log/relay-log.js'
import { OwnDocuments } from './own-documents.js'
import type { Pairings } from './pairing.js'
import type { People } from './people.js'
import { Sessions } from './sessions.js'
import type { Shops } from './shops.js'
import type { Library } from './library.js'
import { openParts, type Log, type RelayOptions, type RelayParts } from './relay-parts.js'
import { SealedBooks } from './sealed-books.js'
import { RelayStock } from './stock.js'
import { Watch } from './watch/watch.js'

/** The sockets of terminals that are connected. */
export interface LiveSockets {
  readonly connections: number
  isConnected(terminal: PeerId): boolean
  close(terminal: PeerId, closing: Closing): void
}

/** A document nobody used for so long leaves memory; it stays on the disk. */
const IDLE_MS = 60_000

/** Bytes of documents kept read for terminals that come for the same ones: a shop's, and its catalogue's shards. */
const KEPT_BYTES = 4 * 1024 * 1024

/** Everything a relay is, without its network. `serve.ts` puts HTTP and WebSocket in front of it. */
export class Relay {
  readonly log: Log
  readonly now: () => Date
  readonly random: (bytes: number) => Uint8Array
  readonly identity: RelayIdentity
  readonly durable: DurableRepo
  readonly registry: IndexLog<DocumentName>
  readonly shops: Shops
  readonly access: Access
  readonly issued: IssuedReceipts
  /** The relay's log that cannot be rewritten. */
  readonly merkleLog: RelayLog
  readonly countersignatures: Countersignatures
  readonly counting: Counting
  readonly custody: Custody
  readonly stock: RelayStock
  readonly sealed: SealedBooks
  readonly facts: BookFacts
  readonly evidence: EvidenceWork
  readonly invoices: Invoices
  readonly handoffs: Handoffs
  readonly images: RelayImages
  readonly pairings: Pairings
  readonly people: People
  readonly sessions: Sessions
  readonly incidents: Incidents
  readonly arrivals: Arrivals
  readonly auditReads: AuditReads
  readonly gate: Gate
  readonly fleet: Fleet
  readonly library: Library
  readonly histories: Histories
  readonly backlog: Backlog
  readonly readers: BookReaders
  readonly signatures: SignatureCheck
  readonly books: BookTaking
  readonly stored: StoredDocuments
  readonly watch: Watch
  readonly #resumed: Pick<RelayParts, 'uncounted' | 'unverified'>
  readonly #directory: DataDirectory
  readonly #options: RelayOptions
  readonly #used = new Map<string, number>()
  #sockets: LiveSockets = { connections: 0, isConnected: () => false, close: () => undefined }
  #sweep: NodeJS.Timeout | undefined

  private constructor(parts: RelayParts) {
    const { options, directory, identity, durable, registry, issued, access, shops, pairings } = parts
    const { now, random, disk } = options
    const organisation = identity.organisation
    this.log = options.log
    this.now = now
    this.random = random
    this.#directory = directory
    this.#options = options
    this.identity = identity
    this.durable = durable
    this.registry = registry
    this.stored = new StoredDocuments(durable, CHANGE_BYTES, KEPT_BYTES)
    this.issued = issued
    this.merkleLog = parts.merkleLog
    this.countersignatures = parts.countersignatures
    this.access = access
    this.shops = shops
    this.pairings = pairings
    this.people = parts.people
    this.incidents = parts.incidents
    this.arrivals = parts.arrivals
    this.auditReads = parts.auditReads
    this.gate = new Gate({ durable, shops, incidents: this.incidents, arrivals: this.arrivals })
    const documents = new OwnDocuments({ durable, registry, organisation, now })
    const hangUp = (terminal: string, closing: Closing): void => this.hangUp(terminal, closing)
    this.fleet = new Fleet({
      shops,
      pairings,
      issued,
      incidents: parts.incidents,
      now,
      hangUp,
      log: options.log,
    })
    this.counting = new Counting({
      durable,
      documents,
      shops,
      organisation,
      now,
      onFork: ({ terminal, epoch }, what) => this.fleet.forks.note(terminal, epoch, 'diverged', what),
      onCounted: (records) => (parts.tallies.records += records),
      onClosed: (summary) => {
        const entry = dayCloseEntry(summary)
        if (entry) this.merkleLog.add(entry)
      },
      onUncountable: (document, error) =>
        this.log.error({ document, error: error.message }, 'a day book cannot be counted'),
    })
    const { marks, uncounted, unverified } = parts
    this.backlog = new Backlog({
      count: (shop, books) => this.counting.countHeld(shop, books),
      serial: () => issued.serial,
      onCounted: (serial) => marks.set('counted', serial),
      log: options.log,
    })
    this.readers = new BookReaders()
    this.signatures = new SignatureCheck({
      durable,
      readers: this.readers,
      shops,
      incidents: this.incidents,
      serial: () => issued.serial,
      onVerified: (serial) => marks.set('verified', serial),
      log: options.log,
    })
    this.#resumed = { uncounted, unverified }
    this.custody = new Custody({
      durable,
      registry,
      access,
      refusals: this.gate.refusals,
      counting: this.counting,
      issued,
      relay: identity.id,
      signer: identity.signer,
      now,
      onGiven: (receipt) => {
        parts.tallies.receipts += 1
        this.merkleLog.add(receiptEntry(receipt))
        this.watch.changed(receipt.body.terminal)
      },
      onFailure: (document, error) =>
        this.log.error({ document, error: error.message }, 'a receipt could not be given'),
    })
    this.books = new BookTaking({
      durable,
      registry,
      organisation,
      shops,
      access,
      gate: this.gate,
      incidents: this.incidents,
      arrivals: this.arrivals,
      readers: this.readers,
      tips: new BookTips(durable, this.readers),
      counting: this.counting,
      backlog: this.backlog,
      custody: this.custody,
      onTaken: (id, name, { first, last }) => {
        parts.tallies.records += last - first + 1
        this.signatures.add(id, name, first, last)
      },
      onFailure: (document, error) =>
        this.log.error({ document, error: error.message }, 'a day book could not be taken'),
    })
    this.stock = new RelayStock({ durable, documents, shops, now })
    this.sealed = new SealedBooks({ durable, registry, issued, shops, counting: this.counting })
    this.facts = new BookFacts(this.sealed, this.stored)
    this.evidence = new EvidenceWork(options.directory, identity.signer.publicKey, shops)
    this.invoices = new Invoices(this.sealed)
    this.images = new RelayImages({
      directory: options.directory,
      disk,
      durable,
      organisation,
      relay: identity.id,
      signer: identity.signer,
      now,
      issued: parts.imageReceipts,
      log: options.log,
    })
    this.handoffs = new Handoffs({
      directory: join(options.directory, 'handoffs'),
      disk,
      durable,
      registry,
      shops,
      access,
      gate: this.gate,
      books: this.books,
      custody: this.custody,
    })
    this.sessions = new Sessions(() => now().getTime(), random)
    this.library = {
      documents: () => registry.entries(),
      look: async (id, use) => {
        const wasLoaded = durable.repo.handles[id as DocumentId] !== undefined
        const handle = await durable.open<FlatDoc>(id as DocumentId)
        const result = use(handle?.doc())
        if (handle && !wasLoaded) await durable.release(id as DocumentId)
        return result
      },
    }
    this.histories = new Histories({
      folder: { path: join(options.directory, 'history'), disk },
      durable,
      stored: this.stored,
      registry,
      arrivals: this.arrivals,
      issued,
      shops,
      shardsOf: (shop) => this.shardsOf(shop),
      onFailure: (document, error) =>
        options.log.warn({ document, error: error.message }, 'a history could not be kept'),
    })
    this.watch = new Watch(this, parts)
    parts.hooks.terminal = (id) => this.watch.changed(id)
    parts.hooks.incident = (incident) => this.watch.incident(incident)
  }

  /**
   * Opens a relay's directory.
   * @throws DirectoryInUse, DirectoryNewer, DirectoryWrongKind, DirectoryNotFound, DirectoryNotEmpty, DamagedFile
   */
  static async open(options: RelayOptions): Promise<Relay> {
    const { disk, now } = options
    const directory = await DataDirectory.open({
      directory: options.directory,
      kind: 'relay',
      create: options.create,
      disk,
      now,
    })
    try {
      const relay = new Relay(await openParts(directory, options))
      await relay.#load()
      return relay
    } catch (error) {
      await directory.release()
      throw error
    }
  }

  async #load(): Promise<void> {
    // What was given or counted before the relay was killed, or before there was a log, enters it now.
    await catchUp(this.merkleLog, this.#options, this.issued.serial)
    const sales = [...this.registry.entries()]
      .filter(([, name]) => name.kind === 'sales')
      .map(([id]) => id as DocumentId)
    await this.counting.load(sales)
    const books: (readonly [DocumentId, Extract<DocumentName, { kind: 'daybook' }>])[] = []
    for (const id of this.#resumed.uncounted) {
      const name = this.registry.get(id)
      if (name?.kind === 'daybook') books.push([id as DocumentId, name])
    }
    for (const book of await uncountedBooks(books, this)) this.backlog.add(book)
    // What was receipted is known to whoever asks from the start.
    await this.backlog.settled()
    for (const id of this.#resumed.unverified) {
      const name = this.registry.get(id)
      if (name?.kind === 'daybook') this.signatures.add(id as DocumentId, name, 1, Number.MAX_SAFE_INTEGER)
    }
    await this.fleet.intake.load()
  }

  /** Begins to let idle documents go. */
  begin(sockets: LiveSockets): void {
    this.#sockets = sockets
    this.#sweep = setInterval(() => void this.#releaseIdle(), IDLE_MS)
    this.#sweep.unref()
    this.watch.begin()
  }

  isConnected(terminal: string): boolean {
    return this.#sockets.isConnected(terminal as PeerId)
  }

  /** Terminals that have a socket. */
  get connections(): number {
    return this.#sockets.connections
  }

  /** Ends everything a terminal has open; it may connect again, and is told then what it is now. */
  hangUp(terminal: string, closing: Closing): void {
    this.sessions.end(terminal)
    this.#sockets.close(terminal as PeerId, closing)
  }

  /** Runs what takes in what a terminal brings; what nobody waits for waits meanwhile. */
  async takingIn<R>(work: () => Promise<R>): Promise<R> {
    const done = this.backlog.incoming()
    this.signatures.busy()
    try {
      return await work()
    } finally {
      done()
      this.signatures.busy()
    }
  }

  /** Notes that a document is in use. */
  touch(document: string): void {
    this.#used.set(document, this.now().getTime())
  }

  async #releaseIdle(): Promise<void> {
    const limit = this.now().getTime() - IDLE_MS
    for (const id of Object.keys(this.durable.repo.handles)) {
      const name = this.registry.get(id)
      if (name?.kind !== 'daybook' && name?.kind !== 'bills') continue
      const used = this.#used.get(id)
      if (used === undefined) this.touch(id)
      else if (used < limit) {
        this.#used.delete(id)
        try {
          await this.durable.release(id as DocumentId)
          this.gate.forget(id)
        } catch (error) {
          this.log.error(
            { document: id, error: (error as Error).message },
            'an idle document could not be saved',
          )
        }
      }
    }
  }

  shardsOf = (shop: string): number =>
    this.shops.all().find(({ id }) => id === shop)?.catalogueShards ?? DEFAULT_SHARDS

  /** Digits after the decimal point in the money of a terminal's shop. */
  minorDigits(code: string): number {
    const terminal = this.shops.byCode(code)
    return (terminal && this.shops.terminal(terminal.id)?.shop.policy.minorDigits) ?? 2
  }

  /** Flushes everything and lets the directory go. */
  async close(): Promise<void> {
    clearInterval(this.#sweep)
    await this.watch.close()
    await this.gate.close()
    this.fleet.intake.stop()
    await this.backlog.close()
    await this.signatures.close()
    await this.readers.close()
    await this.durable.close()
    await this.registry.close()
    await this.issued.close()
    await this.arrivals.close()
    await this.countersignatures.settled()
    await this.auditReads.close()
    await this.merkleLog.close()
    await this.images.close()
    await this.incidents.close()
    await this.#directory.release()
  }
}
