import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as A from '@automerge/automerge'
import { interpretAsDocumentId, type BinaryDocumentId } from '@automerge/automerge-repo'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DerivedDocuments, type Derived } from '../../src/storage/derived-documents.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { DurableRepo } from '../../src/storage/durable-repo.js'
import { DurableStorageAdapter } from '../../src/storage/durable-adapter.js'
import { StoredDocuments } from '../../src/storage/stored-documents.js'
import { FaultyDisk } from './disks.js'

type Doc = Record<string, number>

/** The hashes of the changes in the order they were taken. */
class Hashes implements Derived {
  readonly #hashes: string[] = []
  readonly #heads = new Set<string>()

  get heads(): string[] {
    return [...this.#heads].sort()
  }

  get length(): number {
    return this.#hashes.length
  }

  get bytes(): number {
    return 100 * this.length
  }

  restore(kept: unknown): void {
    const { hash, deps } = kept as { hash: string; deps: string[] }
    if (!deps.every((dep) => this.#hashes.includes(dep))) throw new Error('out of order')
    for (const dep of deps) this.#heads.delete(dep)
    this.#heads.add(hash)
    this.#hashes.push(hash)
  }

  take({ hash, deps }: A.DecodedChange): unknown {
    if (hash === null || this.#hashes.includes(hash)) return undefined
    this.restore({ hash, deps })
    return { hash, deps }
  }

  get all(): string[] {
    return this.#hashes.toSorted()
  }
}

const id = interpretAsDocumentId(new Uint8Array(randomBytes(16)) as unknown as BinaryDocumentId)
let root: string
let disk: FaultyDisk
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'counterfoil-test-'))
  disk = new FaultyDisk(nodeDisk)
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** As after a start: nothing is known but what lies on the disk. */
async function opened(documents = 'documents') {
  const storage = await DurableStorageAdapter.open({
    directory: join(root, documents),
    quarantine: join(root, 'quarantine'),
    disk,
    now: () => new Date(),
  })
  const durable = new DurableRepo({
    storage,
    peerId: 'test',
    sharing: { announce: () => false, access: () => false },
    onSaveFailed: () => undefined,
  })
  const derived = new DerivedDocuments<Hashes>({
    durable,
    stored: new StoredDocuments(durable, 1_000_000),
    folder: { path: join(root, 'derived'), disk },
    make: () => new Hashes(),
    keepBytes: 1_000_000,
    onFailure: () => undefined,
  })
  return { storage, durable, derived }
}

function changed(doc: A.Doc<Doc>, times: number): A.Doc<Doc> {
  let next = doc
  for (let time = 0; time < times; time += 1) {
    next = A.change(next, (draft) => {
      draft[`k${time}`] = Math.random()
    })
  }
  return next
}

function hashesOf(doc: A.Doc<Doc>): string[] {
  return A.getChangesMetaSince(doc, [])
    .map(({ hash }) => hash)
    .sort()
}

/** How many of the document's files were read since the last time. */
function reads(): number {
  const count = disk.operations.filter(
    ({ name, path }) => name === 'readFile' && /\/(snapshot|incremental)\//.test(path),
  ).length
  disk.operations.splice(0)
  return count
}

test('nothing that was seen is read again, within a run and after a start', async () => {
  const first = changed(A.init<Doc>(), 20)
  const { storage, derived } = await opened()
  await storage.saveChanges(id, A.getAllChanges(first), true)
  expect((await derived.get(id))?.all).toEqual(hashesOf(first))
  reads()
  await derived.get(id)
  expect(reads()).toBe(0)
  const second = changed(first, 2)
  await storage.saveChanges(id, A.getChangesSince(second, A.getHeads(first)), false)
  reads()
  expect((await derived.get(id))?.all).toEqual(hashesOf(second))
  expect(reads()).toBe(2)
  const again = await opened()
  reads()
  expect((await again.derived.get(id))?.all).toEqual(hashesOf(second))
  expect(reads()).toBe(0)
  expect(again.durable.isLoaded(id)).toBe(false)
})

test('it follows a document that is in memory, and one that was compacted', async () => {
  const first = changed(A.init<Doc>(), 5)
  const { storage, durable, derived } = await opened()
  await storage.saveSaved(id, 'snapshot', A.save(first))
  expect((await derived.get(id))?.all).toEqual(hashesOf(first))
  const handle = await durable.open<Doc>(id)
  handle?.update((doc) => changed(doc, 30))
  const now = handle?.doc() ?? first
  expect((await derived.get(id))?.all).toEqual(hashesOf(now))
  await durable.release(id)
  await storage.removeRange([id])
  await storage.saveSaved(id, 'snapshot', A.save(now))
  expect((await derived.get(id))?.all).toEqual(hashesOf(now))
  const again = await opened()
  expect((await again.derived.get(id))?.all).toEqual(hashesOf(now))
  // From then on the new files are known.
  const third = await opened()
  reads()
  await third.derived.get(id)
  expect(reads()).toBe(0)
})

test('S5 where the documents are older than what was kept, it is made anew', async () => {
  const first = changed(A.init<Doc>(), 5)
  const before = hashesOf(first)
  const { storage, derived } = await opened()
  await storage.saveChanges(id, A.getAllChanges(first), true)
  await derived.get(id)
  await cp(join(root, 'documents'), join(root, 'backup'), { recursive: true })
  const second = changed(first, 5)
  await storage.saveChanges(id, A.getChangesSince(second, A.getHeads(first)), false)
  expect((await derived.get(id))?.all).toEqual(hashesOf(second))
  const restored = await opened('backup')
  expect((await restored.derived.get(id))?.all).toEqual(before)
})

test('D4 a disk that takes nothing more keeps nobody from reading', async () => {
  const doc = changed(A.init<Doc>(), 5)
  const { storage, derived } = await opened()
  await storage.saveChanges(id, A.getAllChanges(doc), true)
  disk.decide = ({ name, path }) =>
    name === 'write' && path.includes('/derived/') ? { code: 'ENOSPC', torn: true } : undefined
  expect((await derived.get(id))?.all).toEqual(hashesOf(doc))
  disk.decide = () => undefined
  expect(await readdir(join(root, 'derived'))).toEqual([])
  expect((await (await opened()).derived.get(id))?.all).toEqual(hashesOf(doc))
})

test('of a document that is not here there is nothing', async () => {
  const { derived } = await opened()
  expect(await derived.get(id)).toBeUndefined()
})
