import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider'
import { WebSocket } from 'ws'
import { encodeStateVector, type Doc } from 'yjs'
import type { ServerAddress } from '../../contestant.js'
import { DOCUMENTS_PATH, WHAT_IS_STORED } from './names.js'
import { covers } from './vectors.js'

/** Documents of one connection that sync at a time: the server lets 100 wait. */
const AT_ONCE = 50
/** Milliseconds without a message until the provider connects anew: a server may be busy for long in a storm. */
const PATIENCE_MS = 120_000

type Provided = readonly [name: string, document: Doc]

/** One connection of a terminal to its server. */
export class Connection {
  readonly #socket: HocuspocusProviderWebsocket

  constructor({ host, port }: ServerAddress) {
    this.#socket = new HocuspocusProviderWebsocket({
      url: `ws://${host}:${port}`,
      WebSocketPolyfill: WebSocket,
      messageReconnectTimeout: PATIENCE_MS,
    })
  }

  /** Sends and fetches; resolves when SQLite at the server has all that these documents had. */
  async store(documents: readonly Provided[]): Promise<void> {
    await this.#each(documents, (provider, document, done) => {
      const own = encodeStateVector(document)
      provider.on('stateless', ({ payload }: { payload: string }) => {
        if (covers(payload, own)) done()
      })
      // What was stored before is told by the answer; what is stored from now on is broadcast.
      provider.on('synced', () => provider.sendStateless(WHAT_IS_STORED))
    })
  }

  /** Resolves when these documents have all that the server had. */
  async fetch(documents: readonly Provided[]): Promise<void> {
    await this.#each(documents, (provider, _document, done) => provider.on('synced', done))
  }

  close(): void {
    this.#socket.destroy()
  }

  async #each(
    documents: readonly Provided[],
    until: (provider: HocuspocusProvider, document: Doc, done: () => void) => void,
  ): Promise<void> {
    const queue = [...documents]
    const nextOnes = async (): Promise<void> => {
      for (let next = queue.shift(); next; next = queue.shift()) await this.#one(next, until)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, nextOnes))
  }

  async #one(
    [name, document]: Provided,
    until: (provider: HocuspocusProvider, document: Doc, done: () => void) => void,
  ): Promise<void> {
    // No awareness: a till shows no cursors.
    const provider = new HocuspocusProvider({
      name,
      document,
      websocketProvider: this.#socket,
      awareness: null,
    })
    try {
      await new Promise<void>((resolve) => {
        until(provider, document, resolve)
        provider.attach()
      })
    } finally {
      provider.destroy()
    }
  }
}

/** Names of the documents the server has. */
export async function documentNames({ host, port }: ServerAddress): Promise<string[]> {
  const response = await fetch(`http://${host}:${port}${DOCUMENTS_PATH}`)
  return (await response.json()) as string[]
}
