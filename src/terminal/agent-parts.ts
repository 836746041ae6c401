import { BookWriter } from './book-writer.js'
import type { ChainStart } from './chain.js'
import { readChainStart } from './chain-start.js'
import type { Log, Outside } from './context.js'
import { DayBooks } from './day-books.js'
import { Force } from './force.js'
import type { TerminalIdentity } from './identity.js'
import type { TerminalDisk } from './open-disk.js'
import { SharedDocuments } from './shared-documents.js'

export interface AgentOptions {
  /** Absolute path of the data directory. */
  readonly directory: string
  readonly outside: Outside
  readonly log: Log
  /** Bytes of images kept at most; without it what is right for a till. */
  readonly imageCacheBytes?: number
}

/** What an agent is made of that is read from its disk. */
export interface AgentParts {
  readonly books: DayBooks
  readonly documents: SharedDocuments
  readonly writer: BookWriter
  readonly start: ChainStart
  readonly journal: Awaited<ReturnType<typeof Force.readJournal>>
}

export async function readParts(
  options: AgentOptions,
  disk: TerminalDisk,
  whoami: () => TerminalIdentity,
  onSettled: (failure: Error | undefined) => void,
): Promise<AgentParts> {
  const { durable, names, entries, ledger, journal } = disk
  const identity = whoami()
  const { organisation, terminal } = identity
  const books = new DayBooks({ organisation, terminal, durable, names, entries, ledger })
  const documents = new SharedDocuments({ outside: options.outside, identity: whoami, durable, names })
  await documents.loadShop()
  const { outside } = options
  const writer = new BookWriter({ outside, identity: whoami, durable, names, journal, books, onSettled })
  await writer.recover()
  const parts = { books, documents, writer }
  return {
    ...parts,
    start: await readStart(options, disk, parts, identity),
    journal: await Force.readJournal(options.directory, options.outside.disk),
  }
}

/** Where the chain goes on, read from the day books as they are now. */
export function readStart(
  { directory, outside, log }: AgentOptions,
  { durable }: TerminalDisk,
  { books, writer }: Pick<AgentParts, 'books' | 'writer'>,
  identity: TerminalIdentity,
): Promise<ChainStart> {
  return readChainStart({ directory, disk: outside.disk, identity, durable, books, writer, log })
}
