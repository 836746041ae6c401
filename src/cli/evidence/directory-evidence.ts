import { linesOfBook, type SourceBook } from '../../docs/bundle/write.js'
import { inOrder, type BookLines } from '../../docs/bundle/order.js'
import type { Evidence } from '../../docs/verify/evidence.js'
import type { DirectoryRead } from './directory.js'

/** A data directory as the verifier reads it. Keys found there are nobody's word: its owner could have put them there. */
export function evidenceIn(read: DirectoryRead): Evidence {
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
    log: undefined,
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
