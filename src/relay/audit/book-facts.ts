import type { AuditedRecord } from '../../docs/generated/types.js'
import type { DocumentId } from '../../docs/naming.js'
import { isSale, type RecordBody } from '../../docs/record.js'
import type { StoredDocuments } from '../../storage/stored-documents.js'
import type { DayBookName, HeldRecord, SealedBooks } from '../sealed-books.js'

/** Records whose facts are kept: some 400 bytes each. */
const KEPT_RECORDS = 200_000

/** A record's facts, and what a search compares besides. */
export interface Fact {
  readonly shown: AuditedRecord
  readonly skus: readonly string[]
}

/** What an auditor looks for in the records of day books. A book is read again only after it has changed. */
export class BookFacts {
  readonly #books: SealedBooks
  readonly #stored: Pick<StoredDocuments, 'heads'>
  /** The one that was read last at the end. */
  readonly #kept = new Map<DocumentId, { readonly heads: string; readonly facts: readonly Fact[] }>()
  #count = 0

  constructor(books: SealedBooks, stored: Pick<StoredDocuments, 'heads'>) {
    this.#books = books
    this.#stored = stored
  }

  async of(id: DocumentId, name: DayBookName): Promise<readonly Fact[]> {
    const heads = (await this.#stored.heads(id))?.join()
    const known = this.#kept.get(id)
    if (known) this.#forget(id)
    // What is not receipted yet may be a moment later, without a change of the book.
    const isSettled = known?.facts.every(({ shown }) => shown.custody === 'receipted')
    const facts =
      known && known.heads === heads && isSettled
        ? known.facts
        : (await this.#books.read(id, name)).map((held) => factOf(id, name, held))
    if (heads !== undefined) this.#keep(id, heads, facts)
    return facts
  }

  #keep(id: DocumentId, heads: string, facts: readonly Fact[]): void {
    this.#kept.set(id, { heads, facts })
    this.#count += facts.length
    for (const oldest of this.#kept.keys()) {
      if (this.#count <= KEPT_RECORDS) return
      this.#forget(oldest)
    }
  }

  #forget(id: DocumentId): void {
    this.#count -= this.#kept.get(id)?.facts.length ?? 0
    this.#kept.delete(id)
  }
}

export function factOf(id: DocumentId, name: DayBookName, { record, receipted, forked }: HeldRecord): Fact {
  const { body, hash } = record
  const { shop, terminal } = name
  const { terminal: code, epoch, position } = body.chain
  const shown: AuditedRecord = {
    document: id,
    shop,
    terminal,
    code,
    epoch,
    position,
    hash,
    type: body.type,
    day: body.day,
    at: body.at,
    by: body.by,
    custody: receipted ? 'receipted' : 'none',
    ...(forked ? { fork: true } : {}),
    ...moreOf(body),
  }
  return { shown, skus: isSale(body) ? body.lines.map(({ sku }) => sku) : [] }
}

function moreOf(body: RecordBody): Partial<AuditedRecord> {
  if (isSale(body)) {
    const { currency, minorDigits } = body.policy
    const overrides = body.lines.filter(({ override }) => override !== undefined).length
    const { number, lines, totals } = body
    const money = { payable: totals.payable, currency, minorDigits }
    return { number, lines: lines.length, ...money, ...(overrides === 0 ? {} : { overrides }) }
  }
  if (body.type === 'event')
    return { event: body.event, ...(body.detail === undefined ? {} : { detail: body.detail }) }
  return { detail: { z: body.z, payable: body.totals.payable, invoices: body.totals.invoices } }
}
