import type { DocumentHistory, Place } from './document-history.js'
import { keyOf } from './flat.js'
import { shardOf, type DocumentName } from './naming.js'
import { parseNumber } from './series.js'
import type { SubjectKind } from './subject-kinds.js'

/** What someone asks the history of, with what had to be looked up for it. */
export type Subject =
  | { readonly kind: 'everything' }
  | { readonly kind: 'document'; readonly id: string }
  | {
      readonly kind: 'invoice'
      readonly number: string
      readonly bill: string | undefined
      readonly shop: string
    }
  | { readonly kind: 'bill'; readonly bill: string }
  | { readonly kind: 'item'; readonly sku: string }
  | { readonly kind: 'image'; readonly sha256: string }
  | { readonly kind: 'terminal'; readonly id: string; readonly code: string }
  | { readonly kind: 'shop'; readonly shop: string }

/** What a text names when nobody says it: a document's id, an invoice's number, another id of ours; else a SKU. */
export function kindOf(about: string, isDocument: (id: string) => boolean): SubjectKind {
  if (isDocument(about)) return 'document'
  if (parseNumber(about)) return 'invoice'
  if (/^bill_[a-z0-9]{10,40}$/.test(about)) return 'bill'
  if (/^term_[a-z0-9]{10,40}$/.test(about)) return 'terminal'
  if (/^shop_[a-z0-9]{10,40}$/.test(about)) return 'shop'
  return /^[0-9a-f]{64}$/.test(about) ? 'image' : 'item'
}

/** Whether a document can hold anything of the subject, so that others need not be opened. */
export function mayHold(subject: Subject, id: string, name: DocumentName, shards: number): boolean {
  switch (subject.kind) {
    case 'everything':
      return true
    case 'document':
      return id === subject.id
    case 'shop':
      return name.shop === subject.shop
    case 'invoice':
      // Its day book, the bill it was, and the credit notes of any day book of its shop.
      return name.shop === subject.shop && (name.kind === 'daybook' || name.kind === 'bills')
    case 'bill':
      return name.kind === 'daybook' || name.kind === 'bills'
    case 'item':
      return (
        (name.kind === 'catalogue' || name.kind === 'stock') && name.shard === shardOf(subject.sku, shards)
      )
    case 'image':
      return name.kind === 'images' || name.kind === 'catalogue'
    case 'terminal':
      if (name.kind === 'daybook') return name.code === subject.code
      return name.kind !== 'stock' && name.kind !== 'sales'
  }
}

/** What of a document's history belongs to a subject: `all` of it, or these places, in no order. */
export function placesIn(
  subject: Subject,
  name: DocumentName,
  history: DocumentHistory,
): readonly Place[] | 'all' {
  switch (subject.kind) {
    case 'everything':
    case 'document':
    case 'shop':
      return 'all'
    case 'invoice': {
      if (name.kind === 'bills') return subject.bill === undefined ? [] : ofBill(history, subject.bill)
      const { number } = subject
      return sealedIn(history, (sealed) => sealed.number === number || sealed.corrects === number)
    }
    case 'bill':
      if (name.kind === 'bills') return ofBill(history, subject.bill)
      return sealedIn(history, (sealed) => sealed.bill === subject.bill)
    case 'item':
      return under(history, [
        keyOf('item', subject.sku),
        keyOf('received', subject.sku),
        keyOf('sold', subject.sku),
      ])
    case 'image':
      if (name.kind === 'images') return under(history, [keyOf('image', subject.sha256)])
      return placesWhere(history, (place) => {
        const { old, new: now } = history.oldAndNew(place)
        return history.editAt(place).key.endsWith('/image') && [...old, now].includes(subject.sha256)
      })
    case 'terminal': {
      const own = name.kind === 'shop' ? under(history, [keyOf('terminal', subject.id)]) : []
      return [
        ...own,
        ...placesWhere(history, ({ change }) => history.at(change).note.terminal === subject.code),
      ]
    }
  }
}

/** The places of keys that are one of these, or lie under it. */
export function under(history: DocumentHistory, prefixes: readonly string[]): Place[] {
  const found: Place[] = []
  for (const key of history.keys()) {
    if (prefixes.some((prefix) => key === prefix || key.startsWith(`${prefix}/`)))
      found.push(...history.placesOf(key))
  }
  return found
}

export function ofBill(history: DocumentHistory, bill: string): Place[] {
  return under(history, [keyOf('bill', bill)])
}

function sealedIn(
  history: DocumentHistory,
  wanted: (sealed: NonNullable<ReturnType<DocumentHistory['editAt']>['sealed']>) => boolean,
): Place[] {
  return placesWhere(history, (place) => {
    const { sealed } = history.editAt(place)
    return sealed !== undefined && wanted(sealed)
  })
}

function placesWhere(history: DocumentHistory, wanted: (place: Place) => boolean): Place[] {
  const found: Place[] = []
  for (let change = 0; change < history.length; change += 1) {
    const { edits } = history.at(change)
    for (let edit = 0; edit < edits.length; edit += 1) {
      if (wanted({ change, edit })) found.push({ change, edit })
    }
  }
  return found
}
