import type { LogAlarm, LogAlarmKind } from '../docs/generated/types.js'

/** What a person is told of a log that is not what it was, before what helps. */
const WHAT: Readonly<Record<LogAlarmKind, string>> = {
  rewritten: 'The relay’s log does not continue what this terminal saw of it: it was rewritten.',
  shrunk:
    'The relay’s log is shorter than this terminal saw it, and the relay was not restored from a backup.',
  restored:
    'The relay was restored from a backup that is older than what this terminal saw of its log. What the log said after that backup is said by no log any more.',
  split: 'The relay showed another terminal another log than it shows this one.',
  withheld: 'The relay takes what this terminal sends and does not show its log any more.',
  'left-out': 'The relay gave this terminal a custody receipt that is not in its log.',
}

const HELP =
  'Bill on: nothing is lost here. What was seen and what was shown is kept in log-evidence.log. Tell the relay operator and the auditor; a manager ends this alarm with: counterfoil log settle'

export function logAlarmMessage({ kind, what }: LogAlarm): string {
  return `${WHAT[kind]} (${what}) ${HELP}.`
}
