import type * as A from '@automerge/automerge'
import { historyLines, type HistoryLine } from './describe.js'
import { keyOf, type FlatDoc } from './flat.js'
import { historyOf } from './history.js'
import { shardOf, type DocumentName } from './naming.js'
import { parseNumber } from './series.js'
import { recordKey, recordsIn } from './daybook.js'
import { isSale, type SealedRecord } from './record.js'

/** What someone asks the history of. */
export type Subject =
  | { readonly kind: 'everything' }
  | { readonly kind: 'document'; readonly id: string }
  | { readonly kind: 'invoice'; readonly number: string }
  | { readonly kind: 'sku'; readonly sku: string }

/** A number of ours is an invoice, the id of a known document is that document, anything else a SKU. */
export function subjectOf(about: string | undefined, isDocument: (id: string) => boolean): Subject {
  if (about === undefined) return { kind: 'everything' }
  if (isDocument(about)) return { kind: 'document', id: about }
  return parseNumber(about) ? { kind: 'invoice', number: about } : { kind: 'sku', sku: about }
}

/** Whether a document can hold anything of the subject, so that others need not be loaded. */
export function concerns(subject: Subject, id: string, name: DocumentName, shards: number): boolean {
  switch (subject.kind) {
    case 'everything':
      return true
    case 'document':
      return id === subject.id
    case 'sku':
      return (
        (name.kind === 'catalogue' || name.kind === 'stock') && name.shard === shardOf(subject.sku, shards)
      )
    case 'invoice':
      // Its day book, the bill it was, and the credit notes of any day book that names it.
      return name.kind === 'daybook' || name.kind === 'bills'
  }
}

/** The record of a number in a day book. */
export function recordOf(doc: A.Doc<FlatDoc>, number: string): SealedRecord | undefined {
  for (const record of recordsIn(doc)) {
    if (isSale(record.body) && record.body.number === number) return record
  }
  return undefined
}

function names(record: SealedRecord, number: string): boolean {
  const { body } = record
  if (!isSale(body)) return false
  return (
    body.number === number ||
    (body.type === 'credit-note' && 'number' in body.corrects && body.corrects.number === number)
  )
}

/**
 * The lines of history of one document about a subject.
 * @param bill the bill an invoice was, to show how it came about
 */
export function* linesAbout(
  subject: Subject,
  id: string,
  name: DocumentName,
  doc: A.Doc<FlatDoc>,
  bill: string | undefined,
): Generator<HistoryLine> {
  let wanted: ((key: string) => boolean) | undefined
  if (subject.kind === 'sku') {
    const places = [keyOf('item', subject.sku), keyOf('received', subject.sku), keyOf('sold', subject.sku)]
    wanted = (key) => places.some((place) => key === place || key.startsWith(`${place}/`))
  } else if (subject.kind === 'invoice') {
    if (name.kind === 'bills') {
      if (bill === undefined) return
      const place = `${keyOf('bill', bill)}/`
      wanted = (key) => key.startsWith(place)
    } else {
      const keys = new Set<string>()
      for (const record of recordsIn(doc)) {
        if (names(record, subject.number)) keys.add(recordKey(record.body.chain.position))
      }
      if (keys.size === 0) return
      wanted = (key) => keys.has(key)
    }
  }
  for (const entry of historyOf(doc, wanted)) yield* historyLines(id, name, entry)
}

/** Where documents come from: the ids and names there are, and a way to look into one. */
export interface Library {
  documents(): Iterable<readonly [id: string, name: DocumentName]>
  /** Calls `use` with the document, or with undefined where it is not here; it need not stay in memory after. */
  look<R>(id: string, use: (doc: A.Doc<FlatDoc> | undefined) => R): Promise<R>
}

export class UnknownSubject extends Error {
  constructor(about: string) {
    super(`Nothing is known here of "${about}": it is no invoice number, no SKU and no document id.`)
    this.name = 'UnknownSubject'
  }
}

/**
 * The history of an invoice, a SKU, a document, or everything, document by document.
 * @param shards how many catalogue shards the shop of a name has
 * @throws UnknownSubject when there is none
 */
export async function* historyAbout(
  library: Library,
  about: string | undefined,
  shards: (shop: string) => number,
): AsyncGenerator<HistoryLine> {
  const all = new Map(library.documents())
  const subject = subjectOf(about, (id) => all.has(id))
  const places = [...all].filter(([id, name]) => concerns(subject, id, name, shards(name.shop)))
  let bill: string | undefined
  if (subject.kind === 'invoice') {
    const code = parseNumber(subject.number)?.code
    for (const [id, name] of places) {
      if (name.kind !== 'daybook' || name.code !== code) continue
      const body = await library.look(id, (doc) => doc && recordOf(doc, subject.number)?.body)
      if (body && isSale(body)) bill = body.bill
      if (bill !== undefined) break
    }
  }
  // The bill comes before its invoice, because it was before it.
  places.sort(([, a], [, b]) => Number(b.kind === 'bills') - Number(a.kind === 'bills'))
  let found = false
  for (const [id, name] of places) {
    const lines = await library.look(id, (doc) => (doc ? [...linesAbout(subject, id, name, doc, bill)] : []))
    found ||= lines.length > 0
    yield* lines
  }
  if (!found && about !== undefined) throw new UnknownSubject(about)
}
