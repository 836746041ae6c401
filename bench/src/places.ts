import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds this repository. Found upwards, because this module runs as source in tests and compiled else. */
export const REPOSITORY = find(dirname(fileURLToPath(import.meta.url)))

/** The bench's own folder. */
export const BENCH = join(REPOSITORY, 'bench')

function find(from: string): string {
  if (existsSync(join(from, 'examples', 'online-retail.csv'))) return from
  const above = dirname(from)
  if (above === from) throw new Error('The repository was not found around the bench')
  return find(above)
}
