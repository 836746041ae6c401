import type { DocumentName } from '../generated/types.js'
import { describeDocument } from '../naming.js'
import { DamagedDocument, readBook, type BookEntry, type BookRead } from './book.js'
import type { Findings, Where } from './findings.js'
import type { Receipted, ReceiptCheck } from './receipts.js'

/** What the clock of a terminal may be ahead of the relay's before somebody has to explain it. */
export const CLOCKS_APART_MS = 5 * 60_000
/** What a day book may take from its terminal's disk to the receipt. */
export const ON_THE_WAY_MS = 60 * 60_000

type DayBookName = Extract<DocumentName, { kind: 'daybook' }>

/**
 * Holds day books to the records and to the receipts: what a receipt covers must be there, what claims to be older than a
 * receipt must be in it.
 */
export class CustodyCheck {
  readonly #findings: Findings
  readonly #receipts: ReceiptCheck
  /** Hashes of the records that were read, by day book. */
  readonly #records = new Map<string, Map<string, number>>()
  /** The last position a receipt covers, by terminal code and epoch. */
  readonly #covered = new Map<string, number>()
  readonly #seen = new Set<string>()

  constructor(receipts: ReceiptCheck, findings: Findings) {
    this.#receipts = receipts
    this.#findings = findings
  }

  /** A record that was read beside the documents. */
  record(document: string, hash: string, position: number): void {
    const known = this.#records.get(document) ?? new Map<string, number>()
    this.#records.set(document, known)
    known.set(hash, position)
  }

  /**
   * A day book.
   * @param loose whether its last records may not be in it yet, as at a terminal that is selling
   */
  document(id: string, name: DayBookName, saved: Uint8Array, loose: boolean): void {
    this.#seen.add(id)
    const where = { terminal: name.code, epoch: name.epoch, document: id }
    let book: BookRead
    try {
      book = readBook(saved)
    } catch (error) {
      if (!(error instanceof DamagedDocument)) throw error
      this.#findings.add('document-damaged', where, `${describeDocument(name)}: ${error.message}.`)
      return
    }
    this.#compare(where, name, book, loose)
    this.#follow(where, name, book)
  }

  /** Up to which position receipts cover a chain; 0 for none. */
  coveredUpTo(code: string, epoch: string): number {
    return this.#covered.get(`${code}${epoch}`) ?? 0
  }

  /**
   * Day books that records or receipts name, and that were not there.
   * @param names of receipts other documents are named as well, and of an export of some days other day books
   */
  end(names: (id: string) => DocumentName | undefined, isWanted: (name: DayBookName) => boolean): void {
    for (const [id, hashes] of this.#records) {
      const [position = 0] = hashes.values()
      this.#findings.add(
        'document-missing',
        { position, document: id },
        `The day book ${id} of record ${position} is missing, and of ${hashes.size - 1} more: no receipt can be held to them.`,
      )
    }
    for (const id of this.#receipts.documents()) {
      const name = names(id)
      if (this.#seen.has(id) || this.#records.has(id) || name?.kind !== 'daybook' || !isWanted(name)) continue
      const where = { terminal: name.code, epoch: name.epoch, document: id }
      this.#findings.add(
        'document-missing',
        where,
        `The ${describeDocument(name)} is missing: there are receipts for it.`,
      )
    }
  }

  #compare(where: Where, name: DayBookName, { entries }: BookRead, loose: boolean): void {
    const listed = new Map(this.#records.get(where.document ?? ''))
    this.#records.delete(where.document ?? '')
    let last = 0
    for (const { hash, position } of entries) {
      last = position
      if (listed.delete(hash)) continue
      this.#findings.add(
        'record-left-out',
        { ...where, position },
        `Record ${position} of ${name.code}${name.epoch} is in its ${describeDocument(name)} and not among the records, or another one is.`,
      )
    }
    const strays = [...listed.values()].filter((position) => !loose || position <= last)
    const [first] = strays
    if (first === undefined) return
    this.#findings.add(
      'record-not-in-document',
      { ...where, position: first },
      `Record ${first} of ${name.code}${name.epoch}${strays.length > 1 ? ` and ${strays.length - 1} more` : ''} is not in its ${describeDocument(name)}.`,
    )
  }

  /** Goes through the receipts in the order they were given, each with what it covers and those before it did not. */
  #follow(where: Where, { code, epoch }: DayBookName, book: BookRead): void {
    let before: Receipted | undefined
    const uncovered = new Set(book.entries)
    for (const receipt of this.#receipts.of(where.document ?? '')) {
      const fresh = book.fresh(receipt.heads)
      if (!fresh) {
        const last = book.entries.at(-1)?.position ?? 0
        this.#findings.add(
          'receipt-not-met',
          { ...where, position: last + 1 },
          `Receipt ${receipt.serial} of ${receipt.at} covers more or other records of this day book than are here: what was handed over then was cut off after record ${last}, or replaced.`,
        )
        continue
      }
      for (const entry of fresh) uncovered.delete(entry)
      this.#checkClaims(where, fresh, receipt, before)
      const key = `${code}${epoch}`
      this.#covered.set(
        key,
        fresh.reduce((most, { position }) => Math.max(most, position), this.#covered.get(key) ?? 0),
      )
      before = receipt
    }
    if (before) this.#checkBackdated(where, [...uncovered], before)
  }

  #checkClaims(
    where: Where,
    fresh: readonly BookEntry[],
    receipt: Receipted,
    before: Receipted | undefined,
  ): void {
    const limit = Date.parse(receipt.at) + CLOCKS_APART_MS
    const late = fresh.find((entry) => (claimed(entry) ?? 0) > limit)
    if (late) {
      const { position } = late
      this.#findings.add(
        'claimed-later',
        { ...where, position },
        `Record ${position} claims a time after ${receipt.at}, when receipt ${receipt.serial} of the relay covered it: one of the clocks was wrong, or the time was made up.`,
      )
    }
    if (before) this.#checkBackdated(where, fresh, before)
  }

  /** What a receipt did not cover, and claims to be older than it. */
  #checkBackdated(where: Where, entries: readonly BookEntry[], receipt: Receipted): void {
    const limit = Date.parse(receipt.at) - ON_THE_WAY_MS
    const early = entries.find((entry) => (claimed(entry) ?? Infinity) < limit)
    if (!early) return
    const { position } = early
    this.#findings.add(
      'backdated',
      { ...where, position },
      `Record ${position} claims a time long before ${receipt.at}, and receipt ${receipt.serial} of that moment covers this day book without it: it was sealed later, with the clock set back, or was long on its way.`,
    )
  }
}

/** The time a record claims, in milliseconds: the first member of its canonical JSON. Undefined where it is none. */
function claimed({ stored }: BookEntry): number | undefined {
  const match = /^\{"at":"([^"]{20,30})"/.exec(Buffer.from(stored.subarray(0, 40)).toString('latin1'))
  const at = Date.parse(match?.[1] ?? '')
  return Number.isNaN(at) ? undefined : at
}
