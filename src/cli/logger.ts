import { createRequire } from 'node:module'
import type { Logger, pino as Pino } from 'pino'
import type { Log } from '../terminal/context.js'

/**
 * What terminal and relay tell of themselves, on stderr; stdout is for data. A process that serves writes JSON lines
 * for log collectors; a command that ends writes messages for the person who gave it, and errors only.
 */
export function makeLogger(name: string, quiet: boolean): Log {
  return quiet ? messages((text) => process.stderr.write(text)) : lines(name)
}

/** A start that has nothing to say does not wait for the library: it is loaded with the first line. */
function lines(name: string): Log {
  let made: Logger | undefined
  const logger = (): Logger => {
    if (!made) {
      const pino = createRequire(import.meta.url)('pino') as typeof Pino
      made = pino({ name }, pino.destination({ dest: 2, sync: true }))
    }
    return made
  }
  return {
    info: (fields, message) => logger().info(fields, message),
    warn: (fields, message) => logger().warn(fields, message),
    error: (fields, message) => logger().error(fields, message),
  }
}

export function messages(write: (text: string) => void): Log {
  const nothing = (): void => undefined
  return {
    info: nothing,
    warn: nothing,
    error: (fields, message) => write(`counterfoil: ${message}${detailsOf(fields)}\n`),
  }
}

function detailsOf(fields: object): string {
  const details = Object.entries(fields).map(([name, value]) =>
    // The lines after the first are a stack, which tells a person nothing.
    typeof value === 'string' ? `${name}: ${value.split('\n', 1)[0]}` : `${name}: ${JSON.stringify(value)}`,
  )
  return details.length === 0 ? '' : ` (${details.join(', ')})`
}
