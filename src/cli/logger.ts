import pino from 'pino'

/** Messages for people and log collectors, as JSON lines on stderr; stdout is for data. */
export function makeLogger(name: string, quiet: boolean): pino.Logger {
  return pino({ name, level: quiet ? 'error' : 'info' }, pino.destination({ dest: 2, sync: true }))
}
