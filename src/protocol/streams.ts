import { once } from 'node:events'
import type { Response } from 'express'

/**
 * Sends `{"<name>":[…]}` as it comes, however long it is. The first item is awaited before anything is sent, so that
 * an error there still becomes a problem document.
 */
export async function sendJsonList(response: Response, name: string, items: AsyncIterable<unknown>): Promise<void> {
  const iterator = items[Symbol.asyncIterator]()
  let next = await iterator.next()
  response.type('application/json')
  response.write(`{${JSON.stringify(name)}:[`)
  for (let first = true; !next.done; first = false) {
    if (!response.write(`${first ? '\n' : ',\n'}${JSON.stringify(next.value)}`) && !response.closed) {
      await Promise.race([once(response, 'drain'), once(response, 'close')])
    }
    if (response.closed) {
      await iterator.return?.()
      return
    }
    next = await iterator.next()
  }
  response.end(']}\n')
}
