import { createHash } from 'node:crypto'
import fs from 'node:fs/promises'
import * as A from '@automerge/automerge'
import type { DocHandle, Repo } from '@automerge/automerge-repo'
import { expect, it } from 'vitest'
import type { DurableStorageAdapter } from '../../src/storage/durable-adapter.js'
import { inFolder } from './observe.js'
import { fileOf, noise, openRepo, openStorage } from './open.js'

interface Sales {
  [key: string]: string
}

interface Till {
  readonly folder: string
  readonly storage: DurableStorageAdapter
  readonly repo: Repo
  readonly handle: DocHandle<Sales>
}

async function withTill(firstBytes: number, task: (till: Till) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const storage = await openStorage(folder)
    const repo = openRepo(storage)
    const handle = repo.create<Sales>({ first: noise(firstBytes, 0) })
    await repo.flush()
    await task({ folder, storage, repo, handle })
  })
}

function changeOf({ handle }: Till, sale: number): Uint8Array {
  const changed = A.change(A.clone(handle.doc()), (doc) => void (doc[`sale${sale}`] = noise(300, sale)))
  const change = A.getLastLocalChange(changed)
  if (!change) throw new Error('nothing changed')
  return change
}

/** Durable first, then in the document: as a sale is sealed. */
async function sell(till: Till, sale: number): Promise<Uint8Array> {
  const change = changeOf(till, sale)
  await till.storage.saveChange(till.handle.documentId, change, `T1A-${sale}`)
  till.handle.update((doc) => A.applyChanges(doc, [change])[0])
  return change
}

async function names({ folder, handle }: Till, kind: string): Promise<string[]> {
  return fs.readdir(fileOf(folder, [handle.documentId, kind])).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}

async function reloaded({ folder, handle }: Till): Promise<Sales> {
  const repo = openRepo(await openStorage(folder))
  return { ...(await repo.find<Sales>(handle.documentId)).doc() }
}

it('D1 changes that were saved by themselves are not written a second time', async () => {
  await withTill(10_000, async (till) => {
    const expected: string[] = []
    for (let sale = 1; sale <= 6; sale++) {
      const change = await sell(till, sale)
      expected.push(`${createHash('sha256').update(change).digest('hex')}.T1A-${sale}`)
      // Sometimes one by one and sometimes several in one blob.
      if (sale % 2 === 0 || sale === 1) await till.repo.flush()
    }
    expect((await names(till, 'incremental')).toSorted()).toEqual(expected.toSorted())
    expect(await names(till, 'snapshot')).toHaveLength(1)
    expect(Object.keys(await reloaded(till))).toHaveLength(7)
    expect((await till.storage.labels(till.handle.documentId)).map(({ label }) => label).toSorted()).toEqual(
      [1, 2, 3, 4, 5, 6].map((sale) => `T1A-${sale}`),
    )
  })
})

it('D1 a compaction takes the files of saved changes away, and nothing else', async () => {
  await withTill(2000, async (till) => {
    const before = await names(till, 'snapshot')
    for (let sale = 1; sale <= 12; sale++) {
      await sell(till, sale)
      await till.repo.flush()
    }
    const snapshots = await names(till, 'snapshot')
    expect(snapshots).toHaveLength(1)
    expect(snapshots).not.toEqual(before)
    const incremental = await names(till, 'incremental')
    expect(incremental.length).toBeLessThan(8)
    expect(Object.keys(await reloaded(till))).toHaveLength(13)
    // A snapshot may come first and be followed by no remove at all: the change is then in it and needs no file.
    const { files } = await till.storage.usage(till.handle.documentId)
    expect(files).toBe(1 + incremental.length)
  })
})

it('D1 a change that goes straight into a snapshot leaves no file', async () => {
  // Below 1 kB automerge-repo writes nothing but snapshots.
  await withTill(10, async (till) => {
    await sell(till, 1)
    await sell(till, 2)
    expect(await names(till, 'incremental')).toHaveLength(2)
    await till.repo.flush()
    expect(await names(till, 'incremental')).toEqual([])
    expect(await names(till, 'snapshot')).toHaveLength(1)
    expect(Object.keys(await reloaded(till))).toHaveLength(3)
  })
})

