import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Command, Contestant, TerminalCommands } from './contestant.js'
import type { Answered, Asked } from './terminal-process.js'

/** Everything that was started and has not ended, so that nothing outlives the runner. */
const living = new Set<ChildProcess>()

/** Ends what still runs, at once. */
export function endAll(): void {
  for (const child of living) child.kill('SIGKILL')
}

/** Lines of stderr kept to tell why a process ended. */
const KEPT_LINES = 20
/** A server or terminal that says nothing for so long hangs; opening a large history takes seconds. */
const START_MS = 120_000

/** A process that runs until it is ended. */
export class Process {
  readonly pid: number
  readonly child: ChildProcess
  readonly #title: string
  readonly #said: string[] = []
  readonly #ended: Promise<void>
  #over = false
  #wanted = false

  constructor(child: ChildProcess, title: string) {
    this.child = child
    this.#title = title
    this.pid = child.pid ?? 0
    living.add(child)
    if (child.stderr) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        this.#said.push(line)
        if (this.#said.length > KEPT_LINES) this.#said.shift()
      })
    }
    this.#ended = this.#watch()
  }

  async #watch(): Promise<void> {
    await once(this.child, 'exit')
    this.#over = true
    living.delete(this.child)
  }

  /** Resolves to never; rejects when it ends although nobody asked it to. */
  async failure(): Promise<never> {
    await this.#ended
    if (this.#wanted) return new Promise<never>(() => undefined)
    throw new Error(`${this.#title} ended by itself.\n${this.#said.join('\n')}`)
  }

  /** What it said last, for a message. */
  get said(): string {
    return this.#said.join('\n')
  }

  /** Ends it in good order, or with SIGKILL as a power failure would. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.#wanted = true
    if (!this.#over) this.child.kill(signal)
    await this.#ended
  }
}

/** Added to the runner's own. */
export type Environment = Readonly<Record<string, string>>

export interface Server extends Process {
  readonly port: number
}

/** Starts a contestant's server on a folder and waits until it takes connections. */
export async function startServer(
  contestant: Contestant,
  dir: string,
  port = 0,
  env: Environment = {},
): Promise<Server> {
  const { server, title } = contestant
  const started = begin([...server.argv({ dir, port })], `The server of ${title}`, env)
  const line = await firstLine(started)
  const portOf = server.portOf ?? ((text) => (JSON.parse(text) as { port: number }).port)
  return Object.assign(started, { port: portOf(line) })
}

/** Starts a program of node whose first line on stdout tells that it is ready. */
export function begin(argv: readonly string[], title: string, env: Environment = {}): Process {
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  })
  return new Process(child, title)
}

/** The first line it prints. @throws where it ends before, or says nothing for long */
export async function firstLine(started: Process): Promise<string> {
  const { stdout } = started.child
  if (!stdout) throw new Error('It has no stdout')
  const line = new Promise<string>((resolve) => {
    createInterface({ input: stdout }).once('line', resolve)
  })
  return Promise.race([line, started.failure(), late(started)])
}

async function late(started: Process): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, START_MS).unref())
  throw new Error(`It was not ready after ${START_MS / 1000} s.\n${started.said}`)
}

type Argument<C extends Command> = Parameters<NonNullable<TerminalCommands[C]>>[0]
type Result<C extends Command> = Awaited<ReturnType<NonNullable<TerminalCommands[C]>>>

/** A forked terminal process, told what to do over IPC. */
export class Terminal extends Process {
  readonly #waiting = new Map<number, (answered: Answered) => void>()
  #asked = 0

  constructor(contestant: Contestant, env: Environment = {}) {
    const child = fork(contestant.terminal, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'json',
    })
    super(child, `The terminal of ${contestant.title}`)
    child.on('message', (message) => {
      const answered = message as Answered
      this.#waiting.get(answered.id)?.(answered)
      this.#waiting.delete(answered.id)
    })
  }

  /** @throws with its own message where it could not */
  async do<C extends Command>(command: C, argument: Argument<C>): Promise<Result<C>> {
    const id = (this.#asked += 1)
    const answer = new Promise<Answered>((resolve) => this.#waiting.set(id, resolve))
    const asked: Asked = { id, do: command, with: argument }
    this.child.send(asked)
    const answered = await Promise.race([answer, this.failure()])
    if ('error' in answered) throw new Error(`${command}: ${answered.error}\n${this.said}`)
    return answered.result as Result<C>
  }

  /** Ends it in good order. */
  async close(): Promise<void> {
    await this.do('close', {})
    await this.end('SIGKILL')
  }
}
