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
  takes: { seal: {}, sync: {}, storm: {}, cold: {}, catalogue: {} },
  reasons: {},
}

export const perInvoice: Contestant = {
  name: 'automerge-invoices',
  title: 'automerge-repo, a document per invoice',
  notes: [`Each invoice is a document of nested maps. ${NOT_FSYNCED}`],
  ...programs('automerge-invoices'),
  takes: { seal: {}, sync: {}, storm: {}, cold: {}, catalogue: {} },
  reasons: {},
}
