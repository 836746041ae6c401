import type { OpenCommand, ServerAddress, TerminalCommands } from '../../contestant.js'
import { timed } from '../../terminal-process.js'
import { makeAll } from '../make.js'
import { stormTerminals } from '../storm.js'
import { nameTerminal } from '../terminal-name.js'
import { fetchCatalogue, publishCatalogue, readCatalogue } from './catalogue.js'
import { readBackDocuments } from './read-back.js'
import { Store, type Layout } from './store.js'

/** The commands of a terminal with a stock repo. */
export function automergeCommands(layout: Layout): TerminalCommands {
  let opened: OpenCommand
  let store: Store
  let storming: { server: ServerAddress; stores: readonly Store[] } | undefined

  const openStore = (dir: string, terminal: string): Store => {
    nameTerminal(dir, terminal)
    return new Store(dir, layout)
  }

  return {
    async open(command) {
      opened = command
      store = openStore(command.dir, command.terminal)
    },
    make: (spec) => makeAll(spec, (invoice) => store.put(invoice)),
    sync: () => timed(() => store.send(opened.server)),
    readBack: ({ server }) => readBackDocuments(server, layout),
    async prepareStorm(command) {
      const stores = await stormTerminals(command, openStore, (one, invoice) => one.put(invoice))
      storming = { server: command.server, stores }
    },
    storm: () =>
      timed(async () => {
        if (!storming) throw new Error('No storm was prepared')
        const { server, stores } = storming
        await Promise.all(stores.map((one) => one.send(server)))
      }),
    publish: (spec) => publishCatalogue(store.repo, spec, opened.server),
    fetchCatalogue: () => timed(() => fetchCatalogue(store.repo, opened.server)),
    readCatalogue: () => readCatalogue(store.repo),
    async close() {
      await store.close()
      for (const one of storming?.stores ?? []) await one.close()
    },
  }
}
