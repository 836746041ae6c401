import type { TerminalCommands } from './contestant.js'

/** A command as it comes over IPC. */
export interface Asked {
  readonly id: number
  readonly do: string
  readonly with: unknown
}

/** Its answer. */
export type Answered =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string }

/** Makes this forked process a terminal: it does what the runner tells it, one command after the other. */
export function serveCommands(commands: TerminalCommands): void {
  let last = Promise.resolve()
  const next = async (before: Promise<void>, asked: Asked): Promise<void> => {
    await before
    process.send?.(await answer(commands, asked))
  }
  process.on('message', (message) => {
    last = next(last, message as Asked)
  })
  // Without the runner there is nothing to do.
  process.on('disconnect', () => process.exit(1))
}

async function answer(commands: TerminalCommands, asked: Asked): Promise<Answered> {
  const command = commands[asked.do as keyof TerminalCommands] as
    ((argument: unknown) => Promise<unknown>) | undefined
  if (!command) return { id: asked.id, error: `It knows no command "${asked.do}"` }
  try {
    return { id: asked.id, result: (await command.call(commands, asked.with)) ?? null }
  } catch (error) {
    return { id: asked.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

/** Milliseconds something took. */
export async function timed(work: () => Promise<void>): Promise<{ ms: number }> {
  const begun = performance.now()
  await work()
  return { ms: performance.now() - begun }
}
