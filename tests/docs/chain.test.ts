import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advance, ChainBroken, newChain, type ChainState } from '../../src/docs/chain-state.js'
import {
  composeCreditNote,
  composeDayClose,
  composeEvent,
  composeInvoice,
  NothingToClose,
  type SaleDraft,
} from '../../src/docs/compose.js'
import {
  CHAIN_START,
  isSale,
  MalformedRecord,
  readRecord,
  sealRecord,
  verifyRecord,
  type RecordBody,
  type SealedRecord,
} from '../../src/docs/record.js'
import { parseNumber } from '../../src/docs/series.js'
import { newSigner } from '../support/keys.js'
import { line, SHOP } from '../support/shop.js'

const signer = newSigner()
const NOON = Date.parse('2026-11-24T06:30:00Z')

type Step = { readonly do: 'sell' | 'credit' | 'close' | 'event' | 'train' | 'end'; readonly after: number }

/** Seals steps one after the other; a close of a day that cannot be closed is left out, as a cashier would. */
function run(
  steps: readonly Step[],
  start = newChain('T01', 'A'),
): { state: ChainState; records: SealedRecord[] } {
  let state = start
  let at = NOON
  const records: SealedRecord[] = []
  for (const [index, step] of steps.entries()) {
    at += step.after
    const body = compose(state, step, new Date(at), index)
    if (!body) continue
    const { record } = sealRecord(body, signer)
    state = advance(state, record)
    records.push(record)
  }
  return { state, records }
}

function draft(index: number): SaleDraft {
  return {
    bill: `bill_${String(index).padStart(20, '0')}`,
    by: 'Asha',
    lines: [line('1', '2')],
    tenders: [{ type: 'cash', minor: 23_600 }],
  }
}

function compose(state: ChainState, step: Step, at: Date, index: number): RecordBody | undefined {
  const moment = { shop: SHOP, at }
  switch (step.do) {
    case 'sell':
      return composeInvoice(state, moment, draft(index))
    case 'credit':
      return composeCreditNote(state, moment, { ...draft(index), corrects: { outside: 'before' } })
    case 'event':
      return composeEvent(state, moment, 'Asha', 'mode-change', { mode: 'online' })
    case 'train':
      return composeEvent(state, moment, 'Mira', 'training-start')
    case 'end':
      return composeEvent(state, moment, 'Mira', 'training-end')
    case 'close':
      try {
        return composeDayClose(state, moment, 'Asha', false)
      } catch (error) {
        if (error instanceof NothingToClose) return undefined
        throw error
      }
  }
}

const steps = fc.array(
  fc.record({
    do: fc.constantFrom<Step['do'][]>('sell', 'sell', 'sell', 'credit', 'close', 'event', 'train', 'end'),
    // Sometimes seconds pass, sometimes days, sometimes the clock is set back.
    after: fc.oneof(
      fc.integer({ min: 0, max: 60_000 }),
      fc.integer({ min: -86_400_000 * 3, max: 86_400_000 * 200 }),
    ),
  }),
  { maxLength: 60 },
)

