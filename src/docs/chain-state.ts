import { addToPerpetual, addToTotals, NO_PERPETUAL, noTotals } from './day-totals.js'
import type { ChainState, Day } from './generated/types.js'
import { CHAIN_START, isSale, type EventRecord, type SealedRecord } from './record.js'
import { parseNumber } from './series.js'

export type { ChainState } from './generated/types.js'

/**
 * Everything the next record of one terminal and epoch depends on: position and hash of the last record, the last
 * number of each series, the open business day and the running totals. It is a fold over the records, so it can be
 * computed again from the day books, or kept as a checkpoint when they are purged.
 */
export function newChain(code: string, epoch: string): ChainState {
  return {
    code,
    epoch,
    position: 0,
    lastHash: CHAIN_START,
    sequences: {},
    z: 0,
    dayFirstPosition: 1,
    totals: noTotals(NO_CURRENCY),
    perpetual: NO_PERPETUAL,
  }
}

/** ISO 4217 for "no currency": nothing was sold yet. */
const NO_CURRENCY = 'XXX'

/** A record that does not continue its chain. */
export class ChainBroken extends Error {
  readonly position: number
  constructor(position: number, problem: string) {
    super(`Record ${position}: ${problem}`)
    this.name = 'ChainBroken'
    this.position = position
  }
}

export function sequenceKey(type: 'invoice' | 'credit-note', year: string): string {
  return `${type} ${year}`
}

/**
 * The state after one more record.
 * @throws ChainBroken when the record is not the next of this chain: wrong terminal, position, previous hash or number
 */
export function advance(state: ChainState, record: SealedRecord): ChainState {
  const { body, hash } = record
  const { chain } = body
  const broken = (problem: string): never => {
    throw new ChainBroken(chain.position, problem)
  }
  if (chain.terminal !== state.code || chain.epoch !== state.epoch) {
    broken(`it belongs to ${chain.terminal}${chain.epoch}, not to ${state.code}${state.epoch}`)
  }
  if (chain.position !== state.position + 1) broken(`position ${state.position + 1} is missing`)
  if (chain.prev !== state.lastHash) broken('its previous hash is not the hash of the record before it')

  const next: ChainState = {
    ...state,
    position: chain.position,
    lastHash: hash,
    lastAt: state.lastAt !== undefined && state.lastAt > body.at ? state.lastAt : body.at,
    day: body.day,
    ...(chain.position === state.dayFirstPosition ? { dayFirstHash: hash } : {}),
  }
  if (isSale(body)) {
    const number = parseNumber(body.number) ?? broken(`${body.number} is no number of this store`)
    const key = sequenceKey(body.type, number.year)
    const expected = (state.sequences[key] ?? 0) + 1
    if (number.code !== state.code || number.epoch !== state.epoch || number.type !== body.type) {
      broken(`number ${body.number} belongs to another series`)
    }
    if (number.sequence !== expected)
      broken(`number ${body.number} is not the next (${expected}) of its series`)
    return {
      ...next,
      sequences: { ...state.sequences, [key]: number.sequence },
      totals: addToTotals(countsNothing(state) ? noTotals(body.policy.currency) : state.totals, body),
      perpetual: addToPerpetual(state.perpetual, body),
    }
  }
  if (body.type === 'day-close') {
    return {
      ...closedDay(next, body.day),
      z: body.z,
      dayFirstPosition: chain.position + 1,
      totals: noTotals(NO_CURRENCY),
    }
  }
  return body.type === 'event' ? withTraining(next, body) : next
}

function withTraining(state: ChainState, { event, at, by }: EventRecord): ChainState {
  if (event === 'training-start') return { ...state, training: { at, by } }
  if (event !== 'training-end') return state
  const { training: _ended, ...rest } = state
  return rest
}

function countsNothing({ totals }: ChainState): boolean {
  return totals.invoices + totals.creditNotes === 0
}

function closedDay(state: ChainState, day: Day): ChainState {
  const { day: _open, dayFirstHash: _first, ...rest } = state
  return { ...rest, lastClosedDay: day }
}
