import { signal } from '@preact/signals'
import { time } from '../../../pages/format.js'
import { messageOf, post, Problem } from '../api.js'
import type { NotTaken, WorkProgress } from '../shapes.js'
import { t } from '../texts.js'

/** What a person is told when work has ended, the most important first. */
export interface Outcome {
  readonly good: boolean
  readonly sentences: readonly string[]
}

export interface Running {
  readonly name: string
  readonly progress?: WorkProgress
  /** Started by this page, and not by a command or another window. */
  readonly own: boolean
  readonly cancelling: boolean
}

/** The sync work that is running. One piece is started at a time; billing does not know of it (S1). */
export const running = signal<Running | undefined>(undefined)
/** How the last one ended. */
export const outcome = signal<Outcome | undefined>(undefined)

export async function runWork(name: string, work: () => Promise<Outcome>): Promise<void> {
  if (running.value?.own) return
  running.value = { name, own: true, cancelling: false }
  outcome.value = undefined
  let ended: Outcome
  try {
    ended = await work()
  } catch (error) {
    const cancelled = error instanceof Problem && error.code === 'cancelled'
    ended = {
      good: false,
      sentences: [messageOf(error), ...(cancelled ? [t.value.cancelledKept] : [])],
    }
  }
  running.value = undefined
  const at = time(new Date().toISOString())
  const ending = ended.good ? t.value.workEnded(name, at) : t.value.workEndedBadly(name, at)
  outcome.value = { good: ended.good, sentences: [ending, ...ended.sentences] }
}

/** An event of the agent; the work may have been started elsewhere. */
export function progressed(progress: WorkProgress): void {
  const before = running.value ?? { name: t.value.sync, own: false, cancelling: false }
  running.value = { ...before, progress }
}

/** The agent says that nothing runs. */
export function idle(): void {
  if (!running.value?.own) running.value = undefined
}

/** Ends the running work at its next safe point; what it has reached stays. */
export async function cancelWork(): Promise<void> {
  if (!running.value) return
  running.value = { ...running.value, cancelling: true }
  try {
    await post('/v1/work/cancel')
  } catch (error) {
    outcome.value = { good: false, sentences: [messageOf(error)] }
    if (running.value) running.value = { ...running.value, cancelling: false }
  }
}

export function notTakenSentences(notTaken: readonly NotTaken[]): string[] {
  return notTaken.map(({ name, reason }) => t.value.notTaken(name, reason))
}
