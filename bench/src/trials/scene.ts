import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Contestant, OpenCommand, ReadBack, ServerAddress } from '../contestant.js'
import type { Place } from './trial.js'
import type { Watch } from '../watch/watch.js'
import { startServer, Terminal, type Process, type Server } from '../processes.js'

/** A contestant's processes in one run: a server, and terminals in folders of their own. */
export class Scene {
  readonly #contestant: Contestant
  readonly #dir: string
  readonly #begun: Process[] = []
  readonly #watch: Watch | undefined
  #server: Server | undefined

  private constructor(contestant: Contestant, { dir, watch }: Pick<Place, 'dir' | 'watch'>) {
    this.#contestant = contestant
    this.#dir = dir
    this.#watch = watch
  }

  /** Runs work with a server that has just begun, and ends everything after it, whatever happens. */
  static async with<R>(
    contestant: Contestant,
    { signal, ...place }: Pick<Place, 'dir' | 'signal' | 'watch'>,
    work: (scene: Scene) => Promise<R>,
  ): Promise<R> {
    const scene = new Scene(contestant, place)
    const kill = (): void => scene.#begun.forEach(({ child }) => child.kill('SIGKILL'))
    signal.addEventListener('abort', kill)
    try {
      await mkdir(scene.serverDir)
      await scene.#start(0)
      return await work(scene)
    } finally {
      signal.removeEventListener('abort', kill)
      for (const process of scene.#begun.reverse()) await process.end('SIGKILL')
    }
  }

  get serverDir(): string {
    return join(this.#dir, 'server')
  }

  terminalDir(name: string): string {
    return join(this.#dir, name)
  }

  get server(): Server {
    if (!this.#server) throw new Error('The server was not started')
    return this.#server
  }

  get address(): ServerAddress {
    return { host: '127.0.0.1', port: this.server.port, dir: this.serverDir }
  }

  async #start(port: number): Promise<void> {
    this.#server = await startServer(this.#contestant, this.serverDir, port, this.#watch?.env())
    this.#begun.push(this.#server)
  }

  /** A terminal process that has opened nothing yet. */
  process(): Terminal {
    const terminal = new Terminal(this.#contestant, this.#watch?.env())
    this.#begun.push(terminal)
    return terminal
  }

  /** Notes a process that is to end with the scene. */
  add<P extends Process>(process: P): P {
    this.#begun.push(process)
    return process
  }

  /** @param at where the terminal finds the server, if not at its own address */
  async terminal(name: string, options: Partial<OpenCommand> = {}, at = this.address): Promise<Terminal> {
    const terminal = this.process()
    await terminal.do('open', { dir: this.terminalDir(name), server: at, terminal: name, ...options })
    return terminal
  }

  /** Runs what is timed; where processes are watched, these. */
  async timed<R>(trial: string, terminal: Terminal, work: () => Promise<R>): Promise<R> {
    const watch = this.#watch
    if (!watch) return work()
    const processes = [
      [this.server.pid, { trial, process: 'server' }],
      [terminal.pid, { trial, process: 'terminal' }],
    ] as const
    for (const [pid] of processes) await watch.begin(pid)
    const result = await work()
    for (const [pid, of] of processes) await watch.end(pid, of)
    return result
  }

  /** Kills the server as a power failure would, starts it again on its folder, and reads everything back. */
  async readBackAfterKill(): Promise<ReadBack> {
    const { port } = this.server
    await this.server.end('SIGKILL')
    await this.#start(port)
    const reader = this.process()
    const back = await reader.do('readBack', { server: this.address })
    await reader.end('SIGKILL')
    return back
  }
}
