import type { RecordLine } from './record-line.js'

/** The records of one day book, by position. */
export interface BookLines {
  /** Terminal code and epoch. */
  readonly chain: string
  readonly lines: readonly RecordLine[]
}

/**
 * The records of day books, chain after chain and by position. The books of one chain mostly follow one another; those of two
 * copies of a terminal overlap, and are held until the next book shows that nothing comes between.
 */
export async function* inOrder(books: AsyncIterable<BookLines>): AsyncGenerator<RecordLine> {
  let held: RecordLine[] = []
  let chain: string | undefined
  for await (const book of books) {
    const first = book.lines[0]?.position ?? Infinity
    const from = book.chain === chain ? held.findIndex(({ position }) => position >= first) : -1
    yield* from < 0 ? held : held.slice(0, from)
    const kept = from < 0 ? [] : held.slice(from)
    held = kept.length === 0 ? [...book.lines] : [...kept, ...book.lines].sort(byPlace)
    chain = book.chain
  }
  yield* held
}

function byPlace(a: RecordLine, b: RecordLine): number {
  return a.position - b.position || (a.text < b.text ? -1 : 1)
}
