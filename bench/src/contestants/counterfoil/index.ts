import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contestant, TillProgram } from '../../contestant.js'
import { versionsOf } from '../../installed.js'
import { REPOSITORY } from '../../places.js'
import { saleOf } from './mapping.js'
import { CLI, loadFiles } from './product.js'
import { readControl } from './relay.js'

if (!existsSync(CLI)) throw new Error('Counterfoil is not built. Run "npm run build" first.')

const manifest = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { version: string }

const files = await loadFiles()

/** The till's own API, with the secret that its data directory holds for commands on this machine. */
const sale: TillProgram['sale'] = async ({ line, dir, invoice }) => {
  const { token } = await readControl(files, dir)
  const { url } = JSON.parse(line) as { url: string }
  return {
    url: `${url}/v1/sales`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(saleOf(invoice)),
  }
}

export const contestant: Contestant = {
  name: 'counterfoil',
  title: 'Counterfoil',
  notes: [
    'Each invoice is priced, numbered, chained to the one before, signed (Ed25519) and fsynced before it is answered; a sync ends when custody receipts signed by the relay for all of it are verified at the terminal.',
    'A storm is of shops of 50 terminals each: a terminal knows all of its own shop.',
  ],
  versions: {
    counterfoil: manifest.version,
    ...versionsOf('@automerge/automerge', '@automerge/automerge-repo', 'ws'),
  },
  server: {
    argv: ({ dir, port }) => [CLI, 'relay', 'serve', '--data', dir, '--port', String(port), '--json'],
    portOf: (line) => Number(new URL((JSON.parse(line) as { url: string }).url).port),
  },
  terminal: join(import.meta.dirname, 'terminal.js'),
  till: {
    argv: ({ dir }) => [CLI, 'terminal', 'serve', '--data', dir, '--port', '0', '--json'],
    sale,
  },
  takes: { seal: {}, sync: {}, sales: {}, storm: {}, cold: {}, catalogue: {}, force: {}, growth: {} },
}
