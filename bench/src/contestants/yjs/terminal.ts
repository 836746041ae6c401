import type { OpenCommand, ServerAddress } from '../../contestant.js'
import { makeAll } from '../../peers/make.js'
import { stormTerminals } from '../../peers/storm.js'
import { nameTerminal } from '../../peers/terminal-name.js'
import { itemsOf, publishCatalogue } from '../../peers/yjs/catalogue.js'
import { Connection } from '../../peers/yjs/connection.js'
import { DayDocuments } from '../../peers/yjs/day-documents.js'
import { CATALOGUE } from '../../peers/yjs/names.js'
import { readBackDays } from '../../peers/yjs/read-back.js'
import { serveCommands, timed } from '../../terminal-process.js'

let opened: OpenCommand
let days: DayDocuments
let storming: { server: ServerAddress; terminals: readonly DayDocuments[] } | undefined

serveCommands({
  async open(command) {
    opened = command
    days = openDays(command.dir, command.terminal)
  },
  make: (spec) => makeAll(spec, (invoice) => days.put(invoice)),
  sync: () => timed(() => days.send(opened.server)),
  readBack: ({ server }) => readBackDays(server),
  async prepareStorm(command) {
    const terminals = await stormTerminals(command, openDays, (terminal, invoice) => terminal.put(invoice))
    storming = { server: command.server, terminals }
  },
  storm: () =>
    timed(async () => {
      if (!storming) throw new Error('No storm was prepared')
      const { server, terminals } = storming
      await Promise.all(terminals.map((terminal) => terminal.send(server)))
    }),
  publish: (spec) => publishCatalogue(spec, opened.server),
  fetchCatalogue: () =>
    timed(async () => {
      const connection = new Connection(opened.server)
      await connection.fetch([[CATALOGUE, await days.document(CATALOGUE)]])
      connection.close()
      await days.written()
    }),
  async readCatalogue() {
    return { entries: itemsOf(await days.document(CATALOGUE)) }
  },
  async close() {
    await days.close()
    for (const terminal of storming?.terminals ?? []) await terminal.close()
  },
})

function openDays(dir: string, terminal: string): DayDocuments {
  nameTerminal(dir, terminal)
  return new DayDocuments(dir, terminal)
}
