import { join } from 'node:path'
import type { Contestant } from '../../contestant.js'
import { versionsOf } from '../../installed.js'
import { simpleSale } from '../../till-server.js'

const NOT_FSYNCED =
  'Neither side fsyncs: the nodefs adapter writes a file without a temporary one. Its protocol has no acknowledgement; the terminal asks the server over HTTP until it has flushed the heads that were sent.'

type Programs = Pick<Contestant, 'versions' | 'server' | 'terminal' | 'till'>

function programs(name: string): Programs {
  const folder = join(import.meta.dirname, '../../contestants', name)
  return {
    versions: versionsOf(
      '@automerge/automerge',
      '@automerge/automerge-repo',
      '@automerge/automerge-repo-network-websocket',
      '@automerge/automerge-repo-storage-nodefs',
    ),
    server: { argv: ({ dir, port }) => [join(folder, 'server.js'), '--dir', dir, '--port', String(port)] },
    terminal: join(folder, 'terminal.js'),
    till: { argv: ({ dir }) => [join(folder, 'till.js'), '--dir', dir], sale: simpleSale },
  }
}

export const perDay: Contestant = {
  name: 'automerge-days',
  title: 'automerge-repo, a document per day',
  notes: [`Invoices as nested maps in one document per terminal and day. ${NOT_FSYNCED}`],
  ...programs('automerge-days'),
  takes: {
    seal: {},
    sync: { size: 5_000 },
    storm: { size: 50 },
    cold: { size: 10_000 },
    catalogue: { size: 5_000 },
  },
  reasons: {
    sync: 'To make and sync 10,000 takes about five minutes.',
    sales: 'Left out, as its day books are small: M2 of 1,000 says the same.',
    storm: 'A storm of 200 takes three minutes, one of 1,000 was not over after four.',
    cold: 'A history of 30,000 was not made in four minutes.',
    catalogue: 'With 20,000 items it takes a minute.',
  },
}

export const perInvoice: Contestant = {
  name: 'automerge-invoices',
  title: 'automerge-repo, a document per invoice',
  notes: [`Each invoice is a document of nested maps. ${NOT_FSYNCED}`],
  ...programs('automerge-invoices'),
  takes: { seal: { size: 1_000 }, sync: { size: 1_000 }, cold: { size: 2_500 } },
  reasons: {
    seal: 'A day of 3,600 takes about three minutes.',
    sync: 'A sync of 10,000 was not over after five minutes.',
    sales: 'Left out, as it is small: M2 of 1,000 says the same.',
    storm: 'A storm of 50 takes two minutes, one of 200 was not over after four.',
    cold: 'A history of 10,000 was not made in four minutes.',
    catalogue: 'As automerge-repo, a document per day: the catalogue is one document there as well.',
  },
}
