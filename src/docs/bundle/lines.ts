/** A line longer than any record, which a damaged or hostile file may have. */
export class LineTooLong extends Error {
  constructor() {
    super(`It has a line of more than ${MOST} bytes`)
    this.name = 'LineTooLong'
  }
}

/** Far above any record. */
const MOST = 64 * 1024 * 1024

/**
 * The lines of a text in UTF-8, without their ends; of it no more than a line is held. What is not UTF-8 shows as U+FFFD, and
 * then is not what was signed.
 * @throws LineTooLong
 */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const held: string[] = []
  let length = 0
  for await (const bytes of source) {
    const [first = '', ...rest] = decoder.decode(bytes, { stream: true }).split('\n')
    held.push(first)
    length += first.length
    if (length > MOST) throw new LineTooLong()
    for (const next of rest) {
      yield held.join('')
      held.splice(0, held.length, next)
      length = next.length
    }
  }
  const last = held.join('') + decoder.decode()
  if (last !== '') yield last
}
