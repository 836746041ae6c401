import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TillProgram, TillRequest } from './contestant.js'
import type { Invoice } from './invoices.js'
import { ready, untilTerminated } from './server-process.js'

/**
 * A till of the least kind, for contestants that have none: an invoice is posted over HTTP, and answered when it is
 * durable. It is ready when it listens, and listens when the store is open.
 */
export function serveTill(
  seal: (invoice: Invoice) => Promise<void> | void,
  close: () => Promise<void> | void,
): void {
  const server = createServer((request, response) => {
    const work = async (): Promise<void> => {
      await seal(JSON.parse(await text(request)) as Invoice)
      response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
    }
    work().catch((error: unknown) => response.writeHead(500).end(String(error)))
  })
  server.listen(0, '127.0.0.1', () => ready((server.address() as AddressInfo).port))
  untilTerminated(close)
}

/** How a till made with {@link serveTill} is asked to seal. */
export const simpleSale: TillProgram['sale'] = async ({ line, invoice }): Promise<TillRequest> => {
  const { port } = JSON.parse(line) as { port: number }
  return {
    url: `http://127.0.0.1:${port}/sale`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(invoice),
  }
}
