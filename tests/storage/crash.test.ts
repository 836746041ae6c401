import * as A from '@automerge/automerge'
import fs from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { nodeDisk, type Disk } from '../../src/storage/disk.js'
import type { DurableStorageAdapter } from '../../src/storage/durable-adapter.js'
import { StorageWriteError } from '../../src/storage/errors.js'
import { atEachOperation, dieAt, EVERY, failAt, FaultyDisk, FIRST, LossyDisk, type Fault } from './disks.js'
import { inFolder } from './observe.js'
import { isStorageError, noise, openStorage } from './open.js'

interface Sales {
  [key: string]: string
}

const BOOK = '2Vt6cVj7hmYMJQ8yYzQ2aDkF4fNL'
const OLD_BOOK = '2VnQ8yYzQ2aDkF4fNLt6cVj7hmYM'

/** Six changes of one document, the same ones in every run. */
const ACTOR = 'a'.repeat(32)
let book = A.from<Sales>({ sale0: noise(1200, 0) }, ACTOR)
const snapshots = [A.save(book)]
const changes: Uint8Array[] = [A.getLastLocalChange(book) ?? new Uint8Array()]
for (let sale = 1; sale <= 5; sale++) {
  book = A.change(book, { time: 0 }, (doc) => void (doc[`sale${sale}`] = noise(200, sale)))
  changes.push(A.getLastLocalChange(book) ?? new Uint8Array())
  snapshots.push(A.save(book))
}

interface Step {
  readonly run: (storage: DurableStorageAdapter) => Promise<void>
  /** Sales that are acknowledged when it resolves. */
  readonly sales?: readonly number[]
  readonly removesOldBook?: true
}

const key = (kind: string, name: string): string[] => [BOOK, kind, name]
const change = (sale: number): Uint8Array => changes[sale] ?? new Uint8Array()
const snapshot = (sale: number): Uint8Array => snapshots[sale] ?? new Uint8Array()

/** Sales saved by themselves, blobs that stand for them or not, a compaction, and the purge of an old book. */
const STEPS: readonly Step[] = [
  { run: (storage) => storage.save([OLD_BOOK, 'snapshot', 's0'], snapshot(0)) },
  { run: (storage) => storage.save([OLD_BOOK, 'incremental', 'i1'], change(1)) },
  { run: (storage) => storage.save(key('snapshot', 's0'), snapshot(0)), sales: [0] },
  { run: (storage) => storage.saveChange(BOOK, change(1), 'T1A-1'), sales: [1] },
  { run: (storage) => storage.saveChange(BOOK, change(2), 'T1A-2'), sales: [2] },
  { run: (storage) => storage.save(key('incremental', 'i12'), Buffer.concat([change(1), change(2)])) },
  { run: (storage) => storage.save(key('incremental', 'i3'), change(3)), sales: [3] },
  { run: (storage) => storage.saveChange(BOOK, change(4), 'T1A-4'), sales: [4] },
  { run: (storage) => storage.save(key('snapshot', 's4'), snapshot(4)) },
  { run: (storage) => storage.remove(key('snapshot', 's0')) },
  { run: (storage) => storage.remove(key('incremental', 'i12')) },
  { run: (storage) => storage.remove(key('incremental', 'i3')) },
  { run: (storage) => storage.removeRange([OLD_BOOK]), removesOldBook: true },
  { run: (storage) => storage.saveChange(BOOK, change(5), 'T1A-5'), sales: [5] },
]

interface Progress {
  readonly sales: Set<string>
  /** Steps that were acknowledged. */
  steps: number
}

/** Goes as far as the disk lets it. */
async function run(folder: string, disk: Disk): Promise<Progress> {
  const progress: Progress = { sales: new Set(), steps: 0 }
  try {
    const storage = await openStorage(folder, disk)
    for (const step of STEPS) {
      await step.run(storage)
      progress.steps += 1
      for (const sale of step.sales ?? []) progress.sales.add(`sale${sale}`)
    }
  } catch (error) {
    if (!isStorageError(error)) throw error
  }
  return progress
}

async function salesIn(storage: DurableStorageAdapter, id: string): Promise<string[]> {
  const chunks = await storage.loadRange([id])
  const data = chunks
    .toSorted((a, b) => ((a.key[1] ?? '') > (b.key[1] ?? '') ? -1 : 1))
    .map((chunk) => chunk.data ?? [])
  const doc = A.loadIncremental(A.init<Sales>(), Buffer.concat(data.map((part) => Buffer.from(part))))
  expect(A.getMissingDeps(doc, [])).toEqual([])
  return Object.keys(doc).toSorted()
}

