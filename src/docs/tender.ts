import type { Minor, Tender } from './generated/types.js'
import { formatMinor, sumExactly } from './money.js'

/** Limit of the record schema. */
export const MAX_TENDERS = 32

/** Tenders that do not settle a bill. The message says what is wrong and the remedy. */
export class TenderError extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

/** A tender that can never be taken, whatever is to pay. */
export class BadTender extends TenderError {
  constructor(message: string) {
    super('BadTender', message)
  }
}

export class TenderTooSmall extends TenderError {
  /** Minor units that are still to pay. */
  readonly missing: Minor
  constructor(missing: Minor, minorDigits: number | undefined) {
    super(
      'TenderTooSmall',
      `The tenders are too small: ${amount(missing, minorDigits)} is missing. Take the rest.`,
    )
    this.missing = missing
  }
}

export class ChangeWithoutCash extends TenderError {
  /** Minor units that would have to be given back without having been taken in cash. */
  readonly excess: Minor
  constructor(excess: Minor, minorDigits: number | undefined) {
    super(
      'ChangeWithoutCash',
      `Change is given only out of cash. Take ${amount(excess, minorDigits)} less by card or other means.`,
    )
    this.excess = excess
  }
}

export class RefundMismatch extends TenderError {
  /** Minor units to give back. */
  readonly expected: Minor
  /** Minor units that were to be given back. A text when they are beyond 2^53 − 1. */
  readonly given: Minor | string
  constructor(expected: Minor, given: bigint, minorDigits: number | undefined) {
    const exact = toMinorOrText(given)
    super(
      'RefundMismatch',
      `The refund must be exactly ${amount(expected, minorDigits)}, but the tenders come to ${amount(exact, minorDigits)}. Correct their amounts.`,
    )
    this.expected = expected
    this.given = exact
  }
}

function toMinorOrText(value: bigint): Minor | string {
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
}

function amount(minor: Minor | string, minorDigits: number | undefined): string {
  return minorDigits === undefined || typeof minor === 'string'
    ? `${minor} minor units`
    : formatMinor(minor, minorDigits)
}

function checkTenders(tenders: readonly Tender[]): void {
  if (tenders.length > MAX_TENDERS) {
    throw new BadTender(
      `There are ${tenders.length} tenders; an invoice holds at most ${MAX_TENDERS}. Take fewer.`,
    )
  }
  for (const { type, name, minor } of tenders) {
    if (!Number.isSafeInteger(minor) || minor <= 0) {
      throw new BadTender(`A tender of ${minor} minor units cannot be taken. Give a whole number above 0.`)
    }
    if (type === 'other' && (name ?? '').trim() === '') {
      throw new BadTender('A tender of type "other" needs a name. Say what it is, such as UPI or voucher.')
    }
  }
}

/** Tenders as an invoice records them, and what is given back in cash; minor units. */
export interface Settlement {
  readonly tenders: Tender[]
  readonly change: Minor
}

/**
 * Settles an invoice: the tenders cover what is to pay, and what they are above it is change, given only out of cash.
 * A bill of 0 is settled by no tender at all.
 * @param payable minor units, 0 or more
 * @param tenders with amounts above 0
 * @param minorDigits digits of the currency after the point; without it, errors speak of minor units
 * @throws BadTender, TenderTooSmall, ChangeWithoutCash
 */
export function settle(payable: Minor, tenders: readonly Tender[], minorDigits?: number): Settlement {
  if (payable < 0) throw new RangeError('What is negative is refunded, see settleRefund')
  checkTenders(tenders)
  if (payable === 0 && tenders.length > 0) {
    throw new BadTender('There is nothing to pay. Take the tenders off.')
  }
  const sumOf = (some: readonly Tender[]): bigint => sumExactly(some.map(({ minor }) => minor))
  const change = sumOf(tenders) - BigInt(payable)
  if (change < 0n) throw new TenderTooSmall(Number(-change), minorDigits)
  const excess = change - sumOf(tenders.filter(({ type }) => type === 'cash'))
  if (excess > 0n) throw new ChangeWithoutCash(safe(excess), minorDigits)
  return { tenders: tenders.map((tender) => ({ ...tender })), change: safe(change) }
}

function safe(value: bigint): Minor {
  const minor = Number(value)
  if (!Number.isSafeInteger(minor)) {
    throw new BadTender('The tenders are larger than can be counted exactly. Correct their amounts.')
  }
  return minor
}

/**
 * Settles a credit note: what is given back is exactly what it comes to.
 * @param payable minor units, 0 or less
 * @param tenders with the amounts given back, above 0
 * @param minorDigits digits of the currency after the point; without it, errors speak of minor units
 * @returns the tenders with negative amounts, as a credit note records them
 * @throws BadTender, RefundMismatch
 */
export function settleRefund(payable: Minor, tenders: readonly Tender[], minorDigits?: number): Tender[] {
  if (payable > 0) throw new RangeError('What is positive is paid, see settle')
  checkTenders(tenders)
  const given = sumExactly(tenders.map(({ minor }) => minor))
  if (given !== -BigInt(payable)) throw new RefundMismatch(0 - payable, given, minorDigits)
  return tenders.map((tender) => ({ ...tender, minor: -tender.minor }))
}
