import { join } from 'node:path'
import type { Contestant } from '../../contestant.js'
import { versionsOf } from '../../installed.js'
import { simpleSale } from '../../till-server.js'
import { loadSqlite } from './sqlite.js'

const here = import.meta.dirname
const { packageName } = await loadSqlite()

export const contestant: Contestant = {
  name: 'floor',
  title: packageName === 'better-sqlite3' ? 'SQLite outbox' : `SQLite outbox (${packageName})`,
  notes: [
    'WAL with synchronous=FULL on both sides, one commit an invoice, batches of 500 over HTTP to express. No merge, no history, no proofs.',
    ...(packageName === 'better-sqlite3'
      ? []
      : [`better-sqlite3 is not installed (it needs a compiler): ${packageName} stands in for it.`]),
  ],
  versions: versionsOf(packageName, 'express'),
  server: {
    argv: ({ dir, port }) => [join(here, 'server.js'), '--dir', dir, '--port', String(port)],
  },
  terminal: join(here, 'terminal.js'),
  till: { argv: ({ dir }) => [join(here, 'till.js'), '--dir', dir], sale: simpleSale },
  takes: { seal: {}, sync: {}, sales: {}, storm: {}, cold: {}, catalogue: {}, growth: {} },
  reasons: { force: 'It has nothing like it; its M2 is what force-complete is compared with.' },
}