/** What a restart finds is whole, holds what was acknowledged, and can be worked with. */
async function checkAfterRestart(folder: string, { sales, steps }: Progress): Promise<void> {
  const storage = await openStorage(folder)
  const found = await salesIn(storage, BOOK)
  expect(found).toEqual(expect.arrayContaining([...sales]))
  expect(storage.damage()).toEqual([])
  const removed = STEPS.findIndex((step) => step.removesOldBook)
  const oldBook = await storage.loadRange([OLD_BOOK])
  // Until its removal is acknowledged it is whole or absent, but never halved.
  const possible = steps < 2 ? [0, 1, 2] : steps < removed ? [2] : steps === removed ? [0, 2] : [0]
  expect(possible).toContain(oldBook.length)
  expect(await fs.readdir(join(folder, 'documents', '.tmp'))).toEqual([])

  for (const step of STEPS) await step.run(storage)
  expect(await salesIn(await openStorage(folder), BOOK)).toEqual(Object.keys(book).toSorted())
}

async function countOperations(): Promise<number> {
  return inFolder(async (folder) => {
    const disk = new FaultyDisk(nodeDisk)
    const { steps } = await run(folder, disk)
    expect(steps).toBe(STEPS.length)
    return disk.operations.length
  })
}

it('D3 killed at any file operation: what was acknowledged is whole, the rest whole or absent, and work goes on', async () => {
  const operations = await countOperations()
  expect(operations).toBeGreaterThan(100)
  for (let at = FIRST; at < operations; at += EVERY) {
    await inFolder(async (folder) => {
      const progress = await run(folder, new FaultyDisk(nodeDisk, dieAt(at)))
      expect(progress.steps).toBeLessThan(STEPS.length)
      await checkAfterRestart(folder, progress)
    })
  }
})

it('D1 D3 killed at any file operation, then the power fails: the same, with nothing kept that was not fsynced', async () => {
  const operations = await countOperations()
  expect(operations).toBeGreaterThan(100)
  for (let at = FIRST; at <= operations; at += EVERY) {
    await inFolder(async (folder) => {
      const disk = await LossyDisk.over(nodeDisk, folder)
      const progress = await run(folder, new FaultyDisk(disk, dieAt(at)))
      await disk.crash()
      await checkAfterRestart(folder, progress)
    })
  }
})

it('D1 D3 power fails, and any part of what was not fsynced may have reached the disk', async () => {
  const operations = await countOperations()
  const scenario = fc.record({ at: fc.nat(operations), kept: fc.infiniteStream(fc.boolean()) })
  const property = fc.asyncProperty(scenario, ({ at, kept }) =>
    inFolder(async (folder) => {
      const disk = await LossyDisk.over(nodeDisk, folder)
      const progress = await run(folder, new FaultyDisk(disk, dieAt(at)))
      await disk.crash(() => kept.next().value ?? false)
      await checkAfterRestart(folder, progress)
    }),
  )
  await expect(fc.assert(property, { numRuns: 100, seed: 20260401 })).resolves.toBeUndefined()
})

it('D1 D3 killed, restarted, and only then the power fails: what the restart saw stays', async () => {
  const operations = await countOperations()
  for (let at = FIRST; at < operations; at += EVERY) {
    await inFolder(async (folder) => {
      const disk = await LossyDisk.over(nodeDisk, folder)
      await run(folder, new FaultyDisk(disk, dieAt(at)))
      const seen = await salesIn(await openStorage(folder, disk), BOOK)
      await disk.crash()
      expect(await salesIn(await openStorage(folder), BOOK)).toEqual(seen)
    })
  }
})

for (const fault of [
  { code: 'ENOSPC', torn: true },
  { code: 'EIO', done: true },
] satisfies Fault[]) {
  it(`D4 ${fault.code} at any file operation: a clear refusal, a true word on what was written, and recovery`, async () => {
    const operations = await countOperations()
    expect(operations).toBeGreaterThan(100)
    for (let at = FIRST; at < operations; at += EVERY) {
      await inFolder((folder) => checkRecovery(folder, failAt(at, fault), fault.code))
    }
  })
}

async function checkRecovery(folder: string, decide: FaultyDisk['decide'], code: string): Promise<void> {
  const disk = new FaultyDisk(nodeDisk, decide)
  const refused = (error: unknown): undefined => {
    expect(isStorageError(error)).toBe(true)
    expect((error as StorageWriteError).code).toBe(code)
    return undefined
  }
  const storage = (await openStorage(folder, disk).catch(refused)) ?? (await openStorage(folder, disk))
  for (const step of STEPS) {
    const before = await salesIn(storage, BOOK).catch(refused)
    const failure = await step.run(storage).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (failure === undefined) continue
    refused(failure)
    // Refused, and not there: neither now nor after a restart.
    const isOpen = !(failure instanceof StorageWriteError) || failure.indeterminate
    for (const at of isOpen ? [] : [storage, await openStorage(folder)]) {
      expect(await salesIn(at, BOOK)).toEqual(before)
    }
    // The fault was one of a moment: the same call works now.
    await step.run(storage)
  }
  expect(await salesIn(storage, BOOK)).toEqual(Object.keys(book).toSorted())
  expect(storage.damage()).toEqual([])
}

