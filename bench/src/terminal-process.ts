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
  const answer = (answered: Answered): void => {
    process.send?.(answered)
  }
  let last = Promise.resolve()
  process.on('message', (message) => {
    const asked = message as Asked
    last = last.then(async () => {
      try {
        const command = commands[asked.do as keyof TerminalCommands] as
          ((with_: unknown) => Promise<unknown>) | undefined
        if (!command) throw new Error(`It knows no command "${asked.do}"`)
        answer({ id: asked.id, result: (await command.call(commands, asked.with)) ?? null })
      } catch (error) {
        answer({
          id: asked.id,
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        })
      }
    })
  })
  // Without the runner there is nothing to do.
  process.on('disconnect', () => process.exit(1))
}

/** Milliseconds something took. */
export async function timed(work: () => Promise<void>): Promise<{ ms: number }> {
  const begun = performance.now()
  await work()
  return { ms: performance.now() - begun }
}
