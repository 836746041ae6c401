import { advance, newChain, type ChainState } from '../../src/docs/chain-state.js'
import {
  composeCreditNote,
  composeDayClose,
  composeEvent,
  composeInvoice,
  type SaleDraft,
} from '../../src/docs/compose.js'
import { encodeBookChange } from '../../src/docs/book-change.js'
import { recordLine, type DayBookName, type RecordLine } from '../../src/docs/bundle/record-line.js'
import type { SourceBook } from '../../src/docs/bundle/write.js'
import { canonicalJson } from '../../src/docs/canonical.js'
import { noteText } from '../../src/docs/change-note.js'
import type { CustodyReceipt, ExportKeys } from '../../src/docs/generated/types.js'
import type { Signer } from '../../src/docs/keys.js'
import { documentId, type DocumentName } from '../../src/docs/naming.js'
import { sealRecord, type RecordBody } from '../../src/docs/record.js'
import type { Evidence } from '../../src/docs/verify/evidence.js'
import type { GivenKeys } from '../../src/docs/verify/trust.js'
import { newSigner } from '../support/keys.js'
import { line, SHOP } from '../support/shop.js'

export const RELAY = 'relay_00000000000000000000'
export const TERMINAL = 'term_00000000000000000000'

/** A record as it is stored, with what it says. */
export interface Stored {
  readonly position: number
  readonly body: RecordBody
  readonly stored: Uint8Array
}

/** One terminal's two business days, handed over to the relay after each; everything an export is made of. */
export interface Days {
  readonly signer: Signer
  readonly relay: Signer
  readonly records: readonly Stored[]
  readonly books: readonly SourceBook[]
  readonly receipts: readonly CustodyReceipt[]
  readonly keys: ExportKeys
  readonly names: ReadonlyMap<string, DocumentName>
}

const MORNING = Date.parse('2026-11-24T04:00:00Z')
const DAY_MS = 86_400_000
const MINUTE = 60_000

function draft(index: number): SaleDraft {
  return {
    bill: `bill_${String(index).padStart(20, '0')}`,
    by: 'Asha',
    lines: [line('1', '2'), { ...line('2', '1.5', 333), discount: { percent: '10' } }],
    discount: { minor: 500 },
    tenders: [{ type: 'cash', minor: 30_000 }],
  }
}

type Compose = (state: ChainState, at: Date) => RecordBody

const invoice: (index: number) => Compose = (index) => (state, at) =>
  composeInvoice(state, { shop: SHOP, at }, draft(index))

/** A day: drawer, sales, a credit note, an event, a sale, the close. */
function dayOf(first: number): Compose[] {
  return [
    (state, at) => composeEvent(state, { shop: SHOP, at }, 'Asha', 'login'),
    invoice(first),
    invoice(first + 1),
    (state, at) => {
      const sold = draft(first + 2)
      const { payable } = composeInvoice(state, { shop: SHOP, at }, sold).totals
      return composeCreditNote(
        state,
        { shop: SHOP, at },
        { ...sold, tenders: [{ type: 'cash', minor: payable }], corrects: { outside: 'before' } },
      )
    },
    (state, at) => composeEvent(state, { shop: SHOP, at }, 'Asha', 'reprint', { number: 'T01A/2627/000001' }),
    invoice(first + 3),
    (state, at) => composeDayClose(state, { shop: SHOP, at }, 'Asha', false),
  ]
}

export function nameOf(day: string): DayBookName {
  return { kind: 'daybook', shop: SHOP.id, terminal: TERMINAL, code: 'T01', epoch: 'A', day, part: 1 }
}

