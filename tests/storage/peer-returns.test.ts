import {
  NetworkAdapter,
  Repo,
  type DocHandle,
  type Message,
  type PeerId,
  type RepoConfig,
} from '@automerge/automerge-repo'
import { describe, expect, test } from 'vitest'
import { beginAnewWithReturningPeers } from '../../src/storage/peer-returns.js'

interface Doc {
  readonly [key: string]: number
}

/** One end of a wire between two repos in this process. What is sent is lost while the wire is cut. */
class WireEnd extends NetworkAdapter {
  readonly #far: PeerId
  other: WireEnd | undefined
  cut = false
  /** Called with every message that arrives here. */
  onArrival: (message: Message) => void = () => undefined
  onLost: () => void = () => undefined

  constructor(far: string) {
    super()
    this.#far = far as PeerId
  }

  isReady(): boolean {
    return true
  }

  async whenReady(): Promise<void> {}

  connect(peerId: PeerId): void {
    this.peerId = peerId
  }

  disconnect(): void {}

  send(message: Message): void {
    const { other } = this
    if (this.cut || !other) {
      this.onLost()
      return
    }
    setImmediate(() => {
      other.onArrival(message)
      other.emit('message', message)
    })
  }

  comes(): void {
    this.emit('peer-candidate', { peerId: this.#far, peerMetadata: {} })
  }

  goes(): void {
    this.emit('peer-disconnected', { peerId: this.#far })
  }
}

/** So many messages about one change, and they are not talking about it but in circles. */
const ENDLESS = 60

/** A till loses its connection while a change is on its way to it, and comes back. @returns whether it has it then */
async function comesBack(prepare: (repo: Repo) => void): Promise<boolean> {
  const [server, client] = [new WireEnd('till'), new WireEnd('relay')]
  server.other = client
  client.other = server
  const config = { peerId: 'relay' as PeerId, network: [server], isEphemeral: true } satisfies RepoConfig
  const relay = new Repo({
    ...config,
    shareConfig: { announce: async () => false, access: async () => true },
  })
  const till = new Repo({ peerId: 'till' as PeerId, network: [client], isEphemeral: true })
  prepare(relay)

  const source = relay.create<Doc>({ first: 1 })
  server.comes()
  client.comes()
  const copy = await till.find<Doc>(source.documentId)
  await has(copy, 'first')

  server.cut = true
  const lost = new Promise<void>((resolve) => (server.onLost = resolve))
  source.change((doc) => Object.assign(doc, { lost: 2 }))
  await lost
  server.goes()
  client.goes()
  server.cut = false
  source.change((doc) => Object.assign(doc, { later: 3 }))

  let messages = 0
  const endless = new Promise<boolean>((resolve) => {
    server.onArrival = () => {
      messages += 1
      if (messages > ENDLESS) resolve(false)
    }
  })
  server.comes()
  client.comes()
  const arrived = await Promise.race([endless, has(copy, 'lost', 'later').then(() => true)])
  server.cut = true
  client.cut = true
  return arrived
}

function has(handle: DocHandle<Doc>, ...keys: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (!keys.every((key) => key in handle.doc())) return
      handle.off('heads-changed', look)
      resolve()
    }
    handle.on('heads-changed', look)
    look()
  })
}

describe('a peer that comes back', () => {
  test('S2 it gets what was on its way when its connection ended', async () => {
    expect(await comesBack(beginAnewWithReturningPeers)).toBe(true)
  })

  test('automerge-repo as it is talks in circles', async () => {
    expect(await comesBack(() => undefined)).toBe(false)
  })
})
