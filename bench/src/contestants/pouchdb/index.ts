import { join } from 'node:path'
import type { Contestant } from '../../contestant.js'
import { versionsOf } from '../../installed.js'
import { simpleSale } from '../../till-server.js'

const here = import.meta.dirname

export const contestant: Contestant = {
  name: 'pouchdb',
  title: 'PouchDB → CouchDB protocol',
  notes: [
    'One document per invoice, replicated in batches of 1,000 into one database of all terminals. The server is express-pouchdb on PouchDB’s LevelDB adapter, because CouchDB itself is no npm package.',
    'Neither side fsyncs: LevelDB writes its log without sync, and the adapter has no setting for it. What is acknowledged survives the death of the process, but not of the machine.',
  ],
  versions: versionsOf('pouchdb', 'express-pouchdb'),
  server: {
    argv: ({ dir, port }) => [join(here, 'server.js'), '--dir', dir, '--port', String(port)],
  },
  terminal: join(here, 'terminal.js'),
  till: { argv: ({ dir }) => [join(here, 'till.js'), '--dir', dir], sale: simpleSale },
  takes: { seal: {}, sync: {}, sales: {}, storm: {}, cold: {}, catalogue: {}, growth: {} },
  reasons: {
    force: 'A PouchDB cannot purge what it replicated; the whole database would be destroyed and made anew.',
  },
}