/** Stores records as a terminal does, a change for every few of them. @returns the bytes, and the head after them */
export function bookOf(records: readonly Stored[], each = 3): { saved: Uint8Array; head: string } {
  const parts: Uint8Array[] = []
  let head = ''
  for (let at = 0; at < records.length; at += each) {
    const change = encodeBookChange({
      actor: '00'.repeat(16),
      seq: at / each + 1,
      startOp: at + 1,
      time: 1_795_000_000,
      message: noteText({ terminal: 'T01', by: 'Asha', did: 'seal' }),
      deps: head === '' ? [] : [head],
      records: records.slice(at, at + each),
    })
    parts.push(change.bytes)
    head = change.hash
  }
  return { saved: new Uint8Array(Buffer.concat(parts)), head }
}

export function receiptOf(
  relay: Signer,
  serial: number,
  at: string,
  id: string,
  head: string,
): CustodyReceipt {
  const body: CustodyReceipt['body'] = {
    v: 1,
    type: 'custody-receipt',
    relay: RELAY,
    terminal: TERMINAL,
    serial,
    at,
    documents: [{ id, heads: [head] }],
  }
  return { body, signature: relay.sign(new TextEncoder().encode(canonicalJson(body))) }
}

export function sealedDays(): Days {
  const signer = newSigner()
  const relay = newSigner()
  let state = newChain('T01', 'A')
  const records: Stored[] = []
  const seal = (compose: Compose, at: number): void => {
    const { stored, record } = sealRecord(compose(state, new Date(at)), signer)
    state = advance(state, record)
    records.push({ position: state.position, body: record.body, stored })
  }
  const start = { publicKey: signer.publicKey, terminal: TERMINAL, software: '0' }
  seal((state, at) => composeEvent(state, { shop: SHOP, at }, 'Till', 'epoch-start', start), MORNING)
  for (const day of [0, 1])
    dayOf(day * 10).forEach((compose, index) => seal(compose, MORNING + day * DAY_MS + (index + 1) * MINUTE))
  const books: SourceBook[] = []
  const receipts: CustodyReceipt[] = []
  for (const day of new Set(records.map(({ body }) => body.day))) {
    const own = records.filter(({ body }) => body.day === day)
    const name = nameOf(day)
    const id = documentId(SHOP.organisation, name)
    const { saved, head } = bookOf(own)
    books.push({ id, name, saved })
    receipts.push(receiptOf(relay, receipts.length + 1, `${day}T09:00:00.000Z`, id, head))
  }
  return {
    signer,
    relay,
    records,
    books,
    receipts,
    keys: {
      relay: { id: RELAY, key: relay.publicKey },
      terminals: [{ terminal: TERMINAL, code: 'T01', epoch: 'A', key: signer.publicKey }],
    },
    names: new Map(books.map(({ id, name }) => [id, name])),
  }
}

/** The lines of an export's records. */
export function linesOf({ records, books }: Pick<Days, 'records' | 'books'>): RecordLine[] {
  return records.map(({ position, body, stored }) => {
    const book = books.find(({ name }) => name.day === body.day)
    return recordLine(book?.id ?? '', nameOf(body.day), position, stored)
  })
}

export function given({ relay, signer }: Days): GivenKeys {
  return { relay: relay.publicKey, terminals: new Map([['T01A', signer.publicKey]]) }
}

async function* each<T>(list: readonly T[]): AsyncGenerator<T> {
  yield* list
}

/** What the verifier reads, with the parts that somebody changed. */
export function evidenceOf(
  days: Days,
  {
    lines = linesOf(days),
    books = days.books,
    receipts = days.receipts,
  }: {
    readonly lines?: readonly RecordLine[]
    readonly books?: readonly SourceBook[]
    readonly receipts?: readonly unknown[]
  } = {},
): Evidence {
  return {
    what: 'export',
    organisation: SHOP.organisation,
    keys: days.keys,
    isVouched: true,
    names: days.names,
    from: null,
    to: null,
    shops: undefined,
    isWhole: true,
    isLoose: false,
    log: undefined,
    receipts: () => each(receipts),
    records: () => each(lines),
    documents: () => each(books.map(({ id, saved }) => ({ id, saved }))),
  }
}
