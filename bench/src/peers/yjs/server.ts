import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Server } from '@hocuspocus/server'
import { argumentsOf, ready, untilTerminated } from '../../server-process.js'
import { AcknowledgingSQLite } from './acknowledging-sqlite.js'

/** Runs a Hocuspocus server as this process. */
export async function serveDocuments(options: { readonly debounce?: number }): Promise<void> {
  const { dir, port } = argumentsOf()
  mkdirSync(dir, { recursive: true })
  const server = new Server({
    port,
    address: '127.0.0.1',
    quiet: true,
    stopOnSignals: false,
    extensions: [new AcknowledgingSQLite({ database: join(dir, 'documents.sqlite') })],
    ...options,
  })
  await server.listen()
  ready(server.address.port)
  untilTerminated(() => server.destroy())
}
