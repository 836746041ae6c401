import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import type { RecordLine } from '../../src/docs/bundle/record-line.js'
import type { SourceBook } from '../../src/docs/bundle/write.js'
import { canonicalJson, digest } from '../../src/docs/canonical.js'
import type { Signer } from '../../src/docs/keys.js'
import type { SealedLine } from '../../src/docs/generated/types.js'
import type { CreditNoteRecord, DayCloseRecord, InvoiceRecord, RecordBody } from '../../src/docs/record.js'
import { FINDINGS, Findings } from '../../src/docs/verify/findings.js'
import { verify, type Verdict } from '../../src/docs/verify/verify.js'
import { newSigner } from '../support/keys.js'
import {
  bookOf,
  evidenceOf,
  given,
  linesOf,
  receiptOf,
  sealedDays,
  type Days,
  type Stored,
} from './sealed-days.js'

const days = sealedDays()
const stranger = newSigner()

/** Of each kind of record, the first that stands between others. */
const KINDS = ['invoice', 'credit-note', 'day-close', 'event'] as const
type Kind = (typeof KINDS)[number]

function positionOf(kind: Kind): number {
  return days.records.find(({ body, position }) => body.type === kind && position > 1)?.position ?? 0
}

interface Tampered {
  readonly lines?: readonly RecordLine[]
  readonly books?: readonly SourceBook[]
}

function resealed(body: RecordBody, signer: Signer): Pick<RecordLine, 'text' | 'signature'> {
  const text = canonicalJson(body)
  return { text, signature: signer.sign(new TextEncoder().encode(text)) }
}

function bodyOf({ text }: RecordLine): RecordBody {
  return JSON.parse(text) as RecordBody
}

/** A record with other content that still has the form of one. */
function edited(body: RecordBody): RecordBody {
  return { ...body, by: 'Mallory' }
}

function withLine(position: number, change: (line: RecordLine) => RecordLine): RecordLine[] {
  return linesOf(days).map((line) => (line.position === position ? change(line) : line))
}

/** What somebody who holds the terminal's key can make: from a position on, all is sealed anew and stored anew. */
function forged(position: number, change: (body: RecordBody) => RecordBody | undefined): Required<Tampered> {
  const lines: RecordLine[] = []
  for (const line of linesOf(days)) {
    const body = line.position === position ? change(bodyOf(line)) : bodyOf(line)
    if (!body) continue
    const prev = digest(lines.at(-1)?.text ?? '')
    const at = lines.length + 1
    const chained = { ...body, chain: { ...body.chain, position: at, prev } }
    lines.push({ ...line, position: at, ...(line.position < position ? {} : resealed(chained, days.signer)) })
  }
  return { lines, books: booksOf(lines) }
}

function booksOf(lines: readonly RecordLine[]): SourceBook[] {
  return days.books.map((book) => {
    const own = lines
      .filter(({ document }) => document === book.id)
      .map((line): Stored => ({
        position: line.position,
        body: bodyOf(line),
        stored: new TextEncoder().encode(`${line.text}\n${line.signature}`),
      }))
    return { ...book, saved: bookOf(own).saved }
  })
}

function found({ findings }: Verdict): string[] {
  return findings.map(({ code, where }) => `${code} ${where.position ?? where.document}`)
}

const codes = ({ findings }: Verdict): string[] => findings.map(({ code }) => code)

async function verdictOn(tampered: Tampered, of: Days = days): Promise<Verdict> {
  return verify(evidenceOf(of, tampered), given(of), new Findings())
}

