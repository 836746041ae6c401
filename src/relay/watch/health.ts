import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'
import type { HealthResponse, HealthSeries } from '../../docs/generated/types.js'
import type { StorageUse, Use } from '../../storage/usage.js'
import { isRefusal } from '../incidents.js'
import type { Tallies } from './tallies.js'

/** One sample a minute for a day: what an operator compares is yesterday with today. */
export const STEP_SECONDS = 60
const SAMPLES = 24 * 60
/** How finely lateness of the event loop is measured. Milliseconds. */
const LAG_RESOLUTION_MS = 20

/** What is so at a moment. */
export interface Gauges {
  readonly documents: number
  readonly uncounted: number
  readonly unverified: number
  readonly inspecting: number
  readonly connections: number
}

export interface HealthOptions {
  readonly gauges: () => Gauges
  readonly tallies: Tallies
  readonly storage: Pick<StorageUse, 'read'>
  readonly now: () => Date
}

type Sample = { readonly [K in keyof HealthSeries]: number | null }

interface Counted {
  readonly at: number
  readonly records: number
  readonly receipts: number
  readonly refusals: number
  readonly requests: number
}

/** How the relay does over the last day, in memory: a sample each step, rates per minute from what was counted since. */
export class Health {
  readonly #options: HealthOptions
  readonly #lag: IntervalHistogram = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS })
  readonly #samples: { readonly at: number; readonly sample: Sample }[] = []
  #storage: Use = {}
  #before: Counted | undefined
  #timer: NodeJS.Timeout | undefined
  #onSample: () => void = () => undefined

  constructor(options: HealthOptions) {
    this.#options = options
  }

  /** @param onSample told of each sample */
  begin(onSample: () => void): void {
    this.#onSample = onSample
    this.#lag.enable()
    void this.#lookAtStorage().then(() => this.sample())
    this.#timer = setInterval(() => this.sample(), STEP_SECONDS * 1_000)
    this.#timer.unref()
  }

  /** Takes a sample now. */
  sample(): void {
    const { gauges, now } = this.#options
    const counted = this.#counted()
    const rate = (field: Exclude<keyof Counted, 'at'>): number | null => {
      const minutes = this.#before ? (counted.at - this.#before.at) / 60_000 : 0
      return this.#before && minutes > 0
        ? Math.round(((counted[field] - this.#before[field]) / minutes) * 100) / 100
        : null
    }
    const sample: Sample = {
      storageUsed: this.#storage.used ?? null,
      storageFree: this.#storage.free ?? null,
      ...gauges(),
      records: rate('records'),
      receipts: rate('receipts'),
      refusals: rate('refusals'),
      requests: rate('requests'),
      lag: this.lagSeconds,
      memory: process.memoryUsage.rss(),
    }
    this.#lag.reset()
    this.#before = counted
    this.#samples.push({ at: Math.floor(now().getTime() / 1_000), sample })
    if (this.#samples.length > SAMPLES) this.#samples.shift()
    this.#onSample()
    void this.#lookAtStorage()
  }

  /** Of a hundred times the event loop was asked since the last sample, it was later at most once. */
  get lagSeconds(): number {
    const late = this.#lag.percentile(99) / 1e9 - LAG_RESOLUTION_MS / 1_000
    return Number.isFinite(late) ? Math.max(0, Math.round(late * 1e6) / 1e6) : 0
  }

  /** As it was looked at last. */
  get storage(): Use {
    return this.#storage
  }

  async #lookAtStorage(): Promise<void> {
    this.#storage = await this.#options.storage.read()
  }

  #counted(): Counted {
    const { records, receipts, requests, incidents } = this.#options.tallies
    let refusals = 0
    for (const [kind, count] of incidents) if (isRefusal({ kind })) refusals += count
    return { at: performance.now(), records, receipts, refusals, requests }
  }

  /** @param since seconds since 1970: only what was sampled later */
  response(since = 0): HealthResponse {
    const chosen = this.#samples.filter(({ at }) => at > since)
    const figures = (field: keyof HealthSeries): (number | null)[] =>
      chosen.map(({ sample }) => sample[field])
    return {
      at: this.#options.now().toISOString(),
      stepSeconds: STEP_SECONDS,
      times: chosen.map(({ at }) => at),
      series: {
        storageUsed: figures('storageUsed'),
        storageFree: figures('storageFree'),
        documents: figures('documents'),
        uncounted: figures('uncounted'),
        unverified: figures('unverified'),
        inspecting: figures('inspecting'),
        connections: figures('connections'),
        records: figures('records'),
        receipts: figures('receipts'),
        refusals: figures('refusals'),
        requests: figures('requests'),
        lag: figures('lag'),
        memory: figures('memory'),
      },
    }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#lag.disable()
  }
}
