import type { BooksResponse } from '../docs/generated/types.js'
import type { DocumentId } from '../docs/naming.js'
import { encodeBooks, type BookPart } from '../protocol/books.js'
import {
  BOOK_HEAD_BYTES,
  BOOKS_AT_ONCE_BYTES,
  RECEIPT_DOCUMENTS,
  UPLOAD_PART_BYTES,
} from '../protocol/limits.js'
import type { BookChanges } from './book-changes.js'
import { stoppedBy } from './http-client.js'
import type { Ledger } from './ledger.js'
import type { LocalDocument } from './local-documents.js'
import type { RelaySession } from './relay-session.js'

export interface BookSendingOptions {
  readonly changes: BookChanges
  readonly ledger: Ledger
}

/** What became of day books that were sent. */
export interface BooksSent {
  readonly receipted: number
  readonly refused: ReadonlyMap<DocumentId, string>
  /** What the relay cannot take in this way: automerge-repo has to send it. */
  readonly left: readonly LocalDocument[]
  /** The relay waits for a receipt of the rest of what this terminal wrote. */
  readonly behind: boolean
}

interface Request {
  readonly body: readonly Omit<BookPart, 'bytes'>[]
  /** Those a receipt is asked for. */
  readonly books: readonly LocalDocument[]
  /** Whether it goes on with a book of the request before. */
  readonly follows: boolean
}

/** One is checked at the relay while the next is under way. */
const AT_ONCE = 2
/** Bytes of changes that fit into one request, whatever heads stand before them. */
const MOST_BYTES = UPLOAD_PART_BYTES - BOOK_HEAD_BYTES - 4

/**
 * Sends day books as they lie on the disk, many in one request, and takes their receipts in. A request that is cut, or
 * sent twice, does no harm (S2); a book that is not taken holds up no other (S4).
 */
export class BookSending {
  readonly #options: BookSendingOptions

  constructor(options: BookSendingOptions) {
    this.#options = options
  }

  /**
   * @param done told of each book that was receipted or refused
   * @throws Refused when the connection is lost; what was receipted until then stays so
   */
  async send(
    session: RelaySession,
    books: readonly LocalDocument[],
    done: (books: number) => void,
    signal: AbortSignal,
  ): Promise<BooksSent> {
    const round = new Round(this.#options, session, done, signal)
    const missing = await round.send(books, ({ id }) => this.#options.ledger.heads(id))
    // The relay has not what came before: it was restored from a backup, or this is all new to it.
    round.left.push(...(await round.send(missing, () => undefined)))
    return round
  }
}

class Round implements BooksSent {
  readonly refused = new Map<DocumentId, string>()
  readonly left: LocalDocument[] = []
  receipted = 0
  behind = false
  readonly #options: BookSendingOptions
  readonly #session: RelaySession
  readonly #done: (books: number) => void
  readonly #signal: AbortSignal

  constructor(
    options: BookSendingOptions,
    session: RelaySession,
    done: (books: number) => void,
    signal: AbortSignal,
  ) {
    this.#options = options
    this.#session = session
    this.#done = done
    this.#signal = signal
  }

  /** @returns those of which the relay lacks what came before */
  async send(
    books: readonly LocalDocument[],
    since: (book: LocalDocument) => readonly string[] | undefined,
  ): Promise<LocalDocument[]> {
    const missing: LocalDocument[] = []
    const running = new Set<Promise<void>>()
    try {
      for await (const request of this.#requests(books, since)) {
        if (request.follows) await Promise.all(running)
        const task: Promise<void> = this.#send(request, missing).finally(() => running.delete(task))
        running.add(task)
        if (running.size >= AT_ONCE) await Promise.race(running)
      }
      await Promise.all(running)
    } finally {
      await Promise.allSettled(running)
    }
    return missing
  }

  async #send({ body, books }: Request, missing: LocalDocument[]): Promise<void> {
    const answer = await this.#session.books(encodeBooks(body), this.#signal)
    await this.#take(answer)
    const lacking = new Set(answer.missing)
    const refused = new Set(answer.refused.map(({ id }) => id))
    missing.push(...books.filter(({ id }) => lacking.has(id)))
    this.receipted += books.filter(({ id }) => !lacking.has(id) && !refused.has(id)).length
    this.#done(books.filter(({ id }) => !lacking.has(id)).length)
  }

  async #take({ receipt, refused, behind }: BooksResponse): Promise<void> {
    if (receipt) await this.#options.ledger.add([receipt])
    for (const { id, reason } of refused) this.refused.set(id as DocumentId, reason)
    if (behind) this.behind = true
  }

  async *#requests(
    books: readonly LocalDocument[],
    since: (book: LocalDocument) => readonly string[] | undefined,
  ): AsyncGenerator<Request> {
    let body: Omit<BookPart, 'bytes'>[] = []
    let asked: LocalDocument[] = []
    let bytes = 0
    let follows = false
    const cut = (): Request => {
      const request = { body, books: asked, follows }
      body = []
      asked = []
      bytes = 0
      follows = false
      return request
    }
    for (const book of books) {
      const stopped = stoppedBy(this.#signal)
      if (stopped) throw stopped
      const pieces = await this.#piecesOf(book, since(book))
      if (!pieces) continue
      const size = pieces[0]?.length ?? 0
      if (body.length > 0 && (bytes + size > BOOKS_AT_ONCE_BYTES || body.length === RECEIPT_DOCUMENTS))
        yield cut()
      const { name } = book
      for (const changes of pieces.slice(0, -1)) {
        body.push({ name, heads: [], changes })
        yield cut()
        follows = true
      }
      const changes = pieces.at(-1) ?? new Uint8Array()
      body.push({ name, heads: [...book.heads], changes })
      asked.push(book)
      bytes += changes.length
    }
    if (body.length > 0) yield cut()
  }

  /** A book's changes in pieces that fit; undefined for a book that is not sent, which is noted. */
  async #piecesOf(
    book: LocalDocument,
    since: readonly string[] | undefined,
  ): Promise<Uint8Array[] | undefined> {
    let changes: readonly Uint8Array[]
    try {
      changes = await this.#options.changes.since(book.id, since)
    } catch (error) {
      // What this disk cannot give holds up no other (S4).
      this.refused.set(book.id, (error as Error).message)
      this.#done(1)
      return undefined
    }
    const pieces: Uint8Array[][] = []
    let bytes = MOST_BYTES
    for (const change of changes) {
      if (change.length > MOST_BYTES) {
        this.left.push(book)
        return undefined
      }
      if (bytes + change.length > MOST_BYTES) {
        pieces.push([])
        bytes = 0
      }
      pieces.at(-1)?.push(change)
      bytes += change.length
    }
    return pieces.map((piece) => Buffer.concat(piece))
  }
}
