// Writes docs/ACCESS.md from the access table of the built relay: who may use which route and message, and which
// terminals reach which documents.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const NAMES = {
  anyone: 'anyone',
  till: 'till',
  'manager-terminal': 'manager terminal',
  operator: 'operator',
  auditor: 'auditor',
  manager: 'manager',
  machine: 'machine',
}

const REACH = {
  shop: 'all terminals of the shop',
  managers: 'its terminals of role manager',
  own: 'the one terminal its name says',
  none: 'no terminal; the relay only',
}

const INTRO = `# Who may use what of the relay

Written by \`npm run access\` from \`src/relay/access-table.ts\`, which is also what the relay decides by: a route that
stands in no row does not exist, a frame that stands in no row closes its socket, a document whose kind stands in no row
is reached by nobody. \`tests/relay/matrix.test.ts\` tries every cell over real connections.

- **anyone**: whoever asks; **till**, **manager terminal**: a terminal that proved its key, by the role it was paired with
- **operator**, **auditor**, **manager**: a person who signed in; a manager sees and changes one shop only
- **machine**: a command of whoever can read the relay's directory, on its machine

A revoked terminal and one that was never paired are *anyone*. A terminal of another shop asks the same routes and is
answered about its own shop.
`

/** @returns the page as text */
export function accessPage({ CALLERS, ROUTES, MESSAGES, DOCUMENTS }) {
  const routes = Object.values(ROUTES).map(({ method, path, who, purpose }) => [
    `\`${method} ${path}\``,
    ...CALLERS.map((caller) => (who.includes('anyone') || who.includes(caller) ? 'yes' : '')),
    purpose,
  ])
  const messages = Object.entries(MESSAGES).map(([type, { needs, purpose }]) => [
    `\`${type}\``,
    needs,
    purpose,
  ])
  const documents = Object.entries(DOCUMENTS).map(([kind, { read, write }]) => [
    kind,
    REACH[read],
    REACH[write],
  ])
  return [
    INTRO,
    '## Routes\n',
    table(['Route', ...CALLERS.map((caller) => NAMES[caller]), 'What for'], routes),
    '## Frames of the WebSocket\n',
    '`/v1/socket` opens for a terminal only: with a ticket of `POST /v1/connect`, which can be used once, and never for a',
    'browser. A frame in the name of another terminal closes it.\n',
    table(['Frame', 'Needs of the document', 'What for'], messages),
    '## Documents\n',
    'No terminal reaches a document of another shop, whatever its kind.\n',
    table(['Kind', 'Read by', 'Written by'], documents),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |').replaceAll('|  |', '| |')
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const table = await import('../dist/relay/access-table.js')
  await writeFile(new URL('../docs/ACCESS.md', import.meta.url), accessPage(table))
}
