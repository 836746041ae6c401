import { type Command, CommanderError, InvalidArgumentError } from 'commander'
import { isDay } from '../docs/business-day.js'
import type { TaxComponent } from '../docs/generated/types.js'
import { BadTaxSpec, parseTaxSpec } from '../docs/tax.js'
import { EXIT, exitCodeOf, messageOf } from './exit.js'
import { progressOn, type Progress } from './progress.js'

/** Options that every command has. */
export interface Common {
  readonly json?: boolean
}

export interface CommandContext {
  /** Prints a result: as one JSON document with --json, else as the text given. */
  print(value: unknown, text: string): void
  /** A message for people. */
  say(message: string): void
  readonly progress: Progress
  readonly json: boolean
}

/**
 * Makes an action of a command: prints errors as a message on stderr and ends with the exit code that fits.
 * @param work may return the exit code, where it is not 0
 */
export function action<A extends unknown[]>(
  work: (context: CommandContext, ...args: A) => Promise<number | void>,
  optionsOf: (...args: A) => Common,
): (...args: A) => Promise<void> {
  return async (...args) => {
    const json = optionsOf(...args).json === true
    const progress = progressOn(process.stderr)
    const context: CommandContext = {
      json,
      progress,
      say: (message) => {
        progress.end()
        process.stderr.write(`${printable(message)}\n`)
      },
      print: (value, text) => {
        progress.end()
        process.stdout.write(json ? `${JSON.stringify(value)}\n` : `${printable(text)}\n`)
      },
    }
    try {
      process.exitCode = (await work(context, ...args)) ?? EXIT.ok
    } catch (error) {
      if (error instanceof CommanderError) throw error
      context.say(`counterfoil: ${messageOf(error)}`)
      process.exitCode = exitCodeOf(error)
    }
  }
}

/** Names come from other terminals: what would steer the reader's screen is shown as a mark. */
export function printable(text: string): string {
  return text.replaceAll(/[^\P{Cc}\n\t]/gu, '\uFFFD')
}

export function portOption(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It is a number from 0 to 65535.')
  return port
}

export function countOption(text: string): number {
  const count = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError('It is a whole number above 0.')
  return count
}

export function digitsOption(text: string): number {
  if (!/^[0-4]$/.test(text)) throw new InvalidArgumentError('It is a whole number from 0 to 4.')
  return Number(text)
}

/** `5/s`, or `5`. */
export function rateOption(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text)
  const rate = Number(match?.[1])
  if (!match || rate <= 0) throw new InvalidArgumentError('It is a number of invoices a second, such as 5/s.')
  return rate
}

export function choiceOption<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const found = choices.find((choice) => choice === text)
    if (found === undefined) throw new InvalidArgumentError(`It is one of ${choices.join(', ')}.`)
    return found
  }
}

export function dateOption(text: string): string {
  if (!isDay(text)) throw new InvalidArgumentError('It is a date, YYYY-MM-DD.')
  return text
}

export function taxOption(text: string): TaxComponent[] {
  try {
    return parseTaxSpec(text)
  } catch (error) {
    if (error instanceof BadTaxSpec) throw new InvalidArgumentError(error.message)
    throw error
  }
}

/** @param meaning how it is written, as a sentence */
export function patternOption(pattern: RegExp, meaning: string): (text: string) => string {
  return (text) => {
    if (!pattern.test(text)) throw new InvalidArgumentError(meaning)
    return text
  }
}

export function withJson(command: Command): Command {
  return command.option('--json', 'print one JSON document')
}

export function withData(command: Command): Command {
  return withJson(command.requiredOption('--data <dir>', 'the data directory'))
}

/** Waits until somebody ends this process in good order. */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve(signal))
  })
}

/** Long enough for what was printed to leave. Milliseconds. */
const EXIT_AFTER_MS = 250

/**
 * Ends the process now that everything is closed: a document that automerge-repo waited for keeps a timer of a minute.
 */
export function exitSoon(): void {
  setTimeout(() => process.exit(), EXIT_AFTER_MS).unref()
}

/** Does work that Ctrl+C ends in good order. */
export async function interruptible<R>(work: (signal: AbortSignal) => Promise<R>): Promise<R> {
  const interrupted = new AbortController()
  const stop = (): void => interrupted.abort()
  process.once('SIGINT', stop)
  try {
    return await work(interrupted.signal)
  } finally {
    process.off('SIGINT', stop)
  }
}
