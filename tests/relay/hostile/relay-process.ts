import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Incident, PairResponse } from '../../../src/docs/generated/types.js'

export interface Measured {
  /** Bytes. */
  readonly rss: number
  /** Milliseconds the event loop was late, at most and at the 99th percentile, since it was measured last. */
  readonly max: number
  readonly p99: number
}

/** A relay in a process of its own, so that its memory and its lag are its own. It was built before. */
export class RelayProcess {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: unknown) => void>()
  #serial = 0
  url = ''
  id = ''

  private constructor(directory: string) {
    const file = fileURLToPath(new URL('relay-process.mjs', import.meta.url))
    this.#child = fork(file, [directory], {
      execArgv: ['--expose-gc', '--no-turbo-inline-js-wasm-calls'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child.on('message', ({ serial, answer }: { serial: number; answer: unknown }) => {
      this.#waiting.get(serial)?.(answer)
      this.#waiting.delete(serial)
    })
  }

  static async start(directory: string): Promise<RelayProcess> {
    const relay = new RelayProcess(directory)
    relay.url = await relay.#ask<string>('url')
    relay.id = await relay.#ask<string>('relayId')
    return relay
  }

  #ask<T>(what: string, about: object = {}): Promise<T> {
    this.#serial += 1
    const serial = this.#serial
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(serial, (answer) => resolve(answer as T))
      this.#child.once('exit', () => reject(new Error('The relay has ended')))
      this.#child.send({ serial, ask: what, about })
    }).finally(() => this.#child.removeAllListeners('exit'))
  }

  async code(name: string, shop = 'Main', role = 'till'): Promise<string> {
    return (await this.#ask<{ code: string }>('pair', { shop, name, role })).code
  }

  /** Tickets of a terminal, which does not prove its key for each of them. */
  tickets({ terminal, shop, code, epoch, role }: PairResponse, count: number): Promise<string[]> {
    return this.#ask('tickets', { identity: { terminal, shop, code, epoch, role }, count })
  }

  measure(): Promise<Measured> {
    return this.#ask('measure')
  }

  incidents(): Promise<Incident[]> {
    return this.#ask('incidents')
  }

  heads(id: string): Promise<string[] | undefined> {
    return this.#ask('heads', { id })
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  async stop(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.#child.once('exit', () => resolve()))
    this.#child.kill('SIGKILL')
    await gone
  }
}
