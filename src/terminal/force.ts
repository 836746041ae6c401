import { dirname, join } from 'node:path'
import type { HandoffBundle, HandoffJournal, HandoffOrder } from '../docs/generated/types.js'
import { newId } from '../docs/ids.js'
import { describeDocument, type DocumentId, type DocumentName } from '../docs/naming.js'
import { validate } from '../docs/validate.js'
import { UPLOAD_PART_BYTES } from '../protocol/limits.js'
import { asRefused, Refused } from '../protocol/problem.js'
import { readChecked, writeChecked } from '../storage/atomic-file.js'
import type { Disk } from '../storage/disk.js'
import { unless } from '../storage/folders.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import { removeIfThere, writeBundle } from './bundle-file.js'
import type { Log, Outside } from './context.js'
import type { BookChanges } from './book-changes.js'
import type { DayBooks } from './day-books.js'
import type { NotTaken } from './exchange.js'
import type { TerminalIdentity } from './identity.js'
import type { Ledger } from './ledger.js'
import type { Link } from './link.js'
import type { LocalDocument, LocalDocuments } from './local-documents.js'
import type { Purge } from './purge.js'
import type { RelaySession } from './relay-session.js'
import { cancelled } from './cancelled.js'

export type { HandoffJournal } from '../docs/generated/types.js'

export interface ForceProgress {
  readonly phase: HandoffJournal['state']
  readonly done: number
  readonly total: number
  readonly unit: 'documents' | 'bytes'
}

/** What a person is told after a force-complete. */
export interface ForceResult {
  readonly purged: number
  readonly kept: number
  readonly bytes: number
  readonly notTaken: readonly NotTaken[]
}

/** What a handoff would hand over and delete. */
export interface HandoffPreview {
  readonly documents: number
  readonly bytesAbout: number
  readonly deletes: number
}

export interface ForceOptions {
  readonly directory: string
  readonly outside: Outside
  readonly identity: () => TerminalIdentity
  readonly durable: DurableRepo
  readonly names: IndexLog<DocumentName>
  readonly books: DayBooks
  readonly changes: BookChanges
  readonly local: LocalDocuments
  readonly ledger: Ledger
  readonly link: Link
  readonly purge: Purge
  /** Ends the open day book and keeps the chain's state apart, so that what follows is sealed into the next part. */
  readonly freeze: () => Promise<void>
  readonly onPurged: (order: HandoffOrder, result: ForceResult) => Promise<void>
  readonly log: Log
}

const JOURNAL = 'handoff.json'
const BUNDLE = 'handoff.bundle'

/** The relay found the bundle damaged, or it is not here as it was written. */
const BUNDLE_LOST: readonly string[] = ['bad-bundle', 'bundle-truncated', 'bundle-missing']

/**
 * Force-complete sync: a snapshot of everything goes to the relay, and what its receipts cover is deleted here.
 *
 *     exporting → uploading → verified → purging → purged
 *
 * The journal is written before each step, so a step that was cut is run again. Only one handoff exists at a time.
 */
export class Force {
  readonly #options: ForceOptions
  readonly #stopped = new AbortController()
  /** Ends the run there is. */
  #ending = new AbortController()
  /** Whether a person ended it, and not the end of the process. */
  #isCancelled = false
  #journal: HandoffJournal | undefined
  #running: Promise<ForceResult> | undefined
  #progress: (event: ForceProgress) => void = () => undefined

  constructor(options: ForceOptions, journal: HandoffJournal | undefined) {
    this.#options = options
    this.#journal = journal
  }

  /** @throws DamagedFile, InvalidInput */
  static async readJournal(directory: string, disk: Disk): Promise<HandoffJournal | undefined> {
    const journal = await readChecked(disk, join(directory, JOURNAL))
    if (journal !== undefined)
      validate<HandoffJournal>('handoff-journal.schema.json', journal, `file ${JOURNAL}`)
    return journal
  }

  /** How far the last handoff has come; undefined when there never was one. */
  get journal(): HandoffJournal | undefined {
    return this.#journal
  }

  /** Whether a handoff was begun and has not ended. */
  get pending(): boolean {
    return this.#journal !== undefined && this.#journal.state !== 'purged'
  }

  get running(): boolean {
    return this.#running !== undefined
  }

