import { join } from 'node:path'
import { Repo, type DocHandle, type DocumentId } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs'
import type { ServerAddress } from '../../contestant.js'
import { headsAtServer } from './at-server.js'

/** A repo on a terminal's disk. Without a folder, one in memory. */
export function terminalRepo(dir?: string): Repo {
  return new Repo(
    dir === undefined
      ? {}
      : { storage: new NodeFSStorageAdapter(join(dir, 'documents')), isEphemeral: false },
  )
}

/** Runs something while the repo is connected. */
export async function connected<T>(
  repo: Repo,
  { host, port }: ServerAddress,
  work: () => Promise<T>,
): Promise<T> {
  const adapter = new WebSocketClientAdapter(`ws://${host}:${port}`)
  // The adapter calls itself ready after a second, whether or not the server has answered; then nothing would be found.
  const peer = new Promise<void>((resolve) => {
    repo.networkSubsystem.once('peer', () => resolve())
  })
  repo.networkSubsystem.addNetworkAdapter(adapter)
  try {
    await peer
    return await work()
  } finally {
    repo.networkSubsystem.removeNetworkAdapter(adapter)
  }
}

/** Finds a document and resolves when it has all that the server had. */
export async function fetchLatest<T>(
  repo: Repo,
  server: ServerAddress,
  id: DocumentId,
): Promise<DocHandle<T>> {
  const [handle, wanted] = await Promise.all([repo.find<T>(id), headsAtServer(server, id)])
  const isLatest = (): boolean => {
    const has = new Set<string>(handle.heads())
    return wanted.every((head) => has.has(head))
  }
  if (!isLatest()) {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!isLatest()) return
        handle.off('heads-changed', look)
        resolve()
      }
      handle.on('heads-changed', look)
    })
  }
  return handle
}