/** What somebody without any key does to the records, and what has to be found at the position. */
const WITHOUT_KEYS: readonly (readonly [
  what: string,
  tamper: (position: number) => Tampered,
  code: string,
])[] = [
  [
    'edit',
    (p) => ({ lines: withLine(p, (line) => ({ ...line, text: canonicalJson(edited(bodyOf(line))) })) }),
    'altered',
  ],
  ['delete', (p) => ({ lines: linesOf(days).filter(({ position }) => position !== p) }), 'missing'],
  [
    'insert',
    (p) => ({
      lines: linesOf(days).flatMap((line) =>
        line.position === p ? [line, { ...line, ...resealed(edited(bodyOf(line)), stranger) }] : [line],
      ),
    }),
    'doubled',
  ],
  [
    'reorder',
    (p) => {
      const lines = linesOf(days)
      const [one, other] = [lines[p - 1], lines[p]]
      return { lines: one && other ? lines.with(p - 1, other).with(p, one) : [] }
    },
    'out-of-order',
  ],
  [
    'reorder, with the positions made right,',
    (p) => {
      const lines = linesOf(days)
      const [one, other] = [lines[p - 1], lines[p]]
      return {
        lines:
          one && other
            ? lines.with(p - 1, { ...other, position: p }).with(p, { ...one, position: p + 1 })
            : [],
      }
    },
    'misfiled',
  ],
  [
    're-sign with another key',
    (p) => ({ lines: withLine(p, (line) => ({ ...line, ...resealed(bodyOf(line), stranger) })) }),
    'altered',
  ],
  [
    'backdate',
    (p) => ({
      lines: withLine(p, (line) => ({
        ...line,
        text: canonicalJson({ ...bodyOf(line), at: '2026-11-20T04:00:00.000Z' }),
      })),
    }),
    'altered',
  ],
]

/** What the holder of the terminal's key does to one record alone: the next one, sealed before, names another. */
const ONE_RESEALED: readonly (readonly [
  what: string,
  change: (body: RecordBody) => RecordBody,
  code: string,
])[] = [
  ['edit', edited, 'replaced'],
  ['backdate', (body) => ({ ...body, at: '2026-11-20T04:00:00.000Z' }), 'time-backwards'],
]

/** What the holder of the terminal's key does to a record and all after it: the receipts cover something else. */
const TAIL_RESEALED: readonly (readonly [
  what: string,
  change: (body: RecordBody) => RecordBody | undefined,
])[] = [
  ['edit', edited],
  ['delete', () => undefined],
  ['backdate', (body) => ({ ...body, at: new Date(Date.parse(body.at) - 30_000).toISOString() })],
]

type Sale = InvoiceRecord | CreditNoteRecord
const sale = (change: (body: Sale) => Partial<Sale>) => (body: RecordBody) =>
  ({ ...body, ...change(body as Sale) }) as RecordBody
const close = (change: (body: DayCloseRecord) => Partial<DayCloseRecord>) => (body: RecordBody) =>
  ({ ...body, ...change(body as DayCloseRecord) }) as RecordBody
const firstLine = (change: Partial<SealedLine>) =>
  sale(({ lines: [first, ...rest] }) => ({ lines: first ? [{ ...first, ...change }, ...rest] : [] }))
const OTHER_HASH = digest('something else')

