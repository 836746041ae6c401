import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RelayConfig } from '../../src/docs/generated/types.js'
import type { HashCost } from '../../src/protocol/secret-hash.js'
import { Relay } from '../../src/relay/relay.js'
import { serveRelay, type ServedRelay, type ServeOptions } from '../../src/relay/serve.js'
import { DataDirectory } from '../../src/storage/data-directory.js'
import { nodeDisk, type Disk } from '../../src/storage/disk.js'
import { Agent } from '../../src/terminal/agent.js'
import type { FaultyDisk } from '../storage/disks.js'
import { pair } from '../../src/terminal/identity.js'

export interface Said {
  readonly level: 'info' | 'warn' | 'error'
  readonly fields: object
  readonly message: string
}

/** A log that remembers, so that a test can see what was reported. */
export function memoryLog(said: Said[] = []) {
  const at = (level: Said['level']) => (fields: object, message: string) => {
    said.push({ level, fields, message })
  }
  return { said, info: at('info'), warn: at('warn'), error: at('error') }
}

const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes))

export interface RunningRelay {
  readonly relay: Relay
  readonly served: ServedRelay
  readonly url: string
  readonly directory: string
  readonly said: Said[]
}

/** A relay and its terminals in one process, over real sockets and a real disk, in a folder that goes at the end. */
export class World {
  readonly root: string
  /** May be moved by a test; everything here asks it. */
  now: () => Date = () => new Date()
  readonly #agents = new Set<Agent>()
  readonly #relays = new Set<RunningRelay>()

  private constructor(root: string) {
    this.root = root
  }

  static async make(): Promise<World> {
    return new World(await mkdtemp(join(tmpdir(), 'counterfoil-test-')))
  }

  path(...names: string[]): string {
    return join(this.root, ...names)
  }

  async relay(
    options: {
      name?: string
      port?: number
      config?: RelayConfig
      disk?: Disk
      passwordCost?: HashCost
    } & Pick<ServeOptions, 'hosts' | 'proxies' | 'limits' | 'tls' | 'metricsToken'> = {},
  ): Promise<RunningRelay> {
    const directory = this.path(options.name ?? 'relay')
    const log = memoryLog()
    const relay = await Relay.open({
      directory,
      create: true,
      config: options.config ?? {},
      disk: options.disk ?? nodeDisk,
      now: () => this.now(),
      random,
      timeZone: 'Asia/Kolkata',
      // The least that is taken for a hash: what is shown here does not hang on the cost.
      passwordCost: options.passwordCost ?? { N: 2 ** 14, r: 8, p: 1 },
      log,
    })
    const { hosts, proxies, limits, tls, metricsToken } = options
    const served = await serveRelay(relay, {
      hosts,
      proxies,
      tls,
      metricsToken,
      ...(limits ? { limits } : {}),
      host: '127.0.0.1',
      port: options.port ?? 0,
      adminToken: 'operator-token-for-tests',
    })
    const running = { relay, served, url: served.url, directory, said: log.said }
    this.#relays.add(running)
    return running
  }

  async stopRelay(running: RunningRelay): Promise<void> {
    this.#relays.delete(running)
    await running.served.stop()
  }

  /** Pairs a new directory and returns its path. */
  async paired(
    running: RunningRelay,
    name: string,
    { role = 'till', shop = 'Main' }: { role?: 'till' | 'manager'; shop?: string } = {},
  ): Promise<string> {
    const { code } = await running.relay.pairings.create(shop, name, role)
    return this.pairWith(running, name, code)
  }

  /** As {@link paired}, with a code that was made elsewhere. */
  async pairWith({ url }: Pick<RunningRelay, 'url'>, name: string, code: string): Promise<string> {
    const directory = this.path(name)
    const held = await DataDirectory.open({
      directory,
      kind: 'terminal',
      create: true,
      disk: nodeDisk,
      now: () => this.now(),
    })
    await pair(directory, nodeDisk, url, code, AbortSignal.timeout(10_000))
    await held.adopt()
    await held.release()
    return directory
  }

  async agent(
    directory: string,
    options: { disk?: Disk; said?: Said[]; imageCacheBytes?: number } = {},
  ): Promise<Agent> {
    const outside = { disk: options.disk ?? nodeDisk, now: () => this.now(), random }
    const { imageCacheBytes } = options
    const agent = await Agent.open({
      directory,
      outside,
      log: memoryLog(options.said),
      ...(imageCacheBytes === undefined ? {} : { imageCacheBytes }),
    })
    this.#agents.add(agent)
    return agent
  }

  async stop(agent: Agent): Promise<void> {
    this.#agents.delete(agent)
    await agent.stop()
  }

  /** Ends an agent as a kill would: nothing is written any more, only what the process held is let go. */
  async abandon(agent: Agent, disk: FaultyDisk): Promise<void> {
    this.#agents.delete(agent)
    disk.decide = ({ name }) => (name === 'close' ? undefined : { code: 'KILLED' })
    agent.link.stop()
    for (const log of [agent.disk.names, agent.disk.entries, agent.disk.ledger]) await log.close()
    await agent.disk.directory.release()
  }

  /** A terminal that has its shop: paired, synced once, and running. */
  async terminal(
    relay: RunningRelay,
    name: string,
    options: { role?: 'till' | 'manager'; shop?: string; mode?: 'online' | 'disconnected' } = {},
  ): Promise<Agent> {
    const agent = await this.agent(await this.paired(relay, name, options))
    await agent.sync()
    if (options.mode === 'disconnected') await agent.disconnect('Asha')
    return agent
  }

  async end(): Promise<void> {
    for (const agent of this.#agents) await agent.stop().catch(() => undefined)
    for (const { served } of this.#relays) await served.stop()
    await rm(this.root, { recursive: true, force: true })
  }
}

/** A sale of `quantity` tea at 100.00 without tax. */
export function tea(quantity = '1', extra: { externalRef?: string; bill?: string } = {}) {
  return {
    by: 'Asha',
    lines: [{ id: '1', sku: 'TEA', name: 'Tea', quantity, price: { minor: 10_000 }, taxes: [] }],
    tenders: { exactly: { type: 'cash' as const } },
    ...extra,
  }
}

export async function numbersOf(agent: Agent): Promise<string[]> {
  const numbers: string[] = []
  for await (const { number } of agent.lookup.all()) numbers.push(number)
  return numbers
}

export async function relayNumbers({ relay }: RunningRelay): Promise<string[]> {
  const numbers: string[] = []
  for await (const { number } of relay.invoices.all({})) numbers.push(number)
  return numbers
}

/** Resolves when a condition holds, asked again at each event; a test's own time limit ends the wait. */
export function until(agent: Agent, condition: () => boolean | Promise<boolean>): Promise<void> {
  return new Promise((resolve, reject) => {
    let asking = false
    let again = false
    const ask = (): void => {
      if (asking) {
        again = true
        return
      }
      asking = true
      void Promise.resolve(condition()).then(answer, reject)
    }
    const answer = (holds: boolean): void => {
      asking = false
      if (holds) {
        agent.off('status', ask)
        resolve()
      } else if (again) {
        again = false
        ask()
      }
    }
    agent.on('status', ask)
    ask()
  })
}
