import type { SaleRecord } from '../record.js'
import { formatNumber, parseNumber, seriesPrefix } from '../series.js'
import type { Fold } from './fold.js'

/** What is wrong with a number, and the series after it. */
export interface NumberCheck {
  readonly fault?: {
    readonly code: 'number-gap' | 'number-doubled' | 'wrong-series'
    readonly sentence: string
  }
  readonly sequences: Fold['sequences']
}

/**
 * Whether a sale has the next number of its series (N1).
 * @param isSound whether the record is what was sealed; what an altered one claims is not taken for its number
 */
export function checkNumber(fold: Fold, body: SaleRecord, isSound: boolean): NumberCheck {
  const series = parseNumber(body.number)
  const { sequences } = fold
  const { terminal, epoch } = body.chain
  if (!series || series.code !== terminal || series.epoch !== epoch || series.type !== body.type) {
    const sentence = `Number ${body.number} belongs to no series of ${body.type}s of terminal ${terminal} in epoch ${epoch}.`
    return isSound ? { fault: { code: 'wrong-series', sentence }, sequences } : { sequences }
  }
  const prefix = seriesPrefix(series)
  const last = sequences[prefix] ?? (fold.fromStart ? 0 : undefined)
  const expected = last === undefined ? series.sequence : last + 1
  const next = (sequence: number): Fold['sequences'] => ({ ...sequences, [prefix]: sequence })
  if (!isSound) return { sequences: next(expected) }
  if (series.sequence === expected) return { sequences: next(expected) }
  if (series.sequence < expected) {
    const sentence = `Number ${body.number} was used before: ${formatNumber(series, expected)} was next in its series.`
    return { fault: { code: 'number-doubled', sentence }, sequences: next(expected - 1) }
  }
  const first = formatNumber(series, expected)
  const gap = formatNumber(series, series.sequence - 1)
  const numbers = first === gap ? `Number ${first} is` : `Numbers ${first} to ${gap} are`
  return {
    fault: {
      code: 'number-gap',
      sentence: `${numbers} missing: ${body.number} follows ${last === 0 ? 'the beginning of the series' : formatNumber(series, expected - 1)}.`,
    },
    sequences: next(series.sequence),
  }
}

/** The numbers of a chain, whichever of its lines they stand in: two copies of a terminal use them twice. */
export class NumbersUsed {
  readonly #highest = new Map<string, number>()

  /** @returns whether it was used before */
  take({ number }: SaleRecord): boolean {
    const series = parseNumber(number)
    if (!series) return false
    const prefix = seriesPrefix(series)
    const highest = this.#highest.get(prefix) ?? 0
    this.#highest.set(prefix, Math.max(highest, series.sequence))
    return series.sequence <= highest
  }
}
