import { parseArgs } from 'node:util'

/** What a server or till process was started with: `--dir DIR --port PORT`, and what else the contestant gives. */
export function argumentsOf(): { readonly dir: string; readonly port: number } {
  const { values } = parseArgs({ options: { dir: { type: 'string' }, port: { type: 'string' } } })
  if (values.dir === undefined) throw new Error('Give --dir')
  return { dir: values.dir, port: Number(values.port ?? 0) }
}

/** Tells the runner that connections are taken. */
export function ready(port: number): void {
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`)
}

/** Ends in good order on SIGTERM; the runner's Ctrl+C reaches children too, and the runner ends them itself. */
export function untilTerminated(close: () => Promise<void> | void): void {
  process.on('SIGINT', () => undefined)
  process.once('SIGTERM', () => {
    void Promise.resolve(close()).finally(() => process.exit(0))
  })
}
