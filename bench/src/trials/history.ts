import type { Contestant } from '../contestant.js'
import { invoicesOf, type InvoiceSpec } from '../invoices.js'
import type { Terminal } from '../processes.js'
import { checkInvoices } from '../read-back.js'
import type { Sample } from '../results.js'
import { count, ROWS } from '../rows.js'
import { median } from '../statistics.js'
import { coldStart } from './cold-start.js'
import { Scene } from './scene.js'
import type { Watch } from '../watch/watch.js'
import type { Trial } from './trial.js'

/** Invoices of one day: 2,500 are nine days. */
const PER_DAY = 277
export interface HistoryOptions {
  /** Invoices on the disk and at the server before anything is timed. */
  readonly history: number
  /** The least history of the plan, which growth is measured against; absent where growth is not asked for. */
  readonly first: number | undefined
  /** Whether M7 is shown by itself with this history. */
  readonly cold: boolean
  /** Samples of each figure. */
  readonly rounds: number
  /** Invoices that M1 and M2 are timed with in each round. */
  readonly round: number
}

/** M7 and M10: a terminal that has sold for long; how fast it seals, syncs and starts. */
export function historyTrial(options: HistoryOptions): Trial {
  const { history, first, cold } = options
  return {
    title: `${first === undefined ? 'M7' : 'M7 and M10'}, history of ${count(history)}`,
    measures: [...(cold ? (['M7'] as const) : []), ...(first === undefined ? [] : (['M10'] as const))],
    task: 'cold',
    size: history,
    runs: 1,
    limit: 60 + history / 100,
    run: (contestant, place) =>
      Scene.with(contestant, place, async (scene) => {
        const { seed } = place
        const terminal = await scene.terminal('T01')
        const past = new Past(terminal, seed)
        await past.make(history)
        await terminal.do('sync', {})
        const grown = contestant.takes.growth ? await growth(past, options) : []
        await terminal.close()
        const { samples, stamped } = await coldStarts(contestant, scene, past, options, place.watch)
        await (await scene.terminal('T01')).do('sync', {})
        checkInvoices(past.made, await scene.readBackAfterKill(), stamped)
        return [...grown, ...samples]
      }),
  }
}

/** The invoices a terminal made, without gaps. */
class Past {
  readonly terminal: Terminal
  readonly #seed: number
  readonly made: InvoiceSpec[] = []

  constructor(terminal: Terminal, seed: number) {
    this.terminal = terminal
    this.#seed = seed
  }

  next(count: number): InvoiceSpec {
    const from = this.made.reduce((sum, spec) => sum + spec.count, 0)
    return { seed: this.#seed, from, count, perDay: PER_DAY }
  }

  async make(count: number): Promise<readonly number[]> {
    const spec = this.next(count)
    this.made.push(spec)
    return (await this.terminal.do('make', spec)).latenciesMs
  }
}

async function growth(
  past: Past,
  { history, first, rounds, round: size }: HistoryOptions,
): Promise<Sample[]> {
  const samples: Sample[] = []
  if (first === undefined) return samples
  for (let round = 0; round < rounds; round += 1) {
    const latencies = await past.make(size)
    const { ms } = await past.terminal.do('sync', {})
    samples.push({ row: ROWS.growth('seal', history, first, size), value: median(latencies) })
    samples.push({ row: ROWS.growth('sync', history, first, size), value: ms })
  }
  return samples
}

/** Starts after an end in good order, then as many after a kill. Each seals one invoice, stamped with the time it is. */
async function coldStarts(
  contestant: Contestant,
  scene: Scene,
  past: Past,
  { history, first, cold, rounds, round }: HistoryOptions,
  watch: Watch | undefined,
): Promise<{ samples: Sample[]; stamped: string[] }> {
  const samples: Sample[] = []
  const stamped: string[] = []
  if (!contestant.till) return { samples, stamped }
  const invoices = [...invoicesOf(past.next(2 * rounds))]
  const place = { dir: scene.terminalDir('T01'), server: scene.address }
  for (const [start, invoice] of invoices.entries()) {
    const title = `M7, ${count(history)} invoices`
    const watched = start === 0 && watch ? { watch, title } : undefined
    const { process, ms, memory } = await coldStart(contestant, place, invoice, watched)
    scene.add(process)
    stamped.push(invoice.id)
    const afterKill = start >= rounds
    await process.end(start < rounds - 1 ? 'SIGTERM' : 'SIGKILL')
    if (afterKill) {
      if (cold) samples.push({ row: ROWS.cold(history, 'killed'), value: ms })
      continue
    }
    if (cold) samples.push({ row: ROWS.cold(history, 'time'), value: ms })
    if (cold && memory !== undefined) samples.push({ row: ROWS.cold(history, 'memory'), value: memory })
    if (first !== undefined) samples.push({ row: ROWS.growth('cold', history, first, round), value: ms })
  }
  return { samples, stamped }
}