/** What a terminal with other software could seal, with its own key, and hand over: no receipt contradicts it. */
const DISHONEST: readonly (readonly [
  what: string,
  kind: Kind,
  change: (body: RecordBody) => RecordBody,
  code: string,
])[] = [
  ['a quantity', 'invoice', firstLine({ quantity: '3' }), 'arithmetic'],
  ['a price', 'invoice', firstLine({ price: { minor: 1 } }), 'arithmetic'],
  ['a discount', 'invoice', firstLine({ discount: 100 }), 'arithmetic'],
  ['a taxable amount', 'invoice', firstLine({ taxable: 1 }), 'arithmetic'],
  ['a tax rate', 'invoice', firstLine({ taxes: [{ name: 'CGST', rate: '5', minor: 1_776 }] }), 'arithmetic'],
  ['a tax group', 'invoice', sale(({ taxes }) => ({ taxes: taxes.slice(1) })), 'arithmetic'],
  [
    'a total',
    'invoice',
    sale(({ totals }) => ({ totals: { ...totals, tax: totals.tax + 1 } })),
    'arithmetic',
  ],
  [
    'the rounding',
    'invoice',
    sale(({ totals }) => ({ totals: { ...totals, payable: totals.payable + 100 } })),
    'arithmetic',
  ],
  [
    'the rounding policy',
    'invoice',
    sale(({ policy }) => ({ policy: { ...policy, payableStep: 1 } })),
    'arithmetic',
  ],
  ['tenders', 'invoice', sale(() => ({ tenders: [{ type: 'card', minor: 1 }] })), 'tenders'],
  ['the change', 'invoice', sale(() => ({ change: 1 })), 'tenders'],
  [
    'a total',
    'credit-note',
    sale(({ totals }) => ({ totals: { ...totals, tax: totals.tax - 1 } })),
    'arithmetic',
  ],
  ['a refund', 'credit-note', sale(() => ({ tenders: [{ type: 'cash', minor: -1 }] })), 'tenders'],
  ['a number that leaves others out', 'invoice', sale(() => ({ number: 'T01A/2627/000007' })), 'number-gap'],
  ['a number of another terminal', 'invoice', sale(() => ({ number: 'T02A/2627/000001' })), 'wrong-series'],
  ['a number of the wrong type', 'credit-note', sale(() => ({ number: 'T01A/2627/000003' })), 'wrong-series'],
  ['its count', 'day-close', close(({ totals }) => ({ totals: { ...totals, invoices: 99 } })), 'day-close'],
  ['its total', 'day-close', close(({ totals }) => ({ totals: { ...totals, payable: 1 } })), 'day-close'],
  ['its tenders', 'day-close', close(({ totals }) => ({ totals: { ...totals, tenders: [] } })), 'day-close'],
  [
    'its perpetual total',
    'day-close',
    close(({ perpetual }) => ({ perpetual: { ...perpetual, payable: 1 } })),
    'day-close',
  ],
  ['its first record', 'day-close', close(() => ({ firstPosition: 2 })), 'day-close'],
  ['its first hash', 'day-close', close(() => ({ firstHash: OTHER_HASH })), 'day-close'],
  ['its last hash', 'day-close', close(() => ({ lastHash: OTHER_HASH })), 'day-close'],
  ['its Z', 'day-close', close(() => ({ z: 7 })), 'day-close'],
]

test('H2: docs/AUDIT.md says of everything that can be found what it is', async () => {
  const page = await readFile(new URL('../../docs/AUDIT.md', import.meta.url), 'utf8')
  expect(Object.keys(FINDINGS).filter((code) => !page.includes(`\`${code}\``))).toEqual([])
})

