import { figure } from '../format.js'
import type { OwnTime } from './own-times.js'
import type { Profile } from './watch.js'

/** Functions that are named of each thread. */
const NAMED = 6

/** One line of what a process did: its CPU, fsyncs and bytes. */
export function summaryOf({ cpu, mainCpu, written, syncs }: Profile): string {
  const parts = [
    ...(cpu === undefined ? [] : [`${figure(cpu, 'cpu-s')} of CPU`]),
    ...(mainCpu === undefined ? [] : [`${figure(mainCpu, 'cpu-s')} of it on the main thread`]),
    `${syncs} fsyncs`,
    ...(written === undefined ? [] : [`${figure(written, 'bytes')} written to the disk`]),
  ]
  return parts.join(', ')
}

/** The functions that took most of a thread's time, by themselves. */
export function namesOf(times: readonly OwnTime[]): string {
  const all = times.reduce((sum, { ms }) => sum + ms, 0)
  return times
    .slice(0, NAMED)
    .map(({ what, ms }) => `${Math.round((100 * ms) / all)} % ${what}`)
    .join(' · ')
}

export function profileText(profiles: readonly Profile[]): string {
  const lines = profiles.flatMap((profile) => [
    `${profile.trial}, ${profile.process}: ${summaryOf(profile)}`,
    ...(profile.main.length > 0 ? [`  main thread: ${namesOf(profile.main)}`] : []),
    ...(profile.workers.length > 0 ? [`  workers: ${namesOf(profile.workers)}`] : []),
  ])
  return profiles.length === 0 ? '' : `\nWhere the time goes\n${lines.join('\n')}\n`
}

export function profileMarkdown(profiles: readonly Profile[]): string[] {
  if (profiles.length === 0) return []
  return [
    '### Where Counterfoil’s time goes',
    '',
    'Runs of their own, watched from inside (`--profile`), which makes them slower. Percentages are of the time a thread was',
    'busy, by what a function spent itself; those with a file are JavaScript’s, others Node’s own.',
    '',
    '| | CPU, fsyncs, bytes | main thread | workers |',
    '| --- | --- | --- | --- |',
    ...profiles.map(
      (profile) =>
        `| ${profile.trial}, ${profile.process} | ${summaryOf(profile)} | ${namesOf(profile.main)} | ${namesOf(profile.workers) || '—'} |`,
    ),
    '',
  ]
}
