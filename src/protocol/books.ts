import type { BookHead } from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { BOOK_HEAD_BYTES, RECEIPT_DOCUMENTS } from './limits.js'
import { Refused } from './problem.js'

/*
 * The body of POST /v1/books: day books one after the other, each as
 *   0  4  length of the head, big-endian
 *   4     head: JSON, `BookHead` of relay-api.schema.json
 *         as many bytes of Automerge changes as the head says
 */
const LENGTH_BYTES = 4

/** Changes of one day book, as they go to the relay. */
export interface BookPart extends BookHead {
  readonly changes: Uint8Array
}

export function encodeBooks(parts: readonly Omit<BookPart, 'bytes'>[]): Uint8Array {
  const pieces: Uint8Array[] = []
  for (const { name, heads, changes } of parts) {
    const head = Buffer.from(JSON.stringify({ name, heads, bytes: changes.length } satisfies BookHead))
    const length = Buffer.alloc(LENGTH_BYTES)
    length.writeUInt32BE(head.length)
    pieces.push(length, head, changes)
  }
  return Buffer.concat(pieces)
}

/**
 * The day books of a body; their changes are views into it.
 * @throws Refused `bad-books`, InvalidInput
 */
export function decodeBooks(body: Uint8Array): BookPart[] {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length)
  const parts: BookPart[] = []
  for (let at = 0; at < bytes.length;) {
    if (parts.length === RECEIPT_DOCUMENTS) throw badBooks(`it has more than ${RECEIPT_DOCUMENTS} day books`)
    if (at + LENGTH_BYTES > bytes.length) throw badBooks('it ends within a length')
    const length = bytes.readUInt32BE(at)
    const start = at + LENGTH_BYTES
    if (length > BOOK_HEAD_BYTES) throw badBooks('a head is too long')
    if (start + length > bytes.length) throw badBooks('it ends within a head')
    const head = readHead(bytes.toString('utf8', start, start + length))
    at = start + length + head.bytes
    if (at > bytes.length) throw badBooks('it ends within a day book')
    parts.push({
      ...head,
      changes: new Uint8Array(body.buffer, body.byteOffset + start + length, head.bytes),
    })
  }
  return parts
}

function readHead(text: string): BookHead {
  let head: unknown
  try {
    head = JSON.parse(text)
  } catch {
    throw badBooks('a head is not JSON')
  }
  validate<BookHead>('relay-api.schema.json#/$defs/BookHead', head, 'head of a day book')
  return head
}

export function badBooks(reason: string): Refused {
  return new Refused('invalid', 'bad-books', `The body holds no day books as they are sent: ${reason}.`)
}
