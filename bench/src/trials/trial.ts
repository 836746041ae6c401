import type { Contestant, Task } from '../contestant.js'
import type { Sample } from '../results.js'
import type { MeasureId } from '../rows.js'
import type { Watch } from '../watch/watch.js'

/** What a trial is given. */
export interface Place {
  /** An empty folder of its own, on the disk that all share; removed afterwards. */
  readonly dir: string
  readonly seed: number
  /** Watches what the processes do, where that is asked for. */
  readonly watch?: Watch | undefined
  /** Ends what runs: it takes too long, or somebody stopped the bench. */
  readonly signal: AbortSignal
}

/** One thing a contestant does to be measured; begun anew, in an empty folder, for each run. */
export interface Trial {
  readonly title: string
  readonly measures: readonly MeasureId[]
  readonly task: Task
  /** Compared with the most that a contestant takes of the task. */
  readonly size: number
  /** Only these take part; without it whoever takes the task. */
  readonly among?: readonly string[]
  /** Runs of each contestant, where there is time. */
  readonly runs: number
  /** Seconds after which a run is ended: it is stuck, or would hold up the table for nothing. */
  readonly limit: number
  /** @returns what was measured. It throws where what was stored is not what was made, and then nothing counts. */
  run(contestant: Contestant, place: Place): Promise<readonly Sample[]>
}

/** Invoices of one business day of a busy till. */
export const PER_DAY = 300
