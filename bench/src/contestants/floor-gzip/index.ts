import { join } from 'node:path'
import type { Contestant } from '../../contestant.js'
import { contestant as floor } from '../floor/index.js'

/** The floor with compressed batches: what they would cost and save. */
export const contestant: Contestant = {
  name: 'floor-gzip',
  title: `${floor.title}, gzip`,
  notes: ['The floor with its batches compressed; measured for the sync only.'],
  versions: floor.versions,
  server: floor.server,
  terminal: join(import.meta.dirname, 'terminal.js'),
  takes: { sync: {}, sales: {} },
}