  /**
   * Begins a handoff, or goes on with the one that was begun, in the name of `by` if it was cancelled. One that was begun
   * with the other choice about the catalogue is begun anew, unless it is deleting already.
   * @throws Refused when the relay cannot be reached: nothing is deleted, and it goes on the next time; `cancelled`
   */
  run(
    by: string,
    keepCatalogue: boolean,
    progress: (event: ForceProgress) => void = () => undefined,
  ): Promise<ForceResult> {
    if (!this.#running) {
      this.#ending = new AbortController()
      this.#isCancelled = false
    }
    this.#running ??= this.#run(by, keepCatalogue, progress).finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Goes on with a handoff that a crash or a lost connection cut; does nothing with one that a person cancelled. */
  async resume(): Promise<ForceResult | undefined> {
    const journal = this.#journal
    if (!journal || journal.state === 'purged' || isCancelled(journal)) return undefined
    return this.run(journal.order.by, journal.order.keepCatalogue)
  }

  /**
   * Ends the run there is, as long as nothing is being deleted. The journal stays and says so durably before this
   * answers: also after a crash it goes on only when a person starts it again.
   * @returns false where nothing runs, or it is too late
   * @throws StorageWriteError when that could not be written: the run has ended, and the next start goes on with it
   */
  async cancel(): Promise<boolean> {
    const state = this.#journal?.state
    if (!this.#running || state === 'verified' || state === 'purging') return false
    this.#isCancelled = true
    this.#ending.abort(cancelled())
    try {
      await this.#running
      return false
    } catch (error) {
      if (asRefused(error).code !== 'cancelled') throw error
      return true
    }
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#ending.abort(this.#stopped.signal.reason)
    await this.#running?.catch(() => undefined)
  }

  async #write(journal: HandoffJournal): Promise<void> {
    await writeChecked(this.#options.outside.disk, join(this.#options.directory, JOURNAL), journal)
    this.#journal = journal
  }

  async #run(
    by: string,
    keepCatalogue: boolean,
    progress: (event: ForceProgress) => void,
  ): Promise<ForceResult> {
    this.#progress = progress
    try {
      await this.#begin(by, keepCatalogue)
      return await this.#steps()
    } catch (error) {
      const journal = this.#journal
      const isLate = !journal || journal.state === 'purging' || journal.state === 'purged'
      if (!this.#isCancelled || isLate) throw error
      // Written by the run itself, so that no step writes over it.
      await this.#write({ ...journal, cancelledAt: this.#options.outside.now().toISOString() })
      throw cancelled()
    }
  }

  async #begin(by: string, keepCatalogue: boolean): Promise<void> {
    const { outside } = this.#options
    const journal = this.#journal
    if (journal?.state === 'purging') return
    if (!journal || journal.state === 'purged' || journal.order.keepCatalogue !== keepCatalogue) {
      const order = {
        id: newId('hand', outside.random),
        by,
        keepCatalogue,
        startedAt: outside.now().toISOString(),
      }
      await this.#write({ state: 'exporting', order })
    } else if (isCancelled(journal)) {
      const { cancelledAt: _cancelledAt, ...going } = journal
      // What it deletes is deleted in the name of whoever wants it now.
      await this.#write({ ...going, order: { ...journal.order, by } })
    }
  }

  async #steps(): Promise<ForceResult> {
    for (;;) {
      const journal = this.#journal
      if (!journal) throw new Error('The journal of the handoff is gone')
      if (journal.state === 'purged') {
        const { purged, kept, bytes, notTaken } = journal
        return { purged, kept, bytes, notTaken }
      }
      this.#ending.signal.throwIfAborted()
      switch (journal.state) {
        case 'exporting':
          await this.#export(journal.order)
          break
        case 'uploading':
          await this.#upload(journal.order, journal.bundle)
          break
        case 'verified':
          await this.#write({ ...journal, state: 'purging' })
          break
        case 'purging':
          await this.#purge(journal)
          break
      }
    }
  }

