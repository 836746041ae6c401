import { join } from 'node:path'
import type { Contestant, ServerProgram } from '../../contestant.js'
import { versionsOf } from '../../installed.js'
import { simpleSale } from '../../till-server.js'
import { EAGER_DEBOUNCE_MS } from './debounce.js'

const folder = join(import.meta.dirname, '../../contestants')
const server = (name: string): ServerProgram => ({
  argv: ({ dir, port }) => [join(folder, name, 'server.js'), '--dir', dir, '--port', String(port)],
})

const versions = versionsOf(
  'yjs',
  'y-leveldb',
  '@hocuspocus/server',
  '@hocuspocus/extension-sqlite',
  '@hocuspocus/provider',
)
const reasons = { force: 'A Y.Doc keeps its history; a terminal would drop whole days.' }

/** As it is shipped. */
export const stock: Contestant = {
  name: 'yjs',
  title: 'Yjs + Hocuspocus',
  notes: [
    'One Y.Doc per terminal and day, a map of invoices as plain JSON. The terminal keeps updates in y-leveldb, which does not fsync.',
    'The server acknowledges what its memory has and stores a document 2 s after its last change (debounce, as shipped); the terminal waits until the SQLite extension has stored it, of which an added hook tells.',
    'SQLite at the server runs as the extension opens it: rollback journal, synchronous=FULL, one transaction per document.',
  ],
  versions,
  server: server('yjs'),
  terminal: join(folder, 'yjs', 'terminal.js'),
  till: { argv: ({ dir }) => [join(folder, 'yjs', 'till.js'), '--dir', dir], sale: simpleSale },
  takes: { seal: {}, sync: {}, sales: {}, storm: { size: 200 }, cold: {}, catalogue: {}, growth: {} },
  reasons: { ...reasons, storm: 'A storm of 1,000 is left out: it would take minutes more.' },
}

/** With a server whose users wait for what is stored. */
export const eager: Contestant = {
  ...stock,
  name: 'yjs-eager',
  title: `Yjs + Hocuspocus, stored after ${EAGER_DEBOUNCE_MS} ms`,
  notes: [
    `As Yjs + Hocuspocus, but a document is stored ${EAGER_DEBOUNCE_MS} ms after its last change instead of 2 s: no terminal waits for the timer, and a document that is written to all day is stored as a whole as often.`,
  ],
  server: server('yjs-eager'),
  takes: { sync: {}, sales: {}, storm: { size: 200 } },
  reasons: {
    ...reasons,
    seal: 'As Yjs + Hocuspocus: the server has no part in it.',
    cold: 'As Yjs + Hocuspocus: the server has no part in it.',
    catalogue: 'As Yjs + Hocuspocus: the server stores nothing in it.',
    growth: 'As Yjs + Hocuspocus.',
    storm: 'A storm of 1,000 is left out: it would take minutes more.',
  },
}
