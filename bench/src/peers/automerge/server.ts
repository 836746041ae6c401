import './steady-wasm.js'
import { mkdirSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { Repo, type DocumentId, type PeerId } from '@automerge/automerge-repo'
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs'
import { WebSocketServer } from 'ws'
import { argumentsOf, ready, untilTerminated } from '../../server-process.js'
import { BACKLOG } from '../listening.js'
import type { Heads } from './at-server.js'

/** Milliseconds between two looks whether documents have come. */
const LOOK_EVERY_MS = 10
/** A document's id is 16 bytes and a checksum in base 58; the folders of other keys have shorter names. */
const LEAST_ID = 20

const { dir, port } = argumentsOf()
mkdirSync(dir, { recursive: true })
const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)))
})
const repo = new Repo({
  network: [new WebSocketServerAdapter(new WebSocketServer({ server }))],
  storage: new NodeFSStorageAdapter(dir),
  peerId: 'server' as PeerId,
  // It takes what is sent and gives what is asked for, and announces nothing, like the project's own sync server.
  sharePolicy: async () => false,
})
server.listen({ port, host: '127.0.0.1', backlog: BACKLOG }, () =>
  ready((server.address() as AddressInfo).port),
)
untilTerminated(() => repo.shutdown())

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('content-type', 'application/json')
  const [, path, id] = (request.url ?? '').split('/')
  if (path === 'stored') {
    await untilStored(JSON.parse(await text(request)) as Heads[])
    response.end('{}')
  } else if (path === 'heads' && id !== undefined) {
    response.end(JSON.stringify((await repo.find(id as DocumentId)).heads()))
  } else if (path === 'documents') response.end(JSON.stringify(await documentIds()))
  else response.writeHead(404).end('{}')
}

/** There is no acknowledgement in the protocol: waits until these documents have these heads, and are saved. */
async function untilStored(wanted: readonly Heads[]): Promise<void> {
  for (const [id, heads] of wanted) {
    for (;;) {
      const handle = repo.handles[id]
      if (handle?.isReady()) {
        const has = new Set<string>(handle.heads())
        if (heads.every((head) => has.has(head))) break
      }
      await delay(LOOK_EVERY_MS)
    }
  }
  await repo.flush(wanted.map(([id]) => id))
}

/** From the folders of the adapter, because a repo cannot list what it has stored. */
async function documentIds(): Promise<string[]> {
  const starts = await readdir(dir)
  const ids = await Promise.all(
    starts.map(async (start) => (await readdir(join(dir, start))).map((rest) => start + rest)),
  )
  return ids.flat().filter((id) => id.length > LEAST_ID)
}
