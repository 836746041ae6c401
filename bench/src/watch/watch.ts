import { existsSync, readFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { cpuSeconds } from '../proc.js'
import type { OwnTime } from './own-times.js'
import type { Watched } from './preload.js'

/** Where one process spent its time while it did what is timed. */
export interface Profile {
  readonly trial: string
  readonly process: 'server' | 'terminal' | 'till'
  /** Seconds of all its threads; of its main thread. Absent where the kernel does not tell. */
  readonly cpu?: number
  readonly mainCpu?: number
  /** Bytes it sent to the disk. */
  readonly written?: number
  readonly syncs: number
  readonly main: readonly OwnTime[]
  readonly workers: readonly OwnTime[]
}

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'preload.js')).href
/** Between two looks for what a process is to write, and the most looks. Milliseconds. */
const LOOK_MS = 20
const MOST_MS = 10_000

interface Before {
  readonly cpu: number | undefined
  readonly mainCpu: number | undefined
  readonly written: number | undefined
}

/** Watches processes that were started with {@link Watch.env}. */
export class Watch {
  readonly profiles: Profile[] = []
  readonly #folder: string
  readonly #before = new Map<number, Before>()
  readonly #times = new Map<number, number>()

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async in(folder: string): Promise<Watch> {
    await mkdir(folder, { recursive: true })
    return new Watch(folder)
  }

  /** @param fromStart whether the process is watched from its start */
  env(fromStart = false): Record<string, string> {
    return {
      NODE_OPTIONS: `--import=${PRELOAD}`,
      COUNTERFOIL_BENCH_WATCH: this.#folder,
      ...(fromStart ? { COUNTERFOIL_BENCH_WATCH_START: '1' } : {}),
    }
  }

  async begin(pid: number): Promise<void> {
    process.kill(pid, 'SIGUSR2')
    await this.#appears(`${pid}.on`)
    this.#before.set(pid, countersOf(pid))
  }

  /** Notes what a process did since {@link begin}, or since its start. @throws where it does not tell in time */
  async end(pid: number, of: Pick<Profile, 'trial' | 'process'>): Promise<void> {
    const before = this.#before.get(pid) ?? { cpu: 0, mainCpu: 0, written: 0 }
    const after = countersOf(pid)
    const number = (this.#times.get(pid) ?? 0) + 1
    this.#times.set(pid, number)
    process.kill(pid, 'SIGUSR2')
    const file = `${pid}.${number}.json`
    await this.#appears(file)
    const { syncs, main, workers } = JSON.parse(await readFile(join(this.#folder, file), 'utf8')) as Watched
    this.profiles.push({
      ...of,
      ...difference('cpu', before.cpu, after.cpu),
      ...difference('mainCpu', before.mainCpu, after.mainCpu),
      ...difference('written', before.written, after.written),
      syncs,
      main,
      workers,
    })
  }

  async #appears(file: string): Promise<void> {
    for (let waited = 0; !existsSync(join(this.#folder, file)); waited += LOOK_MS) {
      if (waited > MOST_MS) throw new Error(`A watched process did not write ${file}`)
      await delay(LOOK_MS)
    }
  }
}

function countersOf(pid: number): Before {
  return { cpu: cpuSeconds(pid), mainCpu: cpuSeconds(pid, pid), written: writtenBytes(pid) }
}

function writtenBytes(pid: number): number | undefined {
  try {
    const match = /^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))
    return match ? Number(match[1]) : undefined
  } catch {
    return undefined
  }
}

function difference<K extends string>(name: K, before: number | undefined, after: number | undefined) {
  if (before === undefined || after === undefined) return {}
  return { [name]: after - before } as { [Key in K]: number }
}
