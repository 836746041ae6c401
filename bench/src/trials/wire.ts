import { CountingProxy } from '../counting-proxy.js'
import { checkInvoices } from '../read-back.js'
import { count, ROWS } from '../rows.js'
import { Scene } from './scene.js'
import { PER_DAY, type Trial } from './trial.js'

/** M3: the bytes of a sync, counted by a proxy between terminal and server; in runs of its own, because it costs time. */
export function wireTrial(n: number, runs: number): Trial {
  return {
    title: `M3 wire of ${count(n)}`,
    measures: ['M3'],
    task: 'sync',
    size: n,
    runs,
    limit: 60 + n / 50,
    run: (contestant, place) =>
      Scene.with(contestant, place, async (scene) => {
        const { seed } = place
        const proxy = await CountingProxy.before(scene.server.port)
        try {
          const spec = { seed, from: 0, count: n, perDay: PER_DAY }
          const terminal = await scene.terminal('T01', {}, { ...scene.address, port: proxy.port })
          await terminal.do('make', spec)
          proxy.reset()
          await terminal.do('sync', {})
          const { up, down } = proxy.counted
          checkInvoices([spec], await scene.readBackAfterKill())
          return [
            { row: ROWS.wire(n, 'all'), value: up + down },
            { row: ROWS.wire(n, 'up'), value: up },
            { row: ROWS.wire(n, 'down'), value: down },
          ]
        } finally {
          proxy.close()
        }
      }),
  }
}
