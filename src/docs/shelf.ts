import type { DocumentHistory, SealedFacts } from './document-history.js'
import type { DocumentName } from './naming.js'
import type { Order } from './order.js'
import { parseNumber } from './series.js'
import { kindOf, mayHold, type Subject } from './subject.js'
import type { SubjectKind } from './subject-kinds.js'
import type { Witnesses } from './witness.js'

/** A document's history with its order and its witnesses. */
export interface Book {
  readonly id: string
  readonly name: DocumentName
  readonly history: DocumentHistory
  readonly order: Order
  readonly witnesses: Witnesses
}

/** Where histories come from. */
export interface Shelf {
  documents(): Iterable<readonly [id: string, name: DocumentName]>
  /** Undefined where nothing of the document is here. */
  open(id: string, name: DocumentName): Promise<Book | undefined>
  /** Whether nothing of a document comes after a moment (milliseconds since 1970), where that is known without opening it. */
  isOver(id: string, after: number): boolean
  /** How many catalogue shards a shop has. */
  shards(shop: string): number
  /** The terminal with this id or code; undefined where there is none. */
  terminal(idOrCode: string): { readonly id: string; readonly code: string } | undefined
  /** The id of the shop with this id or name. */
  shop(idOrName: string): string | undefined
}

/** Nothing is known of what was asked for. */
export class UnknownSubject extends Error {
  constructor(about: string) {
    super(
      `Nothing is known here of "${about}": it is no invoice number, no SKU and no id of a document, bill, image, terminal or shop. Say with kind what it is, where that is not clear.`,
    )
    this.name = 'UnknownSubject'
  }
}

/**
 * What a text names, with what has to be looked up.
 * @param kind undefined where the text itself has to tell
 * @throws UnknownSubject
 */
export async function subjectOf(
  shelf: Shelf,
  about: string | undefined,
  kind: SubjectKind | undefined,
): Promise<Subject> {
  if (about === undefined) return { kind: 'everything' }
  const ids = new Map(shelf.documents())
  switch (kind ?? kindOf(about, (id) => ids.has(id))) {
    case 'document':
      return { kind: 'document', id: about }
    case 'bill':
      return { kind: 'bill', bill: about }
    case 'item':
      return { kind: 'item', sku: about }
    case 'image':
      return { kind: 'image', sha256: about }
    case 'terminal': {
      const terminal = shelf.terminal(about)
      if (!terminal) throw new UnknownSubject(about)
      return { kind: 'terminal', id: terminal.id, code: terminal.code }
    }
    case 'shop': {
      const shop = shelf.shop(about)
      if (shop === undefined) throw new UnknownSubject(about)
      return { kind: 'shop', shop }
    }
    case 'invoice':
      return invoiceOf(shelf, about)
  }
}

async function invoiceOf(shelf: Shelf, number: string): Promise<Subject> {
  const series = parseNumber(number)
  const books = [...shelf.documents()].filter(
    ([, name]) => name.kind === 'daybook' && name.code === series?.code && name.epoch === series.epoch,
  )
  for (const [id, name] of books) {
    const book = await shelf.open(id, name)
    const found = book && sealedUnder(book, number)
    if (found) return { kind: 'invoice', number, bill: found.bill, shop: name.shop }
  }
  throw new UnknownSubject(number)
}

function sealedUnder({ history }: Book, number: string): SealedFacts | undefined {
  for (let change = 0; change < history.length; change += 1) {
    const found = history.at(change).edits.find(({ sealed }) => sealed?.number === number)
    if (found) return found.sealed
  }
  return undefined
}

/** A business day begins and ends within so much of its date in UTC. Milliseconds. */
const AROUND_MS = 36 * 3_600_000

/** After this nothing of a book was written or arrived, milliseconds since 1970. */
export function endsAt({ order, witnesses }: Book): number {
  return Math.max(order.last, witnesses.latest)
}

/** Before this nothing of a document was written, milliseconds since 1970, as its name tells. */
export function beginsAt(name: DocumentName): number {
  switch (name.kind) {
    case 'daybook':
    case 'bills':
      return Date.parse(name.day) - AROUND_MS
    case 'sales':
      return Date.parse(`${name.month}-01`) - AROUND_MS
    default:
      return 0
  }
}

/** The documents that can hold anything of a subject, those that begin first at the head. */
export function placesFor(shelf: Shelf, subject: Subject): (readonly [string, DocumentName])[] {
  return [...shelf.documents()]
    .filter(([id, name]) => mayHold(subject, id, name, shelf.shards(name.shop)))
    .sort(([a, one], [b, other]) => beginsAt(one) - beginsAt(other) || (a < b ? -1 : 1))
}