it('D1 a change that is not in the document yet survives a compaction', async () => {
  await withTill(10, async (till) => {
    await sell(till, 1)
    const waiting = changeOf(till, 2)
    await till.storage.saveChange(till.handle.documentId, waiting, 'T1A-2')
    await sell(till, 3)
    await till.repo.flush()
    expect(await names(till, 'incremental')).toEqual([expect.stringMatching(/T1A-2$/)])
    expect(Object.keys(await reloaded(till)).toSorted()).toEqual(['first', 'sale1', 'sale2', 'sale3'])
  })
})

it('D1 what is in a snapshot behind a change without a file goes with the compaction after the next start', async () => {
  await withTill(10, async (till) => {
    await sell(till, 1)
    till.handle.change((doc) => void (doc['note'] = 'changed by hand'))
    await till.repo.flush()
    expect(await names(till, 'incremental')).toHaveLength(1)
    const repo = openRepo(await openStorage(till.folder))
    const handle = await repo.find<Sales>(till.handle.documentId)
    handle.change((doc) => void (doc['note'] = 'changed again'))
    await repo.flush()
    expect(await names(till, 'incremental')).toEqual([])
    expect(Object.keys(await reloaded(till)).toSorted()).toEqual(['first', 'note', 'sale1'])
  })
})

it('D1 a blob that holds other changes as well is written whole', async () => {
  await withTill(10_000, async (till) => {
    await sell(till, 1)
    till.handle.change((doc) => void (doc['note'] = 'changed by hand'))
    await till.repo.flush()
    expect(await names(till, 'incremental')).toHaveLength(2)
    expect(Object.keys(await reloaded(till)).toSorted()).toEqual(['first', 'note', 'sale1'])
    for (let sale = 2; sale <= 40; sale++) await sell(till, sale)
    await till.repo.flush()
    till.handle.change((doc) => void (doc['note'] = 'so that it compacts'))
    await till.repo.flush()
    expect(await names(till, 'incremental')).toEqual([])
    expect(Object.keys(await reloaded(till))).toHaveLength(42)
  })
})

it('D3 after a restart the compaction takes the files by the names it finds', async () => {
  await withTill(2000, async (till) => {
    for (let sale = 1; sale <= 3; sale++) await sell(till, sale)
    const repo = openRepo(await openStorage(till.folder))
    const handle = await repo.find<Sales>(till.handle.documentId)
    for (let index = 0; index < 2; index++) {
      handle.change((doc) => void (doc[`large${index}`] = noise(4000, 9 + index)))
      await repo.flush()
    }
    const incremental = await names(till, 'incremental')
    expect(incremental.filter((name) => name.includes('.'))).toEqual([])
    expect(Object.keys(await reloaded(till))).toHaveLength(6)
  })
})

it('D4 an alias loads what it stands for, and a removed document is forgotten', async () => {
  await withTill(10_000, async (till) => {
    const { storage, handle } = till
    const first = await sell(till, 1)
    const second = await sell(till, 2)
    const blob = Buffer.concat([first, second])
    const alias = [handle.documentId, 'incremental', createHash('sha256').update(blob).digest('hex')]
    await storage.save(alias, blob)
    expect(await names(till, 'incremental')).toHaveLength(2)
    expect(Buffer.from((await storage.load(alias)) ?? [])).toEqual(blob)
    await storage.removeRange([handle.documentId])
    expect(await storage.load(alias)).toBeUndefined()
    // What is no longer there must not count as stored.
    await storage.save(alias, blob)
    expect(await names(till, 'incremental')).toEqual([alias[2]])
    expect(Buffer.from((await storage.load(alias)) ?? [])).toEqual(blob)
  })
})

