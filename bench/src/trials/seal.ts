import type { InvoiceSpec } from '../invoices.js'
import { checkInvoices } from '../read-back.js'
import type { Sample } from '../results.js'
import { ROWS } from '../rows.js'
import { percentile } from '../statistics.js'
import { Scene } from './scene.js'
import type { Trial } from './trial.js'

/** The first seals of a process are slower than any that follow: they are made on the day before, and not counted. */
const WARM_UP = 50

/** M1: one day book that grows; seals are timed where it has so many invoices. */
export function sealTrial(books: readonly number[], seals: number, runs: number): Trial {
  const all = Math.max(...books) + seals
  return {
    title: `M1 seal, day book of ${books.join(', ')}`,
    measures: ['M1'],
    task: 'seal',
    size: all + WARM_UP,
    runs,
    limit: 120,
    run: (contestant, place) =>
      Scene.with(contestant, place, async (scene) => {
        const { seed } = place
        const terminal = await scene.terminal('T01')
        const made: InvoiceSpec[] = [{ seed, from: 0, count: WARM_UP, perDay: WARM_UP }]
        await terminal.do('make', { seed, from: 0, count: WARM_UP, perDay: WARM_UP })
        let inBook = 0
        const make = async (count: number): Promise<readonly number[]> => {
          // All of them on the second day.
          const spec = { seed, from: WARM_UP + inBook, count, perDay: all, dayFrom: WARM_UP - all }
          made.push(spec)
          inBook += count
          return (await terminal.do('make', spec)).latenciesMs
        }
        const samples: Sample[] = []
        for (const book of books) {
          if (book > inBook) await make(book - inBook)
          const latencies = await scene.timed(`M1, day book of ${book}`, terminal, () => make(seals))
          for (const percent of [50, 99] as const)
            samples.push({ row: ROWS.seal(book, percent), value: percentile(latencies, percent) })
        }
        await terminal.do('sync', {})
        checkInvoices(made, await scene.readBackAfterKill())
        return samples
      }),
  }
}