describe('the chain', () => {
  test('N1 numbers of each series are 1, 2, 3 …, whatever the clock does', () => {
    fc.assert(
      fc.property(steps, (some) => {
        const used = new Map<string, number>()
        for (const { body } of run(some).records) {
          if (!isSale(body)) continue
          const number = parseNumber(body.number)
          const key = `${number?.type} ${number?.year}`
          expect(number?.sequence).toBe((used.get(key) ?? 0) + 1)
          used.set(key, number?.sequence ?? 0)
        }
      }),
    )
  })

  test('training is on since the event that began it, until one ends it, whatever is sealed meanwhile', () => {
    fc.assert(
      fc.property(steps, (some) => {
        const { state, records } = run(some)
        let on: { at: string; by: string } | undefined
        for (const { body } of records) {
          if (body.type !== 'event') continue
          if (body.event === 'training-start') on = { at: body.at, by: body.by }
          if (body.event === 'training-end') on = undefined
        }
        expect(state.training).toEqual(on)
      }),
    )
  })

  test('H2 each record names the hash of the one before, and time never runs backwards', () => {
    fc.assert(
      fc.property(steps, (some) => {
        let prev = CHAIN_START
        let at = ''
        for (const [index, { body, hash }] of run(some).records.entries()) {
          expect(body.chain).toMatchObject({ position: index + 1, prev })
          expect(body.at >= at).toBe(true)
          prev = hash
          at = body.at
        }
      }),
    )
  })

  test('a day close states what was sealed since the one before, and a closed day gets no further record', () => {
    fc.assert(
      fc.property(steps, (some) => {
        let payable = 0
        let perpetual = 0
        let count = 0
        let closed = ''
        let z = 0
        const { records } = run(some)
        for (const { body } of records) {
          expect(body.day > closed).toBe(true)
          if (isSale(body)) {
            payable += body.totals.payable
            perpetual += body.totals.payable
            count += 1
          }
          if (body.type === 'day-close') {
            expect(body.totals.payable).toBe(payable)
            expect(body.totals.invoices + body.totals.creditNotes).toBe(count)
            expect(body.totals.tenders.reduce((sum, { minor }) => sum + minor, 0)).toBe(payable)
            expect(body.perpetual.payable).toBe(perpetual)
            expect(body.firstHash).toBe(records[body.firstPosition - 1]?.hash)
            expect(body.lastHash).toBe(body.chain.prev)
            expect(body.z).toBe(z + 1)
            z = body.z
            payable = 0
            count = 0
            closed = body.day
          }
        }
      }),
    )
  })

  test('the state is the same whether it is kept or folded anew from the records', () => {
    fc.assert(
      fc.property(steps, (some) => {
        const { state, records } = run(some)
        expect(records.reduce(advance, newChain('T01', 'A'))).toEqual(state)
        expect(JSON.parse(JSON.stringify(state))).toEqual(state)
      }),
    )
  })

  test('H2 an edit, removal, insertion or exchange of any record is noticed', () => {
    const { records } = run(Array.from({ length: 12 }, () => ({ do: 'sell', after: 1_000 }) as const))
    const fold = (list: readonly SealedRecord[]): ChainState => list.reduce(advance, newChain('T01', 'A'))
    for (let index = 0; index < records.length - 1; index += 1) {
      const here = records[index]
      const next = records[index + 1]
      if (!here || !next) throw new Error('there are twelve')
      expect(() => fold(records.toSpliced(index, 1))).toThrow(ChainBroken)
      expect(() => fold(records.toSpliced(index, 0, here))).toThrow(ChainBroken)
      expect(() => fold(records.with(index, next).with(index + 1, here))).toThrow(ChainBroken)
      const body = { ...here.body, by: 'Mallory' } as RecordBody
      const edited = sealRecord(body, signer).record
      expect(() => fold(records.with(index, edited))).toThrow(ChainBroken)
    }
    expect(() => fold(records)).not.toThrow()
  })

  test('a sealed record reads back as it was, and any flipped bit is noticed', () => {
    const { records } = run([{ do: 'sell', after: 0 }])
    const body = records[0]?.body
    if (!body) throw new Error('there is one')
    const { stored, record } = sealRecord(body, signer)
    expect(readRecord(stored)).toEqual(record)
    expect(verifyRecord(readRecord(stored), signer.publicKey)).toBe(true)
    expect(verifyRecord(readRecord(stored), newSigner().publicKey)).toBe(false)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: stored.length * 8 - 1 }), (bit) => {
        const flipped = stored.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        let accepted: boolean
        try {
          accepted = verifyRecord(readRecord(flipped), signer.publicKey)
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedRecord)
          accepted = false
        }
        expect(accepted).toBe(false)
      }),
      { numRuns: 400 },
    )
  })

  test.each([
    ['no bytes', 'text'],
    ['empty', new Uint8Array()],
    ['no signature', new TextEncoder().encode('{}')],
    ['another order of members', new TextEncoder().encode(`{"v":1,"type":"event"}\n${'A'.repeat(86)}`)],
    ['not UTF-8', Uint8Array.from([0xff, 0xfe, ...new TextEncoder().encode(`\n${'A'.repeat(86)}`)])],
  ])('R1 what is no record is refused: %s', (_name, stored) => {
    expect(() => readRecord(stored)).toThrow(MalformedRecord)
  })

  test('a bill with no lines, a tender too small and a close with nothing open seal nothing', () => {
    const state = newChain('T01', 'A')
    const moment = { shop: SHOP, at: new Date(NOON) }
    expect(() => composeInvoice(state, moment, { ...draft(1), lines: [] })).toThrow('no lines')
    expect(() =>
      composeInvoice(state, moment, { ...draft(1), tenders: [{ type: 'cash', minor: 1 }] }),
    ).toThrow('235.99')
    expect(() => composeDayClose(state, moment, 'Asha', false)).toThrow(NothingToClose)
  })

  test('a day that lies ahead of the calendar cannot be closed', () => {
    const { state } = run([
      { do: 'sell', after: 0 },
      { do: 'close', after: 0 },
      { do: 'sell', after: 0 },
    ])
    expect(state.day).toBe('2026-11-25')
    expect(() => composeDayClose(state, { shop: SHOP, at: new Date(NOON) }, 'Asha', false)).toThrow(
      'has not begun',
    )
  })
})
