import * as A from '@automerge/automerge'
import { splitChunks } from '../../docs/book-change.js'
import { NO_TIP, tipAfter, type BookRun, type BookTip } from '../../docs/book-run.js'
import type { FlatDoc } from '../../docs/flat.js'
import type { DocumentHeads, Refusal } from '../../docs/generated/types.js'
import { describeDocument, documentId, type DocumentId, type DocumentName } from '../../docs/naming.js'
import { badBooks, type BookPart } from '../../protocol/books.js'
import { MESSAGE_CHUNKS } from '../../protocol/limits.js'
import type { DurableRepo } from '../../storage/durable-repo.js'
import type { IndexLog } from '../../storage/index-log.js'
import { Queues } from '../../storage/queues.js'
import type { Access } from '../access.js'
import type { Arrivals } from '../arrivals.js'
import { BookRefused, type Counting } from '../counting.js'
import { refusalOf, type Custody } from '../custody.js'
import { DocumentQuota } from '../document-quota.js'
import type { BookReaders } from '../gate/book-readers.js'
import type { Gate } from '../gate/gate.js'
import type { Incidents } from '../incidents.js'
import type { Identity } from '../sessions.js'
import type { Shops } from '../shops.js'
import type { Backlog } from './backlog.js'
import type { BookTips } from './tips.js'

type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

export interface BookTakingOptions {
  readonly durable: DurableRepo
  readonly registry: IndexLog<DocumentName>
  readonly organisation: string
  readonly shops: Shops
  readonly access: Access
  readonly gate: Gate
  readonly incidents: Incidents
  /** Told of what is stored. */
  readonly arrivals: Pick<Arrivals, 'came'>
  readonly readers: BookReaders
  readonly tips: BookTips
  readonly counting: Counting
  readonly backlog: Backlog
  readonly custody: Custody
  /** Told of records that were taken on the word of a later one. */
  readonly onTaken: (id: DocumentId, name: DayBookName, run: BookRun) => void
  /** Told of a document that could not be taken because of this relay, not because of the terminal. */
  readonly onFailure: (document: string, error: Error) => void
}

/** What became of day books that were brought. */
export interface Taken {
  /** On the disk, at these heads: what a receipt may be given for. */
  readonly held: readonly DocumentHeads[]
  readonly missing: readonly string[]
  readonly refused: readonly Refusal[]
}

type Outcome =
  | { readonly is: 'kept' }
  | { readonly is: 'held'; readonly document: DocumentHeads }
  | { readonly is: 'missing' }
  | { readonly is: 'refused'; readonly refusal: Omit<Refusal, 'id'> }

const MISSING: Outcome = { is: 'missing' }

/**
 * Takes in day books as they are stored, without making Automerge documents of them: changes that do nothing but go
 * on with a terminal's chain of records are checked, stored and held. Whatever is not as plain as that goes the way of
 * all other changes: past the gate, into the document, counted before it is vouched for.
 */
export class BookTaking {
  readonly #options: BookTakingOptions
  readonly #queues = new Queues()
  /** Day books whose name was learned just now: nothing of them was ever stored. */
  readonly #fresh = new Set<DocumentId>()

  constructor(options: BookTakingOptions) {
    this.#options = options
  }

