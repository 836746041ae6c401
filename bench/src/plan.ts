import { FLOOR, PRODUCT } from './results.js'
import type { MeasureId } from './rows.js'
import { catalogueTrial } from './trials/catalogue.js'
import { forceTrial } from './trials/force.js'
import { historyTrial } from './trials/history.js'
import { sealTrial } from './trials/seal.js'
import { stormTrial } from './trials/storm.js'
import { syncTrial } from './trials/sync.js'
import type { Trial } from './trials/trial.js'
import { wireTrial } from './trials/wire.js'

export interface PlanOptions {
  readonly only: readonly MeasureId[] | undefined
  /** In place of the sizes that the measures have. */
  readonly n: number | undefined
  readonly runs: number
  readonly quick: boolean
}

/** What the product is watched at, once each: the measures that were asked for. */
export function watchedPlanOf({ only, n }: Pick<PlanOptions, 'only' | 'n'>): Trial[] {
  const sizes = n === undefined ? WATCHED : sizesFor(n, WATCHED)
  return trialsOf(sizes, { runs: 1, quick: false }).filter(
    ({ title, measures }) =>
      !title.startsWith('M3') &&
      !title.endsWith('bytes') &&
      measures.some((id) => only?.includes(id) ?? true),
  )
}

/** Sizes of what is measured. */
interface Sizes {
  readonly books: readonly number[]
  /** Seals timed at each size of the day book. */
  readonly seals: number
  readonly sync: readonly number[]
  readonly realSales: boolean
  readonly storms: readonly number[]
  /** Invoices of each terminal of a storm. */
  readonly each: number
  readonly catalogues: readonly number[]
  readonly histories: readonly number[]
  readonly round: number
}

const WHOLE: Sizes = {
  books: [0, 300, 3_000],
  seals: 300,
  sync: [1_000, 10_000],
  realSales: true,
  storms: [50, 200, 1_000],
  each: 50,
  catalogues: [5_000, 20_000],
  histories: [2_500, 10_000, 30_000],
  round: 500,
}

/** To see where the time goes: large enough to fill some hundred samples. */
const WATCHED: Sizes = {
  ...WHOLE,
  books: [300],
  sync: [4_000],
  realSales: false,
  storms: [50],
  catalogues: [5_000],
  histories: [2_500],
  round: 100,
}

/** Large enough to go through everything once, and for nothing else. */
const QUICK: Sizes = {
  books: [0],
  seals: 20,
  sync: [60],
  realSales: false,
  storms: [4],
  each: 5,
  catalogues: [200],
  histories: [40],
  round: 20,
}

/** The trials that were asked for, in the order of the table. */
export function planOf({ only, n, runs, quick }: PlanOptions): Trial[] {
  const base = quick ? QUICK : WHOLE
  const sizes = n === undefined ? base : sizesFor(n, base)
  const most = Math.max(...sizes.sync)
  const all = trialsOf(sizes, { runs, quick })
  // The short form is to show that all of them run; the floor and the product go through everything.
  const trials = quick ? all.map(quickly) : all
  const wanted = (ids: readonly MeasureId[]): boolean => ids.some((id) => only?.includes(id) ?? true)
  const chosen = trials.filter(({ measures }) => wanted(measures))
  // Force-complete is compared with the floor's sync of as many.
  const lacksFloor = wanted(['M9']) && !wanted(['M2'])
  const floor = syncTrial({ n: most, whole: false, runs })
  return lacksFloor ? [{ ...floor, among: [FLOOR] }, ...chosen] : chosen
}

function trialsOf(sizes: Sizes, { runs, quick }: Pick<PlanOptions, 'runs' | 'quick'>): Trial[] {
  const most = Math.max(...sizes.sync)
  const { histories } = sizes
  return [
    sealTrial(sizes.books, sizes.seals, runs),
    ...sizes.sync.map((size) => syncTrial({ n: size, whole: size === most, runs })),
    ...(sizes.realSales ? [syncTrial({ n: 'real', whole: false, runs })] : []),
    wireTrial(most, 1),
    ...sizes.storms.map((terminals) => stormTrial(terminals, sizes.each, runs)),
    ...histories.map((history): Trial => {
      const cold = history === Math.max(...histories)
      const first = Math.min(...histories)
      const trial = historyTrial({ history, first, cold, rounds: runs, round: sizes.round })
      // Growth is a matter of each for itself; of the others it is seen how they start.
      return cold ? trial : { ...trial, among: [FLOOR, PRODUCT] }
    }),
    ...sizes.catalogues.flatMap((items) => [
      catalogueTrial(items, false, runs),
      ...(quick ? [] : [countedCatalogue(items, items === Math.min(...sizes.catalogues))]),
    ]),
    forceTrial(most, runs),
  ]
}

/** Of the larger catalogue the bytes are as many times more for each: others than floor and product are not asked. */
function countedCatalogue(items: number, all: boolean): Trial {
  const trial = catalogueTrial(items, true, 1)
  return all ? trial : { ...trial, among: [FLOOR, PRODUCT] }
}

function sizesFor(n: number, base: Sizes): Sizes {
  return { ...base, books: [n], sync: [n], realSales: false, storms: [n], catalogues: [n], histories: [n] }
}

function quickly(trial: Trial): Trial {
  return trial.measures.includes('M2') ? trial : { ...trial, among: [FLOOR, PRODUCT] }
}
