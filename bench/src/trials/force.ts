import { checkInvoices } from '../read-back.js'
import { count, ROWS } from '../rows.js'
import { Scene } from './scene.js'
import { PER_DAY, type Trial } from './trial.js'

/** M9: what was made offline is handed over whole, and deleted at the terminal. */
export function forceTrial(n: number, runs: number): Trial {
  return {
    title: `M9 force-complete of ${count(n)}`,
    measures: ['M9'],
    task: 'force',
    size: n,
    runs,
    limit: 60 + n / 50,
    run: (contestant, place) =>
      Scene.with(contestant, place, async (scene) => {
        const { seed } = place
        const spec = { seed, from: 0, count: n, perDay: PER_DAY }
        const terminal = await scene.terminal('T01')
        await terminal.do('make', spec)
        const { ms } = await scene.timed(`M9, ${count(n)}`, terminal, () => terminal.do('force', {}))
        checkInvoices([spec], await scene.readBackAfterKill())
        return [{ row: ROWS.force(n), value: ms }]
      }),
  }
}
