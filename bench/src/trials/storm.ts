import { peakMemory } from '../proc.js'
import { checkInvoices } from '../read-back.js'
import { count, ROWS } from '../rows.js'
import { Scene } from './scene.js'
import { PER_DAY, type Trial } from './trial.js'

/** M6: many terminals of one process, each with invoices of its own, sync at the same moment. */
export function stormTrial(terminals: number, each: number, runs: number): Trial {
  return {
    title: `M6 storm of ${count(terminals)}`,
    measures: ['M6'],
    task: 'storm',
    size: terminals,
    runs,
    limit: 60 + terminals / 2,
    run: (contestant, place) =>
      Scene.with(contestant, place, async (scene) => {
        const { seed } = place
        const crowd = scene.process()
        await crowd.do('prepareStorm', {
          dir: scene.terminalDir('crowd'),
          server: scene.address,
          terminals,
          each,
          seed,
          perDay: PER_DAY,
        })
        const { ms } = await scene.timed(`M6, ${count(terminals)} terminals`, crowd, () =>
          crowd.do('storm', {}),
        )
        const memory = peakMemory(scene.server.pid)
        // Each of them has its first day.
        const made = Array.from({ length: terminals }, (_, t) => ({
          seed,
          from: t * each,
          count: each,
          perDay: PER_DAY,
          dayFrom: t * each,
        }))
        checkInvoices(made, await scene.readBackAfterKill())
        return [
          { row: ROWS.storm(terminals, 'time'), value: ms },
          ...(memory === undefined ? [] : [{ row: ROWS.storm(terminals, 'memory'), value: memory }]),
        ]
      }),
  }
}
