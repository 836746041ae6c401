import { resultsOf, type BenchDocument } from './document.js'
import { figure, ratioText } from './format.js'
import { PRODUCT, type Results } from './results.js'
import type { Row } from './rows.js'
import type { Summary } from './statistics.js'

/**
 * How much worse a median may be, as a factor. Bytes hardly depend on the machine's moods: what is left is how chunks
 * happened to be cut. Memory follows the garbage collector. Times of the same build differed by up to a fifth between
 * runs of the whole table on a quiet machine, and the slowest percent of the seals, which waits for the disk, by half.
 */
const TOLERANCE = { bytes: 1.05, memory: 1.2, time: 1.3, tail: 1.75 } as const

export interface Worse {
  readonly row: Row
  readonly message: string
}

export interface Comparison {
  /** Rows that both tables have. */
  readonly compared: number
  readonly worse: readonly Worse[]
}

/**
 * Compares the product's figures with those of a saved table. A figure is worse where all of these hold:
 * - its median is above the saved one by more than the tolerance;
 * - so is its ratio to the floor of the same run, where there is one: then it is not the machine that is slower;
 * - the middle halves of the runs do not overlap: then it is not a matter of chance.
 * @throws where the tables are of different machines, or have no row in common
 */
export function compare(saved: BenchDocument, now: BenchDocument): Comparison {
  sameMachine(saved, now)
  const before = resultsOf(saved)
  const after = resultsOf(now)
  const worse: Worse[] = []
  let compared = 0
  for (const row of after.rows()) {
    if (row.info === true) continue
    const old = before.summary(row.id, PRODUCT)
    const fresh = after.summary(row.id, PRODUCT)
    if (!old || !fresh) continue
    compared += 1
    const message = verdict(row, { old, fresh, before, after })
    if (message !== undefined) worse.push({ row, message })
  }
  if (compared === 0)
    throw new Error('The saved table and this one have no figure of Counterfoil in common. Measure the same.')
  return { compared, worse }
}

function verdict(
  row: Row,
  { old, fresh, before, after }: { old: Summary; fresh: Summary; before: Results; after: Results },
): string | undefined {
  const tolerance = toleranceOf(row)
  const factor = fresh.median / old.median
  const [oldRatio, newRatio] = [before.ratio(row, PRODUCT), after.ratio(row, PRODUCT)]
  const byRatio = oldRatio === undefined || newRatio === undefined ? factor : newRatio / oldRatio
  const apart = fresh.quartiles[0] > old.quartiles[1]
  if (!(factor > tolerance && byRatio > tolerance && apart)) return undefined
  const ratios =
    oldRatio === undefined || newRatio === undefined
      ? ''
      : `, ${ratioText(newRatio)} the ${row.self === undefined ? 'floor' : 'least history'} in place of ${ratioText(oldRatio)}`
  return `${row.measure} ${row.title}: ${figure(fresh.median, row.unit)} in place of ${figure(old.median, row.unit)}, ${factor.toFixed(2)} times as much (up to ${tolerance} is taken for noise)${ratios}`
}

function toleranceOf({ id, unit }: Row): number {
  if (id.endsWith('.memory')) return TOLERANCE.memory
  if (id.endsWith('.p99')) return TOLERANCE.tail
  return unit === 'bytes' ? TOLERANCE.bytes : TOLERANCE.time
}

function sameMachine({ machine: saved }: BenchDocument, { machine: now }: BenchDocument): void {
  for (const what of ['processor', 'cores', 'fileSystem'] as const) {
    if (saved[what] !== now[what])
      throw new Error(
        `The saved table is of another machine (${what}: ${saved[what]}, here ${now[what]}). Save one here first.`,
      )
  }
}

export function comparisonText({ compared, worse }: Comparison): string {
  if (worse.length === 0) return `None of ${compared} figures is worse than in the saved table.\n`
  const lines = worse.map(({ message }) => `  ${message}\n`)
  return `${worse.length} of ${compared} figures are worse than in the saved table:\n${lines.join('')}`
}
