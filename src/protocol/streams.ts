import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Response } from 'express'

/** Parts that are made before the reader has taken the first of them. */
const PARTS_AHEAD = 16

/**
 * Sends parts as they come, however many. The first is awaited before anything is sent, so that an error
 * there still becomes a problem document; one later cuts the answer off, which the reader notices.
 * @param ahead parts that may be waiting for a slow reader: one where they are large
 */
export async function sendParts(
  response: Response,
  type: string,
  parts: AsyncIterator<string | Uint8Array>,
  ahead = PARTS_AHEAD,
): Promise<void> {
  const first = await parts.next()
  response.type(type)
  try {
    await pipeline(Readable.from(restOf(first, parts), { highWaterMark: ahead }), response)
  } catch (error) {
    // Whoever stops reading needs no answer any more.
    if (!response.destroyed || !isGone(error)) throw error
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'
}

async function* restOf<T>(first: IteratorResult<T>, parts: AsyncIterator<T>): AsyncGenerator<T> {
  for (let next = first; !next.done; next = await parts.next()) yield next.value
}

/** Sends `{"<name>":[…]}`, one item a line. */
export function sendJsonList(response: Response, name: string, items: AsyncIterable<unknown>): Promise<void> {
  return sendParts(response, 'application/json', listParts(name, items))
}

async function* listParts(name: string, items: AsyncIterable<unknown>): AsyncGenerator<string> {
  let before = `{${JSON.stringify(name)}:[`
  for await (const item of items) {
    yield `${before}\n${JSON.stringify(item)}`
    before = ','
  }
  yield before === ',' ? '\n]}\n' : `${before}]}\n`
}
