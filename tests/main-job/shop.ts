import { join } from 'node:path'
import { afterEach } from 'vitest'
import type { ReplaySummary } from '../../src/cli/replay.js'
import type { ExportedInvoice, PairingResponse } from '../../src/docs/generated/types.js'
import { useProcesses, type Begun, type Processes, type Served } from '../support/processes.js'
import { Wire } from './wire.js'

/** These tests start some twenty processes each; on a busy machine that takes its time. Milliseconds. */
export const PATIENCE_MS = 600_000

/** One terminal by the command: each call is a process of its own. */
export class Terminal {
  readonly data: string
  readonly #processes: Processes

  constructor(data: string, processes: Processes) {
    this.data = data
    this.#processes = processes
  }

  /** Runs `terminal <command>` to its end and reads what it answers. */
  run<T>(command: string, ...options: string[]): Promise<T> {
    return this.#processes.run<T>(this.#args(command, options))
  }

  begin(command: string, ...options: string[]): Begun {
    return this.#processes.begin(this.#args(command, options))
  }

  #args(command: string, options: readonly string[]): string[] {
    return ['terminal', command, '--data', this.data, ...options]
  }

  replay(file: string, ...options: string[]): Promise<ReplaySummary> {
    return this.run<ReplaySummary>('replay', '--sales', file, ...options)
  }

  async importItems(file: string, ...options: string[]): Promise<void> {
    await this.#processes.run(['catalogue', 'import', '--data', this.data, '--file', file, ...options])
  }

  /**
   * Runs its agent, disconnected; commands are then carried out by it.
   * @param env added to the environment of its process
   */
  serve(env: Readonly<Record<string, string>> = {}): Promise<Served> {
    return this.#processes.serve(this.#args('serve', ['--port', '0', '--mode', 'disconnected']), { env })
  }

  exported(): Promise<ExportedInvoice[]> {
    return exportOf(this.data, this.#processes)
  }
}

/** What `export --format json` tells of a data directory. */
async function exportOf(data: string, { tryRun }: Processes): Promise<ExportedInvoice[]> {
  const { code, stdout, stderr } = await tryRun(['export', '--data', data, '--format', 'json'])
  if (code !== 0) throw new Error(`The export ended with ${code}: ${stderr}`)
  return (JSON.parse(stdout) as { invoices: ExportedInvoice[] }).invoices
}

/** A shop in London that counts in pounds: a relay, and terminals that reach it over a wire. */
export interface RealShop {
  /** Where its test may put files. */
  readonly folder: string
  readonly relayData: string
  readonly wire: Wire
  /** The relay that runs now, or ran last. */
  relay(): Served
  /** Starts it again on its port, after its end. */
  restartRelay(): Promise<void>
  exported(): Promise<ExportedInvoice[]>
  /** A manager's terminal: paired, with what the shop has. Nothing connects it until a command syncs. */
  terminal(name: string): Promise<Terminal>
}

/** Shops for the tests of a file; each is gone with its test. */
export function useShops(): () => Promise<RealShop> {
  const processes = useProcesses('test')
  const wires: Wire[] = []
  afterEach(() => {
    for (const wire of wires.splice(0)) wire.close()
  })

  return async () => {
    const folder = await processes.directory()
    const relayData = join(folder, 'relay')
    const serve = (port: string): Promise<Served> =>
      processes.serve(['relay', 'serve', '--data', relayData, '--port', port])
    let relay = await serve('0')
    const { port } = new URL(relay.url)
    const wire = await Wire.to(Number(port))
    wires.push(wire)
    const money = ['--currency', 'GBP', '--time-zone', 'Europe/London']
    await processes.run(['relay', 'shop', '--data', relayData, '--shop', 'London', ...money])
    return {
      folder,
      relayData,
      wire,
      relay: () => relay,
      restartRelay: async () => {
        relay = await serve(port)
      },
      exported: () => exportOf(relayData, processes),
      terminal: async (name) => {
        const pairing = ['--shop', 'London', '--terminal', name, '--role', 'manager']
        const { code } = await processes.run<PairingResponse>([
          'relay',
          'pair',
          '--data',
          relayData,
          ...pairing,
        ])
        const terminal = new Terminal(join(folder, name), processes)
        await terminal.run('pair', '--relay', wire.url, '--code', code)
        return terminal
      },
    }
  }
}

/** What a terminal's agent answers. */
export async function ask<T>({ url }: Served, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${url}${path}`, body === undefined ? {} : post(body))
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as T
}

function post(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}
