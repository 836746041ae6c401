import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contestant } from './contestant.js'
import { FLOOR, PRODUCT, type Results } from './results.js'
import type { Trial } from './trials/trial.js'
import { Watch, type Profile } from './watch/watch.js'

export interface RunnerOptions {
  /** Holds the runs' folders. */
  readonly scratch: string
  readonly seed: number
  readonly results: Results
  /** Ends it before the next run. */
  readonly signal: AbortSignal
  readonly say: (text: string) => void
  /** Until the table should be there; from then on no run is repeated. */
  readonly secondsLeft: () => number
  /** Done when everything was run once. */
  readonly afterFirst?: () => Promise<void>
}

/** The figures that goals are about want all their runs first; of the peers, it is enough to see where they stand. */
const COMPARED: readonly string[] = [FLOOR, PRODUCT]

/** What one contestant does in one trial, again and again. */
interface Turn {
  readonly trial: Trial
  readonly contestant: Contestant
  /** Seconds that its last run took. */
  took: number
  runs: number
  hasFailed: boolean
}

/**
 * Runs each trial once for each contestant that takes part, and then all of them again and again until they have their
 * runs, or the next would not be over in time: what takes minutes gets fewer. The rounds go through the whole table, so
 * that the noise of the machine, which comes and goes, meets all alike. Floor and product have their rounds first.
 */
export async function runTrials(
  trials: readonly Trial[],
  contestants: readonly Contestant[],
  options: RunnerOptions,
): Promise<void> {
  const turns = trials.flatMap((trial) =>
    contestants
      .filter((contestant) => takesPart(trial, contestant))
      .map((contestant): Turn => ({ trial, contestant, took: 0, runs: 0, hasFailed: false })),
  )
  const isCompared = ({ contestant }: Turn): boolean => COMPARED.includes(contestant.name)
  for (const turn of turns) await take(turn, options)
  await options.afterFirst?.()
  await again(turns.filter(isCompared), options)
  await again(
    turns.filter((turn) => !isCompared(turn)),
    options,
  )
}

async function again(turns: readonly Turn[], options: RunnerOptions): Promise<void> {
  const most = Math.max(0, ...turns.map(({ trial }) => trial.runs))
  for (let run = 1; run < most; run += 1) {
    for (const turn of turns) {
      // Who has been left out of a round is left out of those that follow: the last runs are not for the quick ones alone.
      if (turn.runs === run && turn.trial.runs > run && turn.took < options.secondsLeft())
        await take(turn, options)
    }
  }
}

async function take(turn: Turn, options: RunnerOptions): Promise<void> {
  const { trial, contestant } = turn
  const { results, signal, say } = options
  if (signal.aborted || turn.hasFailed || results.failedAtLess(contestant.name, trial)) return
  const begun = performance.now()
  say(`${trial.title}: ${contestant.title}, run ${turn.runs + 1} of ${trial.runs}`)
  try {
    results.add(contestant.name, await runOnce(trial, contestant, options))
    turn.runs += 1
    turn.took = (performance.now() - begun) / 1000
    say(`  ${turn.took.toFixed(1)} s`)
  } catch (error) {
    if (signal.aborted) return
    const message = error instanceof Error ? error.message : String(error)
    turn.hasFailed = true
    results.fail(contestant.name, trial, message)
    say(`${trial.title}: ${contestant.title} failed: ${message}`)
  }
}

function takesPart({ task, size, among }: Trial, { name, takes }: Contestant): boolean {
  const most = takes[task]
  return (
    (among?.includes(name) ?? true) && most !== undefined && size <= (most.size ?? Number.POSITIVE_INFINITY)
  )
}

let folders = 0

/** Runs trials of one contestant once more, to see where the time goes; what is timed meanwhile does not count. */
export async function watchTrials(
  trials: readonly Trial[],
  contestant: Contestant,
  options: RunnerOptions,
): Promise<readonly Profile[]> {
  const watch = await Watch.in(join(options.scratch, 'watched'))
  for (const trial of trials) {
    if (options.signal.aborted) break
    options.say(`${trial.title}: ${contestant.title} is watched`)
    try {
      await runOnce(trial, contestant, options, watch)
    } catch (error) {
      if (options.signal.aborted) break
      const message = error instanceof Error ? error.message : String(error)
      options.results.fail(contestant.name, trial, message)
      options.say(`${trial.title}: ${contestant.title} failed while it was watched: ${message}`)
    }
  }
  return watch.profiles
}

async function runOnce(
  trial: Trial,
  contestant: Contestant,
  { scratch, seed, signal }: RunnerOptions,
  watch?: Watch,
) {
  const dir = join(scratch, String((folders += 1)))
  await mkdir(dir, { recursive: true })
  const late = AbortSignal.timeout(trial.limit * 1000)
  try {
    return await trial.run(contestant, { dir, seed, watch, signal: AbortSignal.any([signal, late]) })
  } catch (error) {
    if (!late.aborted) throw error
    throw new Error(`It was ended after ${trial.limit} s.`, { cause: error })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
