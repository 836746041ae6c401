import * as A from '@automerge/automerge'
import type { FlatDoc } from '../docs/flat.js'
import type { NamedHeads } from '../docs/generated/types.js'
import { describeDocument, documentId, type DocumentId, type DocumentName } from '../docs/naming.js'
import { Refused } from '../protocol/problem.js'
import { isOver, within } from '../protocol/within.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { IndexLog } from '../storage/index-log.js'
import type { StoredDocuments } from '../storage/stored-documents.js'
import type { Log } from './context.js'
import type { BookChanges } from './book-changes.js'
import { BookSending } from './book-sending.js'
import type { DayBooks } from './day-books.js'
import type { TerminalIdentity } from './identity.js'
import type { Ledger } from './ledger.js'
import { stoppedBy } from './http-client.js'
import type { LocalDocument, LocalDocuments } from './local-documents.js'
import { Pulling, type Wanted } from './pulling.js'
import type { RelaySession } from './relay-session.js'
import type { SharedRegister } from './shared-register.js'

/** A document that was not taken over, here or at the relay, and why. */
export interface NotTaken {
  readonly document: string
  readonly name: string
  readonly reason: string
}

export interface ExchangeProgress {
  readonly phase: 'receiving' | 'sending'
  readonly done: number
  readonly total: number
}

export interface ExchangeResult {
  /** Documents brought up to the relay's heads. */
  readonly received: number
  /** Documents for which a receipt was given now. */
  readonly receipted: number
  readonly notTaken: readonly NotTaken[]
  /** The relay remembered fewer receipts than this terminal holds: it was restored from a backup (S5). */
  readonly relayBehind: boolean
}

export interface ExchangeOptions {
  readonly identity: () => TerminalIdentity
  readonly durable: DurableRepo
  readonly changes: BookChanges
  readonly names: IndexLog<DocumentName>
  readonly books: DayBooks
  readonly local: LocalDocuments
  readonly ledger: Ledger
  readonly register: SharedRegister
  readonly stored: StoredDocuments
  /** Whether the link is to stay up, and not only as long as the exchange. */
  readonly staysUp: () => boolean
  /** Resolves when automerge-repo can exchange documents with the relay. */
  readonly socket: () => Promise<void>
  readonly log: Log
}

/** Names sent in one request. */
const NAMES_AT_ONCE = 1_000
/** Documents for which receipts are asked in one request: the relay answers when the slowest has arrived. */
const RECEIPTS_AT_ONCE = 50
/** Documents fetched side by side. */
const FETCHES_AT_ONCE = 8
/** Without any change of a document for so long, it is not on its way. */
const FETCH_MS = 30_000
/** The relay waits for a document this often, ten seconds each, before it counts as not arrived. */
const ROUNDS_WITHOUT_PROGRESS = 3

/**
 * One exchange with the relay, both ways, over a link that is up: what the relay has for this terminal comes in, what
 * this terminal wrote goes out and is receipted. It can be cut anywhere and run again (S2); a document that is not
 * taken holds up no other (S4).
 */
export class Exchange {
  readonly #options: ExchangeOptions

  readonly #sending: BookSending
  readonly #pulling: Pulling

  constructor(options: ExchangeOptions) {
    this.#options = options
    this.#sending = new BookSending(options)
    this.#pulling = new Pulling(options)
  }

