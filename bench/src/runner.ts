import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contestant } from './contestant.js'
import type { Results } from './results.js'
import type { Trial } from './trials/trial.js'

export interface RunnerOptions {
  /** Holds the runs' folders. */
  readonly scratch: string
  readonly seed: number
  readonly results: Results
  /** Ends it before the next run. */
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

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
  for (const contestant of contestants)
    if (takesPart(trial, contestant)) left.set(contestant.name, trial.allowance)
  for (let run = 0; run < trial.runs; run += 1) {
    for (const contestant of contestants) {
      const seconds = left.get(contestant.name)
      const most = contestant.takes[trial.task]?.runs ?? trial.runs
      if (signal.aborted) return
      if (seconds === undefined || seconds <= 0 || run >= most) continue
      const begun = performance.now()
      options.say(`${trial.title}: ${contestant.title}, run ${run + 1} of ${Math.min(most, trial.runs)}`)
      try {
        results.add(contestant.name, await runOnce(trial, contestant, options))
        left.set(contestant.name, seconds - (performance.now() - begun) / 1000)
      } catch (error) {
        if (signal.aborted) return
        const message = error instanceof Error ? error.message : String(error)
        results.failures.push({ contestant: contestant.name, trial: trial.title, message })
        options.say(`${trial.title}: ${contestant.title} failed: ${message}`)
        left.delete(contestant.name)
      }
    }
  }
}

function takesPart({ task, size, among }: Trial, { name, takes }: Contestant): boolean {
  const most = takes[task]
  return (
    (among?.includes(name) ?? true) && most !== undefined && size <= (most.size ?? Number.POSITIVE_INFINITY)
  )
}

let folders = 0

async function runOnce(trial: Trial, contestant: Contestant, { scratch, seed, say }: RunnerOptions) {
  const dir = join(scratch, String((folders += 1)))
  await mkdir(dir, { recursive: true })
  try {
    return await trial.run(contestant, { dir, seed, say })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
