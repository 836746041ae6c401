import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as A from '@automerge/automerge'
import { generateAutomergeUrl, parseAutomergeUrl, type DocumentId } from '@automerge/automerge-repo'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { nodeDisk, type Disk } from '../../src/storage/disk.js'
import { DurableStorageAdapter } from '../../src/storage/durable-adapter.js'
import { DurableRepo } from '../../src/storage/durable-repo.js'
import { FaultyDisk } from './disks.js'

type Doc = Record<string, number>

let folder: string
const failures: string[] = []
const unread: string[] = []
let recovered = 0

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'counterfoil-repo-'))
  failures.length = 0
  unread.length = 0
  recovered = 0
})
afterEach(async () => {
  vi.useRealTimers()
  await rm(folder, { recursive: true })
})

async function openRepo(disk: Disk = nodeDisk): Promise<DurableRepo> {
  const storage = await DurableStorageAdapter.open({
    directory: join(folder, 'documents'),
    quarantine: join(folder, 'quarantine'),
    disk,
    now: () => new Date(),
  })
  return new DurableRepo({
    storage,
    peerId: 'test',
    sharing: { announce: () => false, access: () => false },
    onSaveFailed: (_document, error) => failures.push(error.message),
    onSaveRecovered: () => {
      recovered += 1
    },
    onLoadFailed: (_document, error) => unread.push(error.message),
    retryAfter: 1,
  })
}

function newDocument(): DocumentId {
  return parseAutomergeUrl(generateAutomergeUrl()).documentId
}

describe('the durable repo', () => {
  test('D1 what is flushed is there after a restart', async () => {
    const repo = await openRepo()
    const id = newDocument()
    const handle = await repo.create<Doc>(id, {}, (draft) => {
      draft['a'] = 1
    })
    handle.change((draft) => {
      draft['b'] = 2
    })
    await repo.flush(id)
    const again = await openRepo()
    expect((await again.open<Doc>(id))?.doc()).toEqual({ a: 1, b: 2 })
  })

  test('P1 a save that was still to come does not bring a forgotten document back', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const repo = await openRepo()
    const id = newDocument()
    const handle = await repo.create<Doc>(id, {}, (draft) => {
      draft['a'] = 1
    })
    handle.change((draft) => {
      draft['b'] = 2
    })
    await repo.forget(id)
    await vi.advanceTimersByTimeAsync(60_000)
    await repo.storage.settled(id)
    expect(await repo.storage.has(id)).toBe(false)
    expect(await repo.open(id)).toBeUndefined()
  })

  test('a forgotten document that comes back with the heads it had is written again', async () => {
    const repo = await openRepo()
    const id = newDocument()
    const handle = await repo.create<Doc>(id, {}, (draft) => {
      draft['a'] = 1
    })
    const saved = A.save(handle.doc())
    await repo.forget(id)
    await repo.merge(id, saved)
    const again = await openRepo()
    expect((await again.open<Doc>(id))?.doc()).toEqual({ a: 1 })
  })

  test('a merge into a document that is only on the disk keeps what is there', async () => {
    const first = await openRepo()
    const id = newDocument()
    const handle = await first.create<Doc>(id, {}, (draft) => {
      draft['a'] = 1
    })
    const other = A.change(A.clone(handle.doc()), (draft) => {
      draft['b'] = 2
    })
    handle.change((draft) => {
      draft['c'] = 3
    })
    await first.flush(id)
    const second = await openRepo()
    await second.merge(id, A.save(other))
    const third = await openRepo()
    expect((await third.open<Doc>(id))?.doc()).toEqual({ a: 1, b: 2, c: 3 })
  })

  test('D4 a save in the background that fails ends no process, is told, and is tried again until it works', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const disk = new FaultyDisk(nodeDisk)
    const repo = await openRepo(disk)
    const id = newDocument()
    const handle = await repo.create<Doc>(id, {}, (draft) => {
      draft['a'] = 1
    })
    disk.decide = ({ name }) => (name === 'write' ? { code: 'ENOSPC' } : undefined)
    handle.change((draft) => {
      draft['b'] = 2
    })
    await vi.advanceTimersByTimeAsync(200)
    await vi.waitFor(() => expect(failures).toHaveLength(1))
    await expect(repo.flush(id)).rejects.toThrow('disk is full')
    expect(recovered).toBe(0)
    disk.decide = () => undefined
    await vi.advanceTimersByTimeAsync(5_000)
    await vi.waitFor(() => expect(recovered).toBe(1))
    const again = await openRepo()
    expect((await again.open<Doc>(id))?.doc()).toEqual({ a: 1, b: 2 })
  })

  test('D2 a document of which nothing can be read is not there, rather than empty for ever', async () => {
    const repo = await openRepo()
    const id = newDocument()
    await repo.create<Doc>(id, {}, (draft) => {
      draft['a'] = 1
    })
    const [snapshot] = await repo.storage.loadRange([id])
    const { truncate } = await import('node:fs/promises')
    const key = snapshot?.key ?? []
    await truncate(join(folder, 'documents', id.slice(0, 2), id.slice(2), ...key.slice(1)), 9)
    const damaged = await openRepo()
    expect(await damaged.open<Doc>(id)).toBeUndefined()
    expect(damaged.storage.damaged(id)).toBe(true)
    // Its content comes from elsewhere, and is kept beside the damaged bytes.
    await damaged.create<Doc>(id, {}, (draft) => {
      draft['a'] = 1
    })
    const again = await openRepo()
    expect((await again.open<Doc>(id))?.doc()).toEqual({ a: 1 })
  })

  test('D4 a document that cannot be read is reported, and not lost until the next start', async () => {
    const id = newDocument()
    await (
      await openRepo()
    ).create<Doc>(id, {}, (draft) => {
      draft['a'] = 1
    })
    const disk = new FaultyDisk(nodeDisk)
    const repo = await openRepo(disk)
    disk.decide = ({ name, path }) =>
      name === 'readFile' && path.includes(id.slice(2)) ? { code: 'EMFILE' } : undefined
    await expect(repo.open<Doc>(id)).rejects.toThrow('EMFILE')
    disk.decide = () => undefined
    expect((await repo.open<Doc>(id))?.doc()).toEqual({ a: 1 })
  }, 30_000)

  test('D4 nor is one that a peer sent for: it is read as soon as that works', async () => {
    const id = newDocument()
    await (
      await openRepo()
    ).create<Doc>(id, {}, (draft) => {
      draft['a'] = 1
    })
    const disk = new FaultyDisk(nodeDisk)
    const repo = await openRepo(disk)
    let left = 3
    disk.decide = ({ name, path }) =>
      name === 'readFile' && path.includes(id.slice(2)) && left-- > 0 ? { code: 'EMFILE' } : undefined
    expect((await repo.repo.find<Doc>(id)).doc()).toEqual({ a: 1 })
    expect(unread).toEqual(Array.from({ length: 3 }, () => expect.stringContaining('EMFILE')))
  })
})