  async #export(order: HandoffOrder): Promise<void> {
    const { outside, durable, books, changes, identity, freeze } = this.#options
    await freeze()
    const documents = await this.#purgeable(order)
    if (documents.length === 0) {
      await this.#finish(order, { purged: 0, kept: 0, bytes: 0, notTaken: [] })
      return
    }
    const bundle = await writeBundle(
      {
        disk: outside.disk,
        durable,
        books,
        changes,
        identity: identity(),
        path: this.#bundlePath,
        at: outside.now(),
      },
      documents,
      (done) => this.#progress({ phase: 'exporting', done, total: documents.length, unit: 'documents' }),
      this.#ending.signal,
    )
    await outside.disk.syncDirectory(dirname(this.#bundlePath))
    await this.#write({ state: 'uploading', order, bundle })
  }

  get #bundlePath(): string {
    return join(this.#options.directory, BUNDLE)
  }

  /** What a handoff begun now would be about, counted without writing anything. Sizes in bytes. */
  async preview(keepCatalogue: boolean): Promise<HandoffPreview> {
    const { books, durable } = this.#options
    const concerned = await this.#options.local.list((name) =>
      this.#options.purge.concerns(name, keepCatalogue),
    )
    let bytesAbout = 0
    let deletes = 0
    for (const document of concerned) {
      bytesAbout += (await durable.storage.usage(document.id)).bytes
      // The open day book ends when the handoff begins.
      const ends = document.name.kind === 'daybook' && !books.isFrozen(document.id)
      if (ends || (await this.#options.purge.mayGo(document))) deletes += 1
    }
    return { documents: concerned.length, bytesAbout, deletes }
  }

  /** What a handoff takes along: everything that is deleted after it. Bills that are still open stay here. */
  async #purgeable({ keepCatalogue }: HandoffOrder): Promise<LocalDocument[]> {
    const { local, purge } = this.#options
    const candidates = await local.list((name) => purge.concerns(name, keepCatalogue))
    const found: LocalDocument[] = []
    for (const document of candidates) if (await purge.mayGo(document)) found.push(document)
    return found
  }

  async #upload(order: HandoffOrder, bundle: HandoffBundle): Promise<void> {
    const { link, ledger } = this.#options
    const { signal } = this.#ending
    const taken = await link.use(async (session) => {
      try {
        await this.#send(session, order.id, bundle, signal)
        return await session.takeHandoff(order.id, signal)
      } catch (error) {
        if (BUNDLE_LOST.includes(asRefused(error).code)) return undefined
        throw error
      }
    }, signal)
    if (!taken) {
      // The documents are all still here, so what was lost is made anew, under a new id.
      await this.#write({
        state: 'exporting',
        order: { ...order, id: newId('hand', this.#options.outside.random) },
      })
      return
    }
    await ledger.add(taken.receipts)
    const notTaken = taken.refused.map(({ id, reason }) => {
      const name = this.#options.names.get(id)
      return { document: id, name: name ? describeDocument(name) : 'unknown document', reason }
    })
    await this.#write({ state: 'verified', order, bundle, notTaken })
  }

  async #send(
    session: RelaySession,
    id: string,
    { size, sha256 }: HandoffBundle,
    signal: AbortSignal,
  ): Promise<void> {
    let { offset } = await session.beginHandoff(id, size, sha256, signal)
    const file = await unless(['ENOENT'], this.#options.outside.disk.open(this.#bundlePath, 'read'))
    if (!file) throw new Refused('failed', 'bundle-missing', 'The bundle is not on this disk any more.')
    try {
      while (offset < size) {
        this.#progress({ phase: 'uploading', done: offset, total: size, unit: 'bytes' })
        const buffer = new Uint8Array(Math.min(UPLOAD_PART_BYTES, size - offset))
        const count = await file.read(buffer, offset)
        if (count === 0)
          throw new Refused(
            'failed',
            'bundle-truncated',
            'The bundle on this disk is shorter than it was written.',
          )
        offset = (await session.appendHandoff(id, offset, buffer.subarray(0, count), signal)).offset
      }
      this.#progress({ phase: 'uploading', done: size, total: size, unit: 'bytes' })
    } finally {
      await file.close()
    }
  }

  async #purge(journal: Extract<HandoffJournal, { state: 'verified' | 'purging' }>): Promise<void> {
    const { order, bundle, notTaken } = journal
    const { purged, kept } = await this.#options.purge.run(
      bundle.documents.map(({ id, heads }) => ({ id: id as DocumentId, heads })),
      (done, total) => this.#progress({ phase: 'purging', done, total, unit: 'documents' }),
    )
    await this.#finish(order, { purged, kept, bytes: bundle.size, notTaken })
  }

  async #finish(order: HandoffOrder, result: ForceResult): Promise<void> {
    const { outside, onPurged, log } = this.#options
    await removeIfThere(outside.disk, this.#bundlePath)
    await onPurged(order, result)
    await this.#write({
      state: 'purged',
      order,
      at: outside.now().toISOString(),
      ...result,
      notTaken: [...result.notTaken],
    })
    this.#progress({ phase: 'purged', done: result.purged, total: result.purged, unit: 'documents' })
    log.info({ ...result, notTaken: result.notTaken.length }, 'force complete has ended')
  }
}

/** Whether a person ended it, and nobody has started it again. */
function isCancelled(journal: HandoffJournal): boolean {
  return 'cancelledAt' in journal
}
