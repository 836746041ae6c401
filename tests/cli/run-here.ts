import { Writable } from 'node:stream'
import { vi } from 'vitest'
import { runProgram } from '../../src/cli/program.js'

/** How a command line ended that was run in this process. */
export interface EndedHere {
  readonly code: number | string | null | undefined
  readonly stdout: string
  readonly stderr: string
}

function collector() {
  let text = ''
  const stream = new Writable({
    decodeStrings: false,
    write(part: string | Buffer, _encoding, done) {
      text += part.toString()
      done()
    },
  })
  return { stream, text: () => text }
}

/** Runs a command line in this process, where no process of its own is needed to see what it does. One at a time. */
export async function runHere(args: readonly string[]): Promise<EndedHere> {
  const { exitCode } = process
  const [stdout, stderr] = [collector(), collector()]
  const spies = [
    vi.spyOn(process, 'stdout', 'get').mockReturnValue(stdout.stream as never),
    vi.spyOn(process, 'stderr', 'get').mockReturnValue(stderr.stream as never),
  ]
  try {
    await runProgram(args)
    return { code: process.exitCode, stdout: stdout.text(), stderr: stderr.text() }
  } finally {
    for (const spy of spies) spy.mockRestore()
    process.exitCode = exitCode
  }
}

/** As {@link runHere} with `--json`: the one document it prints. */
export async function jsonHere<T>(args: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await runHere([...args, '--json'])
  if (code !== 0) throw new Error(`counterfoil ${args.join(' ')} ended with ${code}: ${stderr}`)
  return JSON.parse(stdout) as T
}
