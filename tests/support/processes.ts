import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach } from 'vitest'

/** The built command: `npm run build` makes it, and `npm test` runs that first. */
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

/** How a process ended, and what it printed. */
export interface Ended {
  /** null when a signal ended it. */
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export class CommandFailed extends Error {
  readonly ended: Ended
  constructor(args: readonly string[], ended: Ended) {
    const how = ended.signal ?? `code ${ended.code}`
    super(`counterfoil ${args.join(' ')} ended with ${how}: ${ended.stderr.trim() || ended.stdout.trim()}`)
    this.name = 'CommandFailed'
    this.ended = ended
  }
}

/** A command that was begun and that nobody has waited for yet. */
export interface Begun {
  readonly process: ChildProcess
  /** What it has written to stderr until now. */
  readonly log: () => string
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<Ended>
  /** Ends it in good order. */
  stop(): Promise<Ended>
  /** Ends it as a power failure would: SIGKILL. */
  kill(): Promise<Ended>
  /**
   * Resolves when what it has written to stderr matches.
   * @throws CommandFailed when it ends before that
   */
  says(pattern: RegExp): Promise<void>
}

/** A command that runs until it is ended. */
export interface Served extends Begun {
  readonly url: string
  readonly pid: number
}

/** A command that was started. */
export interface Started {
  readonly process: ChildProcess
  /** What it has written until now. */
  readonly stdout: () => string
  readonly stderr: () => string
  readonly ended: Promise<Ended>
}

export interface SpawnOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Processes {
  /**
   * Runs a command to its end and reads the JSON document it prints; `--json` is added.
   * @throws CommandFailed when it does not end with 0
   */
  run<T = unknown>(args: readonly string[], options?: SpawnOptions): Promise<T>
  /** Starts a command, for a test that does something to it before it ends. */
  start(args: readonly string[], options?: SpawnOptions): Started
  /** Runs a command to its end, however that is. */
  tryRun(args: readonly string[], options?: SpawnOptions): Promise<Ended>
  /** Begins a command that is to be ended, or looked at, before it ends by itself; `--json` is added. */
  begin(args: readonly string[], options?: SpawnOptions): Begun
  /**
   * Starts a command that serves, and waits for the JSON line that tells its address; `--json` is added.
   * @throws CommandFailed when it ends before that
   */
  serve(args: readonly string[], options?: SpawnOptions): Promise<Served>
  /** A new, empty directory. */
  directory(): Promise<string>
}

const living = new Set<ChildProcess>()
// A run that is broken off leaves no process behind.
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

/**
 * Processes and directories of one test (`test`) or of the tests of a file or describe block (`all`): what still runs
 * after it is killed, and every directory is removed.
 */
export function useProcesses(lifetime: 'test' | 'all'): Processes {
  const children: Started[] = []
  const directories: string[] = []

  const start = (args: readonly string[], { env = {} }: SpawnOptions = {}): Started => {
    const child = startChild(args, env)
    children.push(child)
    return child
  }

  const cleanUp = async (): Promise<void> => {
    // The last first: terminals end before the relay they talk to.
    for (const child of children.splice(0).reverse()) {
      child.process.kill('SIGKILL')
      await child.ended
    }
    for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true })
  }
  if (lifetime === 'test') afterEach(cleanUp)
  else afterAll(cleanUp)

  return {
    async run<T>(args: readonly string[], options?: SpawnOptions): Promise<T> {
      const ended = await start([...args, '--json'], options).ended
      if (ended.code !== 0) throw new CommandFailed(args, ended)
      return JSON.parse(ended.stdout) as T
    },
    start,
    tryRun: (args, options) => start(args, options).ended,
    begin: (args, options) => begun(args, start([...args, '--json'], options)),
    serve: (args, options) => served(args, start([...args, '--json'], options)),
    async directory() {
      const made = await mkdtemp(join(tmpdir(), 'counterfoil-test-'))
      directories.push(made)
      return made
    },
  }
}

function startChild(args: readonly string[], env: Readonly<Record<string, string>>): Started {
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  living.add(child)
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  const ended = once(child, 'close').then(([code, signal]: unknown[]) => {
    living.delete(child)
    return { code: code as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr }
  })
  return { process: child, stdout: () => stdout, stderr: () => stderr, ended }
}

function begun(args: readonly string[], child: Started): Begun {
  const endWith = (signal: NodeJS.Signals): Promise<Ended> => {
    child.process.kill(signal)
    return child.ended
  }
  return {
    process: child.process,
    log: child.stderr,
    ended: child.ended,
    stop: () => endWith('SIGTERM'),
    kill: () => endWith('SIGKILL'),
    says: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(child.stderr())) resolve()
        }
        child.process.stderr?.on('data', look)
        void child.ended.then((ended) => reject(new CommandFailed(args, ended)))
        look()
      }),
  }
}

async function served(args: readonly string[], child: Started): Promise<Served> {
  const { url, pid } = await firstLine(args, child)
  return { url, pid, ...begun(args, child) }
}

async function firstLine(args: readonly string[], child: Started): Promise<{ url: string; pid: number }> {
  const { stdout } = child.process
  if (stdout) {
    const lines = createInterface({ input: stdout })
    try {
      for await (const line of lines) return JSON.parse(line) as { url: string; pid: number }
    } finally {
      // Closing the reader pauses the pipe, and a full pipe would hold up the process.
      lines.close()
      stdout.resume()
    }
  }
  throw new CommandFailed(args, await child.ended)
}
