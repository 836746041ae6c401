import { checkInvoices } from '../read-back.js'
import type { Sample } from '../results.js'
import { ROWS } from '../rows.js'
import { percentile } from '../statistics.js'
import { Scene } from './scene.js'
import type { Trial } from './trial.js'

/** The first seals of a process are slower than any that follow; they are made, and not counted. */
const WARM_UP = 50

/** M1: one day book that grows; seals are timed where it has so many invoices. */
export function sealTrial(books: readonly number[], seals: number, runs: number, allowance: number): Trial {
  const all = Math.max(...books) + seals + WARM_UP
  return {
    title: `M1 seal, day book of ${books.join(', ')}`,
    measures: ['M1'],
    task: 'seal',
    size: all,
    runs,
    allowance,
    run: (contestant, place) =>
      Scene.with(contestant, place, async (scene) => {
        const { seed } = place
        const terminal = await scene.terminal('T01')
        // Another terminal's book takes the warm-up, so that the first here is the first of its book.
        const samples: Sample[] = []
        let made = 0
        const make = async (count: number): Promise<readonly number[]> => {
          const { latenciesMs } = await terminal.do('make', { seed, from: made, count, perDay: all })
          made += count
          return latenciesMs
        }
        for (const book of books) {
          const before = book === 0 ? WARM_UP : book - made
          if (before > 0) await make(before)
          const latencies = await make(seals)
          for (const percent of [50, 99] as const)
            samples.push({ row: ROWS.seal(book, percent), value: percentile(latencies, percent) })
        }
        await terminal.do('sync', {})
        checkInvoices([{ seed, from: 0, count: made, perDay: all }], await scene.readBackAfterKill())
        return samples
      }),
  }
}
