import { CountingProxy } from '../counting-proxy.js'
import type { CatalogueSpec } from '../items.js'
import { checkItems } from '../read-back.js'
import type { Sample } from '../results.js'
import { count, ROWS } from '../rows.js'
import { Scene } from './scene.js'
import type { Trial } from './trial.js'

/**
 * M8: a terminal that has nothing fetches the catalogue, and later the prices that were changed. After each it is killed,
 * and the catalogue is read from its folder by a new process.
 * @param counted the run is for bytes, through the counting proxy; otherwise for time
 */
export function catalogueTrial(items: number, counted: boolean, runs: number): Trial {
  return {
    title: `M8 catalogue of ${count(items)}${counted ? ', bytes' : ''}`,
    measures: ['M8'],
    task: 'catalogue',
    size: items,
    runs,
    limit: 60 + items / 100,
    run: (contestant, place) =>
      Scene.with(contestant, place, async (scene) => {
        const { seed } = place
        const proxy = counted ? await CountingProxy.before(scene.server.port) : undefined
        try {
          const at = proxy ? { ...scene.address, port: proxy.port } : scene.address
          const publisher = await scene.terminal('M01', { publisher: true })
          const samples: Sample[] = []
          for (const [what, revision] of [
            ['fetch', 0],
            ['change', 1],
          ] as const) {
            const spec: CatalogueSpec = { seed, items, revision }
            await publisher.do('publish', spec)
            const terminal = await scene.terminal('T01', { fresh: true }, at)
            proxy?.reset()
            const title = `M8, ${count(items)} items: ${what}`
            const { ms } = await scene.timed(title, terminal, () => terminal.do('fetchCatalogue', {}))
            if (proxy) {
              const { up, down } = proxy.counted
              samples.push({ row: ROWS.catalogueWire(items, what), value: up + down })
            } else samples.push({ row: ROWS.catalogue(items, what), value: ms })
            await terminal.end('SIGKILL')
            const reader = await scene.terminal('T01', { fresh: true }, at)
            checkItems(spec, await reader.do('readCatalogue', {}))
            await reader.close()
          }
          return samples
        } finally {
          proxy?.close()
        }
      }),
  }
}
