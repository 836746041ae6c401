import type { InvoiceSpec } from '../invoices.js'
import { sizeOf } from '../folder-size.js'
import { cpuSeconds, cpuUntilIdle, peakMemory } from '../proc.js'
import { checkInvoices } from '../read-back.js'
import type { Sample } from '../results.js'
import { count, ROWS, type Row } from '../rows.js'
import { salesFileInvoices } from '../sales-file.js'
import { Scene } from './scene.js'
import { PER_DAY, type Trial } from './trial.js'

export interface SyncOptions {
  readonly n: number | 'real'
  /** Also M4 and M5. */
  readonly whole: boolean
  readonly runs: number
}

function specOf(n: number | 'real', seed: number): InvoiceSpec {
  return n === 'real'
    ? { seed: 'real', from: 0, count: salesFileInvoices().length, perDay: PER_DAY }
    : { seed, from: 0, count: n, perDay: PER_DAY }
}

/** Before a sync, nothing was put off for longer than that. */
const QUIET_MS = 250

/** M2, M4 and M5: invoices made offline are synced; time in the terminal, memory, CPU and disk from outside. */
export function syncTrial({ n, whole, runs }: SyncOptions): Trial {
  const size = specOf(n, 0).count
  return {
    title: `M2 sync of ${n === 'real' ? 'the real sales file' : count(n)}`,
    measures: whole ? ['M2', 'M4', 'M5'] : ['M2'],
    task: n === 'real' ? 'sales' : 'sync',
    size,
    runs,
    limit: 60 + size / 50,
    run: (contestant, place) =>
      Scene.with(contestant, place, async (scene) => {
        const { seed } = place
        const spec = specOf(n, seed)
        const terminal = await scene.terminal('T01')
        await terminal.do('make', spec)
        const { pid } = scene.server
        await cpuUntilIdle(pid, QUIET_MS)
        const cpuBefore = cpuSeconds(pid)
        const what = n === 'real' ? 'M2, the real sales file' : `M2, ${count(n)}`
        const { ms } = await scene.timed(what, terminal, () => terminal.do('sync', {}))
        const samples: Sample[] = [{ row: ROWS.sync(n, size), value: ms }]
        if (!whole || n === 'real') {
          checkInvoices([spec], await scene.readBackAfterKill())
          return samples
        }
        const cpuAfter = await cpuUntilIdle(pid)
        const cpu = cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore
        pushIf(samples, ROWS.cpu(n), cpu)
        pushIf(samples, ROWS.memory(n), peakMemory(pid))
        checkInvoices([spec], await scene.readBackAfterKill())
        // Both sides end in good order first: what they do then to save space counts for them.
        await terminal.close()
        await scene.server.end('SIGTERM')
        const sides = { terminal: scene.terminalDir('T01'), server: scene.serverDir }
        for (const side of ['terminal', 'server'] as const) {
          const { bytes, allocated } = await sizeOf(sides[side])
          samples.push({ row: ROWS.disk(n, side, 'bytes'), value: bytes })
          samples.push({ row: ROWS.disk(n, side, 'allocated'), value: allocated })
        }
        return samples
      }),
  }
}

function pushIf(samples: Sample[], row: Row, value: number | undefined): void {
  if (value !== undefined) samples.push({ row, value })
}
