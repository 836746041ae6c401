import type { DayTotals, Perpetual } from '../generated/types.js'
import { canonicalJson } from '../canonical.js'
import { addToPerpetual, addToTotals, NO_PERPETUAL, noTotals } from '../day-totals.js'
import { CHAIN_START, isSale, type DayCloseRecord, type SaleRecord, type SealedRecord } from '../record.js'

/**
 * What a chain comes to up to one of its records, as far as it is known: an export may begin in the middle of a chain, and
 * what follows a record that is missing or altered cannot be added up.
 */
export interface Fold {
  readonly hash: string
  readonly at: string
  /** The last number of each series, by its prefix; a series that is not here has not begun, or is not known. */
  readonly sequences: Readonly<Record<string, number>>
  /** Whether the series that are not here have not begun. */
  readonly fromStart: boolean
  readonly z: number | undefined
  readonly firstPosition: number | undefined
  readonly firstHash: string | undefined
  /** Since the day close before; undefined where that is not known. */
  readonly totals: DayTotals | undefined
  readonly perpetual: Perpetual | undefined
}

/** Before position 1. */
export const AT_START: Fold = {
  hash: CHAIN_START,
  at: '',
  sequences: {},
  fromStart: true,
  z: 0,
  firstPosition: 1,
  firstHash: undefined,
  totals: noTotals('XXX'),
  perpetual: NO_PERPETUAL,
}

/** Before a record that the export begins with: nothing is known but that it follows something. */
export function inTheMiddle(hash: string): Fold {
  return { ...unknown(AT_START), hash, sequences: {}, fromStart: false }
}

/** Sums are not known any more; numbers and times are. */
export function unknown(fold: Fold): Fold {
  return {
    ...fold,
    z: undefined,
    firstPosition: undefined,
    firstHash: undefined,
    totals: undefined,
    perpetual: undefined,
  }
}

/** After one more record. Its number is looked at elsewhere. */
export function after(fold: Fold, { body, hash }: SealedRecord): Fold {
  const at = body.at > fold.at ? body.at : fold.at
  const firstHash = body.chain.position === fold.firstPosition ? hash : fold.firstHash
  const next = { ...fold, hash, at, firstHash }
  if (body.type === 'day-close') {
    return {
      ...next,
      z: body.z,
      firstPosition: body.chain.position + 1,
      firstHash: undefined,
      totals: noTotals('XXX'),
      perpetual: body.perpetual,
    }
  }
  return isSale(body) ? { ...next, ...withSale(fold, body) } : next
}

function withSale({ totals, perpetual }: Fold, body: SaleRecord): Pick<Fold, 'totals' | 'perpetual'> {
  return {
    totals: totals && addToTotals(isNothing(totals) ? noTotals(body.policy.currency) : totals, body),
    perpetual: perpetual && addToPerpetual(perpetual, body),
  }
}

function isNothing({ invoices, creditNotes }: DayTotals): boolean {
  return invoices + creditNotes === 0
}

/** What a day close states otherwise than the records before it; undefined where all of it, as far as known, is right. */
export function faultOfClose(fold: Fold, body: DayCloseRecord): string | undefined {
  const { z, firstPosition, firstHash, totals, perpetual } = fold
  if (z !== undefined && body.z !== z + 1) return `it is Z ${body.z}, and Z ${z + 1} is next`
  if (firstPosition !== undefined && body.firstPosition !== firstPosition)
    return `it begins with record ${body.firstPosition}, and the day began with record ${firstPosition}`
  if (body.firstHash !== undefined && firstHash !== undefined && body.firstHash !== firstHash)
    return 'its first hash is not that of the first record it covers'
  if (body.lastHash !== undefined && body.lastHash !== body.chain.prev)
    return 'its last hash is not that of the record before it'
  return faultOfSums(totals, body.totals) ?? faultOfPerpetual(perpetual, body.perpetual)
}

function faultOfSums(right: DayTotals | undefined, stated: DayTotals): string | undefined {
  if (!right) return undefined
  for (const name of [
    'currency',
    'invoices',
    'creditNotes',
    'taxable',
    'tax',
    'roundOff',
    'payable',
  ] as const)
    if (stated[name] !== right[name])
      return `its total ${name} is ${stated[name]}, and its records come to ${right[name]}`
  for (const name of ['taxes', 'tenders', 'series'] as const)
    if (canonicalJson(stated[name]) !== canonicalJson(right[name]))
      return `its ${name} are not those of its records`
  return undefined
}

function faultOfPerpetual(right: Perpetual | undefined, stated: Perpetual): string | undefined {
  if (!right) return undefined
  for (const name of ['invoices', 'creditNotes', 'payable'] as const)
    if (stated[name] !== right[name])
      return `its perpetual ${name} is ${stated[name]}, and the records come to ${right[name]}`
  return undefined
}
