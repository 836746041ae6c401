import type { PullHead } from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { PULL_DOCUMENT_BYTES, PULL_HEAD_BYTES } from './limits.js'
import { Refused } from './problem.js'

/*
 * The answer to POST /v1/pull: documents one after the other, each as
 *   0  4  length of the head, big-endian
 *   4     head: JSON, `PullHead` of relay-api.schema.json
 *         as many bytes of Automerge's chunks as the head says
 * and at the end a length of 0, so that an answer that was cut between two documents is told from a whole one.
 */
const LENGTH_BYTES = 4

/** What a terminal gets of one document. */
export interface PulledDocument {
  readonly head: PullHead
  readonly chunks: Uint8Array
}

export const PULL_END = new Uint8Array(LENGTH_BYTES)

/** The frame of one document, without the bytes that follow it. */
export function pullFrame(head: PullHead): Uint8Array {
  const text = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeUInt32BE(text.length)
  return Buffer.concat([length, text])
}

/**
 * The documents of an answer as they arrive, each when all of it is here.
 * @throws Refused `bad-pull` for anything but what {@link pullFrame} makes, and for an answer that is cut; InvalidInput
 */
export async function* readPull(body: AsyncIterable<Uint8Array>): AsyncGenerator<PulledDocument> {
  const bytes = new Gathering(body)
  for (;;) {
    const length = (await bytes.take(LENGTH_BYTES)).readUInt32BE()
    if (length === 0) break
    if (length > PULL_HEAD_BYTES) throw badPull('a head is too long')
    const head = readHead((await bytes.take(length)).toString())
    if (head.bytes > PULL_DOCUMENT_BYTES) throw badPull('a document is too large')
    yield { head, chunks: await bytes.take(head.bytes) }
  }
  if (!(await bytes.isOver())) throw badPull('bytes follow its end')
}

/** Pieces of a stream, put together to as many bytes as are wanted. */
class Gathering {
  readonly #body: AsyncIterator<Uint8Array>
  #pieces: Uint8Array[] = []
  #bytes = 0

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#body = body[Symbol.asyncIterator]()
  }

  async take(wanted: number): Promise<Buffer> {
    while (this.#bytes < wanted) if (!(await this.#more())) throw badPull('it was cut')
    const all = this.#pieces.length === 1 ? asBuffer(this.#pieces[0]) : Buffer.concat(this.#pieces)
    const rest = all.subarray(wanted)
    this.#pieces = rest.length > 0 ? [rest] : []
    this.#bytes = rest.length
    return all.subarray(0, wanted)
  }

  async isOver(): Promise<boolean> {
    while (this.#bytes === 0) if (!(await this.#more())) return true
    return false
  }

  async #more(): Promise<boolean> {
    const next = await this.#body.next()
    if (next.done) return false
    this.#pieces.push(next.value)
    this.#bytes += next.value.length
    return true
  }
}

function asBuffer(bytes: Uint8Array = new Uint8Array()): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

function readHead(text: string): PullHead {
  let head: unknown
  try {
    head = JSON.parse(text)
  } catch {
    throw badPull('a head is not JSON')
  }
  validate<PullHead>('relay-api.schema.json#/$defs/PullHead', head, 'head of a document')
  return head
}

function badPull(reason: string): Refused {
  return new Refused(
    'unavailable',
    'bad-pull',
    `The relay’s answer holds no documents as they are sent: ${reason}. Sync again; it goes on where it was.`,
  )
}
