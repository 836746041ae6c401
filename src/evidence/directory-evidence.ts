import { linesOfBook, type SourceBook } from '../docs/bundle/write.js'
import { inOrder, type BookLines } from '../docs/bundle/order.js'
import { dayCloseLeaf, receiptLeaf } from '../docs/bundle/log-leaves.js'
import type { RecordLine } from '../docs/bundle/record-line.js'
import type { Evidence } from '../docs/verify/evidence.js'
import type { LogEvidence } from '../docs/verify/log.js'
import type { DirectoryRead } from './directory.js'
import { consistencyWith, proofsOf } from './log-proofs.js'
import type { LogRead } from './log-read.js'

/** A data directory as the verifier reads it. Keys found there are nobody's word: its owner could have put them there. */
export async function evidenceIn(read: DirectoryRead, older?: string): Promise<Evidence> {
  return {
    what: read.kind,
    organisation: read.organisation,
    keys: read.keys,
    isVouched: false,
    names: read.names,
    from: null,
    to: null,
    shops: undefined,
    isWhole: read.kind === 'relay',
    isLoose: read.kind === 'terminal',
    log: read.log && (await logOf(read, read.log, older)),
    receipts: read.receipts,
    records: () => inOrder(linesOf(read.books())),
    documents: async function* () {
      for await (const { id, saved } of read.books()) yield { id, saved }
    },
  }
}

async function* linesOf(books: AsyncIterable<SourceBook>): AsyncGenerator<BookLines> {
  for await (const book of books)
    yield { chain: `${book.name.code}${book.name.epoch}`, lines: linesOfBook(book) }
}

async function logOf(read: DirectoryRead, log: LogRead, older: string | undefined): Promise<LogEvidence> {
  const { relay } = read.keys
  return {
    checkpoint: log.checkpoint,
    older,
    consistency: older === undefined || !relay ? undefined : await consistencyWith(log, older, relay),
    proofs: async function* () {
      const leaves: Uint8Array[] = []
      for await (const receipt of read.receipts()) leaves.push(receiptLeaf(receipt))
      for await (const book of read.books())
        for (const line of linesOfBook(book)) leaves.push(...leavesOf(line))
      yield* proofsOf(log, leaves)
    },
  }
}

function leavesOf(line: RecordLine): Uint8Array[] {
  const leaf = dayCloseLeaf(line)
  return leaf ? [leaf] : []
}