  /** @throws Refused `bad-books` where one book comes twice */
  async take(identity: Identity, books: readonly Omit<BookPart, 'bytes'>[]): Promise<Taken> {
    const held: DocumentHeads[] = []
    const missing: string[] = []
    const refused: Refusal[] = []
    const admitted = await this.#admit(identity, books, refused)
    await Promise.all(
      admitted.map(async ({ id, name, part }) => {
        const outcome = await this.#takeOne(identity, id, name, part).catch((error: unknown): Outcome => {
          if (!(error instanceof BookRefused)) this.#options.onFailure(id, error as Error)
          return { is: 'refused', refusal: refusalOf(error) }
        })
        if (outcome.is === 'held') held.push(outcome.document)
        if (outcome.is === 'missing') missing.push(id)
        if (outcome.is === 'refused') refused.push({ id, ...outcome.refusal })
      }),
    )
    return { held, missing, refused }
  }

  /** Sorts out what the terminal may not bring, and learns the names of what is new. */
  async #admit(identity: Identity, books: readonly Omit<BookPart, 'bytes'>[], refused: Refusal[]) {
    const { registry, access, incidents, organisation } = this.#options
    const admitted: { id: DocumentId; name: DayBookName; part: Omit<BookPart, 'bytes'> }[] = []
    const fresh = new Map<DocumentId, DayBookName>()
    let quota: DocumentQuota | undefined
    for (const part of books) {
      const { name } = part
      const id = documentId(organisation, name)
      if (admitted.some((one) => one.id === id)) throw badBooks(`the ${describeDocument(name)} comes twice`)
      if (name.kind !== 'daybook' || !access.mayWrite(identity, name)) {
        const reason = `this terminal may not bring the ${describeDocument(name)}`
        refused.push({ id, reason })
        const report = { kind: 'not-yours', code: 'books', reason, terminal: identity.terminal } as const
        await incidents.note({ ...report, document: id })
        continue
      }
      if (!registry.has(id)) {
        quota ??= new DocumentQuota(registry.entries(), identity)
        if (!quota.take(name)) {
          const reason = 'there are more day books than the relay keeps'
          refused.push({ id, reason })
          await incidents.note({ kind: 'limit', code: 'documents', reason, terminal: identity.terminal })
          continue
        }
        fresh.set(id, name)
      }
      admitted.push({ id, name, part })
    }
    await registry.setAll([...fresh])
    for (const id of fresh.keys()) this.#fresh.add(id)
    return admitted
  }

  /**
   * As {@link take}, of one book, for who has to know whether it failed here.
   * @returns why it was not taken; undefined where it is held at the heads it was brought with
   * @throws StorageWriteError, StorageReadError, ReaderFailed
   */
  async takeSaved(
    identity: Identity,
    book: Omit<BookPart, 'bytes'>,
  ): Promise<Omit<Refusal, 'id'> | undefined> {
    const refused: Refusal[] = []
    const [admitted] = await this.#admit(identity, [book], refused)
    if (!admitted) return { reason: refused[0]?.reason ?? '' }
    try {
      const outcome = await this.#takeOne(identity, admitted.id, admitted.name, book)
      if (outcome.is === 'refused') return outcome.refusal
      return outcome.is === 'held' ? undefined : { reason: 'the relay does not hold it at these heads' }
    } catch (error) {
      if (error instanceof BookRefused) return refusalOf(error)
      throw error
    }
  }

  #takeOne(
    identity: Identity,
    id: DocumentId,
    name: DayBookName,
    part: Pick<BookPart, 'heads' | 'changes'>,
  ): Promise<Outcome> {
    return this.#queues.run(id, async () => {
      const isNew = this.#fresh.delete(id) && !this.#options.durable.isLoaded(id)
      try {
        return (
          (await this.#takePlain(identity, id, name, part, isNew)) ??
          (await this.#takeOther(identity, id, name, part))
        )
      } catch (error) {
        this.#options.tips.forget(id)
        throw error
      }
    })
  }

  /** @returns undefined for what has to go the other way */
  async #takePlain(
    identity: Identity,
    id: DocumentId,
    name: DayBookName,
    { heads, changes }: Pick<BookPart, 'heads' | 'changes'>,
    isNew: boolean,
  ): Promise<Outcome | undefined> {
    const { tips, readers, shops, counting, gate } = this.#options
    const publicKey = shops.keyOf(name.terminal, name.epoch)
    const before = isNew ? NO_TIP : await tips.get(id)
    // What is stored and not accounted for, as after a kill, is looked at in its document.
    if (
      !before ||
      publicKey === undefined ||
      counting.lines.heldUpTo(name.terminal, name.epoch, id) !== before.last
    )
      return undefined
    const { catalogueShards, policy } = shops.get(name.shop)
    const { head } = before
    const context = { name, publicKey, catalogueShards, currency: policy.currency, head }
    const found =
      changes.length === 0
        ? ({ is: 'nothing' } as const)
        : await readers.read({ is: 'run', changes, context })
    let tip = before
    if (found.is === 'unusual') return undefined
    if (found.is === 'aside') {
      const known = new Set(before.hashes)
      // What is here already is nothing new; what follows something else than the head is a fork.
      if (!found.hashes.every((hash) => known.has(hash)))
        return [...found.hashes, ...found.deps].some((hash) => known.has(hash)) ? undefined : MISSING
    }
    if (found.is === 'run') {
      const after = await this.#hold(id, name, before, found.run, changes, isNew)
      if (!after) return undefined
      tip = after
    }
    if (heads.length === 0) return { is: 'kept' }
    if (!heads.every((hash) => tip.hashes.includes(hash))) return MISSING
    gate.refusals.clear(identity.terminal, id)
    return { is: 'held', document: { id, heads: heads.toSorted() } }
  }

  /** Stores a run; undefined where it does not simply go on. */
  async #hold(
    id: DocumentId,
    name: DayBookName,
    before: BookTip,
    run: BookRun,
    changes: Uint8Array,
    isNew: boolean,
  ): Promise<BookTip | undefined> {
    const { counting, durable, tips, backlog, arrivals, onTaken } = this.#options
    const after = tipAfter(before, run)
    const chunks = after && splitChunks(changes, MESSAGE_CHUNKS)
    if (!chunks) return undefined
    const line = { book: id, first: run.first, last: run.last, prev: run.prev, lastHash: run.lastHash }
    const undo = counting.lines.hold(name.terminal, name.epoch, line, before.last === 0)
    if (!undo) return undefined
    try {
      const own = run.changes.map(({ index }) => chunks[index]).filter((chunk) => chunk !== undefined)
      await durable.store(id, own, isNew)
    } catch (error) {
      undo()
      throw error
    }
    // A day book has one writer, who brings it.
    arrivals.came(
      name.terminal,
      id,
      run.changes.map(({ hash }) => hash),
    )
    tips.set(id, after)
    backlog.add({ id, name, run })
    onTaken(id, name, run)
    return after
  }

  /** Past the gate and into the document, as what comes over the socket. */
  async #takeOther(
    { terminal }: Identity,
    id: DocumentId,
    name: DayBookName,
    { heads, changes }: Pick<BookPart, 'heads' | 'changes'>,
  ): Promise<Outcome> {
    const { gate, durable, custody, tips } = this.#options
    tips.forget(id)
    if (changes.length > 0) {
      const fault = await gate.faultOfSaved(terminal, id, name, changes)
      if (fault) return { is: 'refused', refusal: fault }
      await durable.merge(id, changes)
    }
    const handle = await durable.open<FlatDoc>(id)
    if (!handle || !A.hasHeads(handle.doc(), [...heads])) return MISSING
    await custody.settle(name, handle)
    if (heads.length === 0) return { is: 'kept' }
    gate.refusals.clear(terminal, id)
    return { is: 'held', document: { id, heads: heads.toSorted() } }
  }
}