it('D1 D4 a step that failed and then worked is durable, whatever the failure had left undone', async () => {
  await atEachOperation((at) =>
    inFolder(async (folder) => {
      const lossy = await LossyDisk.over(nodeDisk, folder)
      const disk = new FaultyDisk(lossy, failAt(at, { code: 'EIO' }))
      const storage =
        (await openStorage(folder, disk).catch(() => undefined)) ?? (await openStorage(folder, disk))
      const progress: Progress = { sales: new Set(), steps: 0 }
      for (const step of STEPS) {
        const failed = await step.run(storage).then(
          () => false,
          () => true,
        )
        if (failed) await step.run(storage)
        progress.steps += 1
        for (const sale of step.sales ?? []) progress.sales.add(`sale${sale}`)
        // At once: a later step might make good what this one has left.
        if (failed) break
      }
      await lossy.crash()
      await expect(checkAfterRestart(folder, progress)).resolves.toBeUndefined()
      return disk.operations.length
    }),
  )
})

it('D4 a disk that stays full refuses every sale, keeps the others readable, and recovers by itself', async () => {
  await inFolder(async (folder) => {
    const disk = new FaultyDisk(nodeDisk)
    const storage = await openStorage(folder, disk)
    await storage.save(key('snapshot', 's0'), snapshot(0))
    await storage.saveChange(BOOK, change(1), 'T1A-1')
    disk.decide = ({ name }) =>
      name === 'write' || name === 'mkdir' ? { code: 'ENOSPC', torn: true } : undefined
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(storage.saveChange(BOOK, change(2), 'T1A-2')).rejects.toMatchObject({
        name: 'StorageWriteError',
        code: 'ENOSPC',
        indeterminate: false,
        message: expect.stringContaining('the disk is full') as string,
      })
    }
    expect(await salesIn(storage, BOOK)).toEqual(['sale0', 'sale1'])
    expect(await fs.readdir(join(folder, 'documents', '.tmp'))).toEqual([])
    disk.decide = () => undefined
    await storage.saveChange(BOOK, change(2), 'T1A-2')
    expect(await salesIn(storage, BOOK)).toEqual(['sale0', 'sale1', 'sale2'])
  })
})

it('D4 when it cannot be known whether a change was written, discarding it settles that', async () => {
  const operations = await countOperations()
  let indeterminate = 0
  for (let at = 0; at < operations; at++) {
    await inFolder(async (folder) => {
      const disk = new FaultyDisk(await LossyDisk.over(nodeDisk, folder))
      const storage = await openStorage(folder, disk)
      await storage.save(key('snapshot', 's0'), snapshot(0))
      const from = disk.operations.length
      // Everything fails from here on, the first operation after it was carried out.
      disk.decide = ({ index }) =>
        index < from + at ? undefined : { code: 'EIO', done: index === from + at }
      const failure = await storage.saveChange(BOOK, change(1), 'T1A-1').then(
        () => undefined,
        (error: StorageWriteError) => error,
      )
      at = failure ? at : operations
      disk.decide = () => undefined
      if (!failure?.indeterminate) return
      indeterminate += 1
      await storage.discardChange(BOOK, change(1), 'T1A-1')
      expect(await salesIn(await openStorage(folder), BOOK)).toEqual(['sale0'])
    })
  }
  expect(indeterminate).toBeGreaterThan(0)
})

it('the disk of these tests loses what was not fsynced, and nothing else', async () => {
  await inFolder(async (folder) => {
    const disk = await LossyDisk.over(nodeDisk, folder)
    const write = async (name: string, content: string, sync: boolean): Promise<void> => {
      const file = await disk.open(join(folder, name), 'create')
      await file.write(Buffer.from(content))
      if (sync) await file.sync()
      await file.close()
    }
    await disk.mkdir(join(folder, 'kept'))
    await write('kept/synced', 'content', true)
    await write('kept/unsynced', 'content', false)
    await write('renamed', 'content', true)
    await write('removed', 'content', true)
    await disk.syncDirectory(folder)
    await disk.syncDirectory(join(folder, 'kept'))
    await write('kept/unnamed', 'content', true)
    await disk.rename(join(folder, 'renamed'), join(folder, 'kept', 'new name'))
    await disk.unlink(join(folder, 'removed'))
    await disk.mkdir(join(folder, 'lost'))
    await disk.crash()
    expect((await fs.readdir(folder)).toSorted()).toEqual(['kept', 'removed', 'renamed'])
    expect((await fs.readdir(join(folder, 'kept'))).toSorted()).toEqual(['synced', 'unsynced'])
    expect(await fs.readFile(join(folder, 'kept', 'synced'), 'utf8')).toBe('content')
    expect(await fs.readFile(join(folder, 'kept', 'unsynced'), 'utf8')).toBe('')
    await expect(disk.readFile(join(folder, 'removed'))).rejects.toThrow('The power has failed')
  })
})