it('D4 the same change twice is one file, and can be discarded', async () => {
  await withTill(10, async (till) => {
    const id = till.handle.documentId
    const change = changeOf(till, 1)
    await Promise.all([
      till.storage.saveChange(id, change, 'T1A-1'),
      till.storage.saveChange(id, change, 'T1A-1'),
    ])
    expect(await names(till, 'incremental')).toHaveLength(1)
    await till.storage.discardChange(id, change, 'T1A-1')
    await till.storage.discardChange(id, change, 'T1A-1')
    expect(await names(till, 'incremental')).toEqual([])
    expect(await till.storage.labels(id)).toEqual([])
  })
})

it('R1 saveChange refuses what is not one change, and labels that could not be a name', async () => {
  await withTill(10, async (till) => {
    const id = till.handle.documentId
    const change = changeOf(till, 1)
    await expect(till.storage.saveChange(id, A.save(till.handle.doc()), 'a')).rejects.toThrow('exactly one')
    await expect(till.storage.saveChange(id, Buffer.concat([change, change]), 'a')).rejects.toThrow(
      'exactly one',
    )
    await expect(till.storage.saveChange(id, new Uint8Array(), 'a')).rejects.toThrow('exactly one')
    for (const label of ['', 'a/b', '..', 'a'.repeat(41), 'a b']) {
      await expect(till.storage.saveChange(id, change, label)).rejects.toThrow('label')
    }
  })
})

it('lists documents and their usage, and nothing that is not a document', async () => {
  await withTill(10, async (till) => {
    const { storage, handle } = till
    await storage.save(['storage-adapter-id'], Buffer.from('id'))
    await storage.save(['settings', 'theme'], Buffer.from('dark'))
    await storage.save(['3onlyAsyncState', 'sync-state', 'peer'], Buffer.from('state'))
    const listed: string[] = []
    for await (const id of storage.documents()) listed.push(id)
    expect(listed).toEqual([handle.documentId])
    expect(await storage.has(handle.documentId)).toBe(true)
    expect(await storage.has('3onlyAsyncState')).toBe(false)
    expect(await storage.has('unknown')).toBe(false)
    const { files, bytes } = await storage.usage(handle.documentId)
    const [snapshot = ''] = await names(till, 'snapshot')
    expect(files).toBe(1)
    expect(bytes).toBe((await fs.stat(fileOf(till.folder, [handle.documentId, 'snapshot', snapshot]))).size)
    expect(await storage.usage('unknown')).toEqual({ files: 0, bytes: 0 })
  })
})

it('removes folders that are empty, but not the one documents share', async () => {
  await withTill(10, async (till) => {
    const { folder, storage, handle } = till
    for (const { key } of await storage.loadRange([handle.documentId])) await storage.remove(key)
    expect(await fs.readdir(fileOf(folder, [handle.documentId.slice(0, 2)]))).toEqual([])
  })
})

it('D3 operations on one document run in order, and a failure does not stop those after it', async () => {
  await withTill(10, async (till) => {
    const { storage, handle } = till
    const key = [handle.documentId, 'incremental', 'a']
    const outcomes: Promise<unknown>[] = []
    for (let round = 0; round < 10; round++) {
      outcomes.push(storage.save(key, Buffer.from(`round ${round}`)))
      outcomes.push(storage.load(key).then((value) => Buffer.from(value ?? []).toString()))
      outcomes.push(
        storage
          .save([handle.documentId, 'incremental', 'a', 'below a file'], Buffer.of(1))
          .catch(() => 'failed'),
      )
      outcomes.push(storage.remove(key))
    }
    let settled = 0
    for (const outcome of outcomes) void outcome.then(() => settled++)
    await storage.settled(handle.documentId)
    expect(settled).toBe(outcomes.length)
    expect(await Promise.all(outcomes)).toEqual(
      Array.from({ length: 10 }, (_, round) => [undefined, `round ${round}`, 'failed', undefined]).flat(),
    )
  })
})