  async run(
    session: RelaySession,
    progress: (event: ExchangeProgress) => void,
    signal: AbortSignal,
  ): Promise<ExchangeResult> {
    const { local } = this.#options
    await this.#settle()
    const relayBehind = session.forgottenAfter !== undefined
    const wanted = mayBring(session)
    // Day books are sent as they lie on the disk; the relay hears their names with them.
    const written = await local.list((name) => name.kind !== 'daybook' && wanted(name) && local.writes(name))
    const offered = await this.#announce(session, written, signal)
    const { received, absent } = await this.#receive(session, offered.documents, progress, signal)
    await this.#fetchDamaged(signal)
    const pending = await local.unreceipted(wanted)
    const refused = new Map(offered.refused.map(({ id, reason }) => [id, reason]))
    const outcome = await this.#send(
      session,
      pending.filter(({ id }) => !refused.has(id)),
      progress,
      signal,
      refused.size === 0,
    )
    // It is told once, and no more when this exchange is cut.
    session.forgottenAfter = undefined
    return {
      received,
      receipted: outcome.receipted,
      notTaken: [...new Map([...absent, ...refused, ...outcome.refused])].map(([id, reason]) =>
        this.#notTaken(id, reason),
      ),
      relayBehind,
    }
  }

  /** Sends what was written since, without asking what the relay has; for a link that stays up. */
  async push(session: RelaySession, signal: AbortSignal): Promise<void> {
    await this.#settle()
    const pending = await this.#options.local.unreceipted(mayBring(session))
    if (pending.length === 0) return
    const fresh = pending.filter(({ id, name }) => name.kind !== 'daybook' && !this.#options.register.has(id))
    const offered = fresh.length > 0 ? await this.#announce(session, fresh, signal) : { refused: [] }
    const refused = new Set(offered.refused.map(({ id }) => id))
    const outcome = await this.#send(
      session,
      pending.filter(({ id }) => !refused.has(id)),
      () => undefined,
      signal,
    )
    for (const [id, reason] of outcome.refused)
      this.#options.log.warn(this.#notTaken(id, reason), 'the relay did not take a document')
  }

  /** What cannot be settled stays in the journal, and holds up nothing that can be sent. */
  async #settle(): Promise<void> {
    try {
      await this.#options.books.writing.settle()
    } catch (error) {
      this.#options.log.warn({ error: (error as Error).message }, 'what was sealed last cannot be sent yet')
    }
  }

  #notTaken(id: string, reason: string): NotTaken {
    const name = this.#options.names.get(id)
    return { document: id, name: name ? describeDocument(name) : 'unknown document', reason }
  }

  /** Tells the relay the names, so that it accepts the documents; from then on they are shared with it. */
  async #announce(session: RelaySession, documents: readonly LocalDocument[], signal: AbortSignal) {
    let answer: Awaited<ReturnType<RelaySession['sync']>> | undefined
    const refused: { id: string; reason: string }[] = []
    for (let start = 0; start === 0 || start < documents.length; start += NAMES_AT_ONCE) {
      const batch = documents.slice(start, start + NAMES_AT_ONCE)
      answer = await session.sync(
        batch.map(({ name, heads }) => ({ name, heads: [...heads] })),
        signal,
      )
      refused.push(...answer.refused)
    }
    const no = new Set(refused.map(({ id }) => id))
    this.#options.register.add(documents.map(({ id }) => id).filter((id) => !no.has(id)))
    return { documents: answer?.documents ?? [], refused }
  }

  async #receive(
    session: RelaySession,
    offered: readonly NamedHeads[],
    progress: (event: ExchangeProgress) => void,
    signal: AbortSignal,
  ): Promise<{ received: number; absent: Map<string, string> }> {
    const { names } = this.#options
    const wanted: Wanted[] = offered.map(({ name, heads }) => ({ id: this.#id(name), name, heads }))
    const unknown = wanted.filter(({ id }) => !names.has(id))
    await names.setAll(unknown.map(({ id, name }) => [id, name] as const))
    let done = 0
    const advance = (): void => {
      done += 1
      progress({ phase: 'receiving', done, total: wanted.length })
    }
    const pulled = await this.#pulling.pull(session, wanted, advance, signal)
    const absent = new Map<string, string>(pulled.absent)
    await this.#fetchAll(pulled.left, absent, advance, signal)
    await this.#share(wanted.filter(({ id }) => !absent.has(id)))
    return { received: done - absent.size, absent }
  }

  /** Lets automerge-repo fetch what does not come in another way. */
  async #fetchAll(
    wanted: readonly Wanted[],
    absent: Map<string, string>,
    advance: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    if (wanted.length === 0) return
    await this.#options.socket()
    this.#options.register.add(wanted.map(({ id }) => id))
    const queue = [...wanted]
    const worker = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        try {
          await this.#fetch(next.id, next.heads, signal)
        } catch (error) {
          if (signal.aborted) throw error
          // A document that the relay cannot give, or this disk cannot take, holds up no other (S4).
          absent.set(next.id, (error as Error).message)
        }
        advance()
      }
    }
    await Promise.all(Array.from({ length: FETCHES_AT_ONCE }, worker))
  }

  /** While a link stays up, what others change comes over it at once: for documents that are in memory, and shared. */
  async #share(documents: readonly Wanted[]): Promise<void> {
    const { durable, register, staysUp } = this.#options
    if (!staysUp()) return
    for (const { id } of documents) await durable.open(id)
    register.add(documents.map(({ id }) => id))
  }

  /** What the relay receipted of a damaged document, it gives back. */
  async #fetchDamaged(signal: AbortSignal): Promise<void> {
    const { durable, ledger, log, register, socket } = this.#options
    const damaged = new Set(durable.storage.damage().map(({ documentId }) => documentId as DocumentId))
    if (damaged.size > 0) await socket()
    for (const id of damaged) {
      const heads = ledger.heads(id)
      if (!heads) continue
      // One that shows nothing any more was not among those the relay was told of.
      register.add([id])
      try {
        await this.#fetch(id, heads, signal)
      } catch (error) {
        log.warn(
          { document: id, error: (error as Error).message },
          'a damaged document did not come back from the relay',
        )
      }
    }
  }

  #id(name: DocumentName): DocumentId {
    return documentId(this.#options.identity().organisation, name)
  }

  async #fetch(id: DocumentId, heads: readonly string[], signal: AbortSignal): Promise<void> {
    const { durable } = this.#options
    await within(FETCH_MS, [signal], (patience) => this.#arrived(id, heads, patience))
    await durable.flush(id)
  }

  async #arrived(id: DocumentId, heads: readonly string[], patience: AbortSignal): Promise<void> {
    const handle = await this.#options.durable.request<FlatDoc>(id, patience)
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (handle.isReady() && A.hasHeads(handle.doc(), [...heads])) finish(resolve)
      }
      const give = (): void => finish(() => reject(isOver(patience) ? notArrived() : stoppedBy(patience)))
      const finish = (settle: () => void): void => {
        handle.off('heads-changed', look)
        patience.removeEventListener('abort', give)
        settle()
      }
      handle.on('heads-changed', look)
      patience.addEventListener('abort', give)
      if (patience.aborted) give()
      else look()
    })
  }

  async #send(
    session: RelaySession,
    documents: readonly LocalDocument[],
    progress: (event: ExchangeProgress) => void,
    signal: AbortSignal,
    isAll = false,
  ): Promise<{ receipted: number; refused: Map<string, string> }> {
    const total = documents.length
    let done = 0
    const advance = (count: number): void => {
      done += count
      progress({ phase: 'sending', done, total })
    }
    const books = documents.filter(({ name }) => name.kind === 'daybook')
    const sent = await this.#sending.send(session, books, advance, signal)
    for (const { id } of books) await this.#letGo(id)
    const refused = new Map<string, string>(sent.refused)
    const others = documents.filter(({ name }) => name.kind !== 'daybook')
    if (sent.left.length > 0) {
      const announced = await this.#announce(session, sent.left, signal)
      const no = new Map(announced.refused.map(({ id, reason }) => [id, reason]))
      for (const [id, reason] of no) refused.set(id, reason)
      others.push(...sent.left.filter(({ id }) => !no.has(id)))
    }
    const isRest = isAll && refused.size === 0
    const receipted = await this.#sendByRepo(session, others, refused, advance, isRest, signal)
    if (isRest && others.length === 0 && refused.size === 0 && sent.behind) {
      // That nothing is left was not said yet.
      const told = books.slice(0, 1).map(({ id, heads }) => ({ id, heads: [...heads] }))
      const { receipt } = await session.custody(told, true, signal)
      if (receipt) await this.#options.ledger.add([receipt])
    }
    return { receipted: sent.receipted + receipted, refused }
  }

  /** Lets automerge-repo send documents, and asks for receipts. @returns how many were given */
  async #sendByRepo(
    session: RelaySession,
    documents: readonly LocalDocument[],
    refused: Map<string, string>,
    advance: (count: number) => void,
    isRest: boolean,
    signal: AbortSignal,
  ): Promise<number> {
    const { ledger, durable, socket } = this.#options
    if (documents.length > 0) await socket()
    let pending = [...documents]
    let receipted = 0
    for (let idle = 0; pending.length > 0 && idle < ROUNDS_WITHOUT_PROGRESS;) {
      const batch = pending.slice(0, RECEIPTS_AT_ONCE)
      // A document that is loaded is shared; one that is not stays on the disk.
      for (const { id } of batch) await durable.open(id)
      const answer = await session.custody(
        batch.map(({ id, heads }) => ({ id, heads: [...heads] })),
        isRest && refused.size === 0 && batch.length === pending.length,
        signal,
      )
      if (answer.receipt) await ledger.add([answer.receipt])
      for (const { id, reason } of answer.refused) refused.set(id, reason)
      const missing = new Set(answer.missing)
      const settled = batch.filter(({ id }) => !missing.has(id))
      for (const { id } of settled) await this.#letGo(id)
      receipted += settled.filter(({ id }) => !refused.has(id)).length
      idle = settled.length > 0 ? 0 : idle + 1
      // What has not arrived goes to the end, so that it holds up nothing.
      pending = [...pending.slice(batch.length), ...batch.filter(({ id }) => missing.has(id))]
      advance(settled.length)
    }
    for (const { id } of pending) refused.set(id, 'it did not arrive at the relay in time')
    return receipted
  }

  /** Day books that will not be written again need not stay in memory. */
  async #letGo(id: DocumentId): Promise<void> {
    if (!this.#options.books.isFrozen(id)) return
    this.#options.changes.forget(id)
    await this.#options.durable.release(id)
  }
}

/** A revoked terminal that is let in to hand in what it holds hands in its day books, and nothing else. */
function mayBring({ granted }: RelaySession): (name: DocumentName) => boolean {
  return ({ kind }) => granted.intake === undefined || kind === 'daybook'
}

function notArrived(): Refused {
  return new Refused(
    'unavailable',
    'not-arrived',
    'it did not arrive from the relay in time; sync again, it goes on where it was',
  )
}
