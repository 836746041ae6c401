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
}

/** The figures that goals are about want all their runs; of the peers, it is enough to see where they stand. */
const COMPARED: readonly string[] = [FLOOR, PRODUCT]
const PEERS_SHARE = 0.4
const PEERS_RUNS = 2

/**
 * Runs a trial as often as it wants, the contestants in turn, so that the noise of the machine meets all alike. A
 * contestant that failed, or has used up its time, is asked no more.
 */
export async function runTrial(
  trial: Trial,
  contestants: readonly Contestant[],
  options: RunnerOptions,
): Promise<void> {
  const { results, signal } = options
  const left = new Map<string, number>()
  for (const contestant of contestants.filter((one) => takesPart(trial, one, results)))
    left.set(contestant.name, trial.allowance * (COMPARED.includes(contestant.name) ? 1 : PEERS_SHARE))
  for (let run = 0; run < trial.runs; run += 1) {
    for (const contestant of contestants) {
      const seconds = left.get(contestant.name)
      const compared = COMPARED.includes(contestant.name)
      const most = contestant.takes[trial.task]?.runs ?? (compared ? trial.runs : PEERS_RUNS)
      if (signal.aborted) return
      if (seconds === undefined || seconds <= 0 || run >= most) continue
      const begun = performance.now()
      options.say(`${trial.title}: ${contestant.title}, run ${run + 1} of ${Math.min(most, trial.runs)}`)
      try {
        results.add(contestant.name, await runOnce(trial, contestant, options))
        const took = (performance.now() - begun) / 1000
        left.set(contestant.name, seconds - took)
        options.say(`  ${took.toFixed(1)} s`)
      } catch (error) {
        if (signal.aborted) return
        const message = error instanceof Error ? error.message : String(error)
        results.fail(contestant.name, trial, message)
        options.say(`${trial.title}: ${contestant.title} failed: ${message}`)
        left.delete(contestant.name)
      }
    }
  }
}

function takesPart(trial: Trial, { name, takes }: Contestant, results: Results): boolean {
  const { task, size, among } = trial
  const most = takes[task]
  return (
    (among?.includes(name) ?? true) &&
    most !== undefined &&
    size <= (most.size ?? Number.POSITIVE_INFINITY) &&
    !results.failedAtLess(name, trial)
  )
}

let folders = 0

/** A run that takes so much longer than all runs may is stuck, or would hold up the table for nothing. */
const MOST_ALLOWANCES = 4

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
  const late = AbortSignal.timeout(MOST_ALLOWANCES * trial.allowance * 1000)
  try {
    return await trial.run(contestant, { dir, seed, watch, signal: AbortSignal.any([signal, late]) })
  } catch (error) {
    if (!late.aborted) throw error
    throw new Error(`It was ended after ${MOST_ALLOWANCES * trial.allowance} s.`, { cause: error })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
