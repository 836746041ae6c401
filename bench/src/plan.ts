import type { MeasureId } from './rows.js'
import { sealTrial } from './trials/seal.js'
import { syncTrial } from './trials/sync.js'
import type { Trial } from './trials/trial.js'
import { wireTrial } from './trials/wire.js'

export interface PlanOptions {
  readonly only: readonly MeasureId[] | undefined
  /** In place of the sizes that the measures have. */
  readonly n: number | undefined
  /** Runs of the short trials. */
  readonly runs: number
}

/** The trials of the whole table. The seconds of all allowances are what keeps it under half an hour. */
export function planOf({ only, n, runs }: PlanOptions): Trial[] {
  const sizes = n === undefined ? [1_000, 10_000] : [n]
  const largest = Math.max(...sizes)
  const trials = [
    sealTrial([0, 300, 3_000], 300, runs, 30),
    ...sizes.map((size) => syncTrial({ n: size, whole: size === largest, runs, allowance: 60 })),
    ...(n === undefined ? [syncTrial({ n: 'real', whole: false, runs, allowance: 20 })] : []),
    wireTrial(largest, 1, 60),
  ]
  return trials.filter(({ measures }) => measures.some((id) => only?.includes(id) ?? true))
}