describe('H2: tampering', () => {
  test('H2: what was not tampered with verifies, and the verdict says up to where receipts reach', async () => {
    const verdict = await verdictOn({})
    expect(verdict.findings).toEqual([])
    expect(verdict).toMatchObject({
      verified: true,
      records: 15,
      receipts: 2,
      chains: [{ terminal: 'T01', epoch: 'A', first: 1, last: 15, receiptedUpTo: 15, firstBad: 0 }],
      keys: [
        { of: 'relay', trust: 'given' },
        { of: 'T01A', trust: 'given' },
      ],
    })
  })

  test('H2: records taken from the beginning, of a chain that is to be whole, are missing', async () => {
    const lines = linesOf(days).filter(({ position }) => position > 3)
    const verdict = await verdictOn({ lines, books: booksOf(lines) })
    expect(verdict.findings.find(({ code }) => code === 'missing')).toMatchObject({
      where: { position: 1, upTo: 3 },
      depends: { from: 4, to: 15 },
    })
    expect(verdict.chains[0]?.firstBad).toBe(1)
  })

  test('H2: records without their day book, or with one that has no name, prove nothing', async () => {
    const names = new Map([...days.names].slice(1))
    const unnamed = await verify({ ...evidenceOf(days), names }, given(days), new Findings())
    expect(codes(unnamed)).toEqual(['misnamed-document', 'document-missing'])
    const bare = await verdictOn({ books: days.books.slice(1) })
    expect(codes(bare)).toEqual(['document-missing'])
  })

  test('H2: a chain that was left out as a whole is noted, because its key is known', async () => {
    const [key] = days.keys.terminals
    const keys = { ...days.keys, terminals: key ? [key, { ...key, code: 'T02' }] : [] }
    const verdict = await verify({ ...evidenceOf(days), keys }, given(days), new Findings())
    expect(verdict.notes.join()).toContain('T02A: a key is known and no record is here')
  })

  for (const [what, kind, change, code] of DISHONEST) {
    test(`H2: ${what} in ${kind}, wrong from the beginning and signed, is found`, async () => {
      const position = positionOf(kind)
      const { lines, books } = forged(position, change)
      const verdict = await verify(
        evidenceOf(days, { lines, books, receipts: [] }),
        given(days),
        new Findings(),
      )
      expect(found(verdict)[0]).toBe(`${code} ${position}`)
      expect(codes(verdict)).not.toContain('altered')
    })
  }

  test('H2: a day close of old software, which has no hashes, verifies', async () => {
    const { lines, books } = forged(15, (body) => {
      const { firstHash: _first, lastHash: _last, ...old } = body as DayCloseRecord
      return old
    })
    expect(lines.at(-1)?.text).not.toContain('lastHash')
    const verdict = await verify(
      evidenceOf(days, { lines, books, receipts: [] }),
      given(days),
      new Findings(),
    )
    expect(found(verdict)).toEqual([])
  })

  test('H2: a time that a receipt contradicts has to be explained', async () => {
    const [first, second] = days.books
    const [receipt] = days.receipts
    const own = days.records.filter(({ body }) => body.day === first?.name.day)
    // Of the first day the relay had six records late in the evening; the others claim to be from its morning.
    const { head } = bookOf(own.slice(0, 6))
    const late = receiptOf(days.relay, 1, '2026-11-24T16:00:00.000Z', first?.id ?? '', head)
    const whole = receiptOf(days.relay, 2, '2026-11-24T17:00:00.000Z', first?.id ?? '', bookOf(own).head)
    const receipts = [late, whole, days.receipts[1]]
    const backdated = await verify(evidenceOf(days, { receipts }), given(days), new Findings())
    expect(found(backdated)).toEqual(['backdated 7'])
    const early = receiptOf(
      days.relay,
      2,
      '2026-11-25T03:00:00.000Z',
      second?.id ?? '',
      bookOf(days.records.slice(8)).head,
    )
    const ahead = await verify(evidenceOf(days, { receipts: [receipt, early] }), given(days), new Findings())
    expect(found(ahead)).toEqual(['claimed-later 9'])
    expect(ahead.findings[0]?.severity).toBe('warning')
  })

  for (const kind of KINDS) {
    const position = positionOf(kind)
    for (const [what, tamper, code] of WITHOUT_KEYS) {
      test(`H2: ${what} of ${kind} is found, and named as the first bad record with all that depends on it`, async () => {
        const verdict = await verdictOn(tamper(position))
        expect(verdict.verified).toBe(false)
        expect(found(verdict)).toContain(`${code} ${position}`)
        expect(verdict.chains[0]?.firstBad).toBe(position)
        const [bad] = verdict.findings.filter((finding) => finding.code === code)
        expect(bad?.depends).toEqual({
          from: (bad?.where.upTo ?? position) + 1,
          to: 15,
        })
      })
    }

    for (const [what, change, code] of ONE_RESEALED) {
      test(`H2: ${what} of ${kind}, sealed anew with the terminal's own key, is found`, async () => {
        const lines = withLine(position, (line) => ({
          ...line,
          ...resealed(change(bodyOf(line)), days.signer),
        }))
        const verdict = await verdictOn({ lines, books: booksOf(lines) })
        expect(found(verdict)).toContain(`${code} ${position}`)
        expect(found(verdict)).toContain(`replaced ${position}`)
        expect(verdict.chains[0]?.firstBad).toBe(position)
      })
    }

    for (const [what, change] of TAIL_RESEALED) {
      test(`H2: ${what} of ${kind}, with all that follows sealed anew with the terminal's own key, is found by the receipts`, async () => {
        const verdict = await verdictOn(forged(position, change))
        expect(verdict.findings.filter(({ code }) => code === 'receipt-not-met')).toHaveLength(2)
      })
    }

    test(`H2: truncation of the tail from ${kind} on is found by the receipts`, async () => {
      const lines = linesOf(days).filter((line) => line.position < position)
      const verdict = await verdictOn({
        lines,
        books: booksOf(lines).filter(({ saved }) => saved.length > 0),
      })
      expect(found(verdict)).toContain(`receipt-not-met ${position}`)
      expect(codes(verdict)).toContain('document-missing')
      expect(verdict.chains[0]?.firstBad).toBe(position)
    })
  }
})
