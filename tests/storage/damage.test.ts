import { createHash } from 'node:crypto'
import fs from 'node:fs/promises'
import { join } from 'node:path'
import type { DocumentId } from '@automerge/automerge-repo'
import { expect, it } from 'vitest'
import { encodeChunk } from '../../src/storage/chunk-format.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { SoftwareTooOld, StorageReadError } from '../../src/storage/errors.js'
import type { Damage } from '../../src/storage/quarantine.js'
import { atEachOperation, dieAt, failAt, FaultyDisk, LossyDisk } from './disks.js'
import { inFolder } from './observe.js'
import { fileOf, noise, isStorageError, NOW, openRepo, openStorage } from './open.js'

interface Sales {
  [key: string]: string
}

/** A document with one snapshot and four incremental chunks, written by automerge-repo. */
async function writeDocument(folder: string): Promise<DocumentId> {
  const repo = openRepo(await openStorage(folder))
  const handle = repo.create<Sales>({ first: noise(3000, 0) })
  await repo.flush()
  for (let sale = 1; sale <= 4; sale++) {
    handle.change((doc) => void (doc[`sale${sale}`] = noise(200, sale)))
    await repo.flush()
  }
  return handle.documentId
}

async function chunkKeys(folder: string, id: DocumentId): Promise<string[][]> {
  const chunks = await (await openStorage(folder)).loadRange([id])
  return chunks.map(({ key }) => key)
}

function flip(at: (length: number) => number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const position = at(bytes.length)
    bytes.writeUInt8(bytes.readUInt8(position) ^ 0x10, position)
    return bytes
  }
}

const DAMAGES: [string, (bytes: Buffer) => Buffer][] = [
  ['a bit flipped in the header', flip(() => 17)],
  ['a bit flipped in the middle', flip((length) => length >> 1)],
  ['a bit flipped in the last byte', flip((length) => length - 1)],
  ['cut to 0 bytes', () => Buffer.alloc(0)],
  ['cut to 1 byte', (bytes) => bytes.subarray(0, 1)],
  ['cut to half', (bytes) => bytes.subarray(0, bytes.length >> 1)],
  ['cut by 1 byte', (bytes) => bytes.subarray(0, -1)],
]

for (const [title, damage] of DAMAGES) {
  it(`D2 each chunk of a real document in turn, ${title}: found, kept, neighbours intact, nothing compacted away`, async () => {
    await inFolder(async (folder) => {
      const id = await writeDocument(join(folder, 'original'))
      const keys = await chunkKeys(join(folder, 'original'), id)
      expect(keys.map(([, kind]) => kind).toSorted()).toEqual([
        ...Array<string>(4).fill('incremental'),
        'snapshot',
      ])
      for (const [index, key] of keys.entries()) {
        const copy = join(folder, `copy${index}`)
        await fs.cp(join(folder, 'original'), copy, { recursive: true })
        await fs.writeFile(fileOf(copy, key), damage(await fs.readFile(fileOf(copy, key))))
        await checkDamaged(
          copy,
          id,
          key,
          keys.filter((other) => other !== key),
        )
      }
    })
  })
}

async function checkDamaged(
  folder: string,
  id: DocumentId,
  key: string[],
  others: string[][],
): Promise<void> {
  const damaged = await fs.readFile(fileOf(folder, key))
  const told: Damage[] = []
  const storage = await openStorage(folder, nodeDisk, (damage) => told.push(damage))
  const repo = openRepo(storage)
  // Whatever automerge-repo makes of the rest, it writes and compacts as usual.
  const handle = await repo.find<Sales>(id)
  for (let change = 0; change < 3; change++) {
    handle.change((doc) => void (doc[`later${change}`] = noise(8000, 100 + change)))
    await repo.flush()
  }
  expect(told).toMatchObject([{ documentId: id, key, at: NOW.toISOString(), path: fileOf(folder, key) }])
  expect(storage.damage()).toEqual(told)
  expect(await fs.readFile(told[0]?.quarantined ?? '')).toEqual(damaged)
  const names = await fs.readdir(fileOf(folder, [id, 'snapshot']))
  expect(names.length).toBeGreaterThan(others.filter(([, kind]) => kind === 'snapshot').length)
  const stored = (await storage.loadRange([id])).map((chunk) => chunk.key)
  expect(stored).toEqual(expect.arrayContaining(others))
}

const ID = '2Vt6cVj7hmYMJQ8yYzQ2aDkF4fNL'
const KEY = [ID, 'incremental', 'a']

async function withDamage(folder: string): Promise<void> {
  const storage = await openStorage(folder)
  for (const name of ['a', 'b']) await storage.save([ID, 'incremental', name], Buffer.from(`value ${name}`))
  await fs.truncate(fileOf(folder, KEY), 60)
}

it('D2 damage is remembered over restarts and blocks removals until a person has dealt with it', async () => {
  await inFolder(async (folder) => {
    await withDamage(folder)
    await (await openStorage(folder)).loadRange([ID])
    const storage = await openStorage(folder)
    expect(storage.damaged(ID)).toBe(true)
    expect(storage.damage()).toMatchObject([
      { documentId: ID, key: KEY, reason: 'truncated', at: NOW.toISOString() },
    ])
    await storage.remove([ID, 'incremental', 'b'])
    await storage.removeRange([ID])
    await storage.save([ID, 'incremental', 'c'], Buffer.from('value c'))
    const names = (await storage.loadRange([ID])).map(({ key }) => key[2])
    expect(names).toEqual(['b', 'c'])
    expect(await storage.has(ID)).toBe(true)

    await storage.clearDamage(ID)
    expect(storage.damage()).toEqual([])
    const later = await openStorage(folder)
    expect(later.damaged(ID)).toBe(false)
    await later.removeRange([ID])
    expect(await later.has(ID)).toBe(false)
    expect((await fs.readdir(join(folder, 'quarantine', ID, 'incremental'))).toSorted()).toEqual([
      'a.1.chunk',
      'a.1.settled.json',
    ])
  })
})

it('D2 a second damaged chunk of the same name does not replace the first', async () => {
  await inFolder(async (folder) => {
    await withDamage(folder)
    const storage = await openStorage(folder)
    await storage.load(KEY)
    await storage.clearDamage(ID)
    await storage.save(KEY, Buffer.from('value a'))
    await fs.writeFile(fileOf(folder, KEY), '')
    expect(await storage.load(KEY)).toBeUndefined()
    const places = storage.damage().map(({ quarantined, reason }) => [quarantined, reason])
    expect(places).toEqual([[join(folder, 'quarantine', ID, 'incremental', 'a.2.chunk'), 'empty']])
    expect(await fs.readFile(join(folder, 'quarantine', ID, 'incremental', 'a.1.chunk'))).toHaveLength(60)
  })
})

it('D2 a save over a damaged chunk keeps the damaged bytes', async () => {
  await inFolder(async (folder) => {
    await withDamage(folder)
    const storage = await openStorage(folder)
    await storage.save(KEY, Buffer.from('value a'))
    expect(storage.damage()).toMatchObject([{ key: KEY, reason: 'truncated' }])
    expect(Buffer.from((await storage.load(KEY)) ?? []).toString()).toBe('value a')
  })
})

it('D2 a chunk in quarantine without a note is found at the next start', async () => {
  await inFolder(async (folder) => {
    await withDamage(folder)
    const storage = await openStorage(folder)
    await storage.load(KEY)
    const note = join(folder, 'quarantine', ID, 'incremental', 'a.1.json')
    for (const spoil of [() => fs.unlink(note), () => fs.truncate(note, 20)]) {
      await spoil()
      const later = await openStorage(folder)
      expect(later.damage()).toMatchObject([{ key: KEY, reason: 'truncated', path: fileOf(folder, KEY) }])
    }
  })
})

it('D2 the label tells what a damaged chunk held', async () => {
  await inFolder(async (folder) => {
    const change = createHash('sha256').update('change').digest('hex')
    const storage = await openStorage(folder)
    await storage.save([ID, 'incremental', `${change}.T07A-2627-000012`], Buffer.from('value'))
    await storage.save([ID, 'incremental', change], Buffer.from('value'))
    expect(await storage.labels(ID)).toEqual([{ label: 'T07A-2627-000012', change, state: 'stored' }])
    await fs.truncate(fileOf(folder, [ID, 'incremental', `${change}.T07A-2627-000012`]), 3)
    await storage.loadRange([ID])
    expect(await storage.labels(ID)).toEqual([{ label: 'T07A-2627-000012', change, state: 'quarantined' }])
    expect(storage.damage()).toMatchObject([{ label: 'T07A-2627-000012' }])
    await storage.clearDamage(ID)
    expect(await storage.labels(ID)).toEqual([{ label: 'T07A-2627-000012', change, state: 'settled' }])
  })
})

it('D2 data of a newer format is refused, not quarantined, not replaced', async () => {
  await inFolder(async (folder) => {
    const storage = await openStorage(folder)
    await storage.save(KEY, Buffer.from('value'))
    const newer = Buffer.from(encodeChunk(Buffer.from('value of tomorrow')))
    newer.writeUInt32BE(2, 8)
    createHash('sha256').update(newer.subarray(0, 20)).digest().copy(newer, 20, 0, 4)
    await fs.writeFile(fileOf(folder, KEY), newer)
    await expect(storage.load(KEY)).rejects.toBeInstanceOf(SoftwareTooOld)
    await expect(storage.loadRange([ID])).rejects.toThrow('This software is older than the data')
    await expect(storage.save(KEY, Buffer.from('value'))).rejects.toBeInstanceOf(SoftwareTooOld)
    expect(await fs.readFile(fileOf(folder, KEY))).toEqual(newer)
    expect(storage.damage()).toEqual([])
  })
})

it('D2 a chunk that cannot be read is not taken for damaged', async () => {
  await inFolder(async (folder) => {
    const disk = new FaultyDisk(nodeDisk)
    const storage = await openStorage(folder, disk)
    await storage.save(KEY, Buffer.from('value'))
    disk.decide = ({ name }) => (name === 'readFile' ? { code: 'EIO' } : undefined)
    await expect(storage.loadRange([ID])).rejects.toBeInstanceOf(StorageReadError)
    disk.decide = () => undefined
    expect(storage.damage()).toEqual([])
    expect(await storage.loadRange([ID])).toHaveLength(1)
  })
})

it('D2 D4 with a failure at any operation of a quarantine, the damage is told or found again, the bytes are kept', async () => {
  await inFolder(async (folder) => {
    await withDamage(join(folder, 'original'))
    const damaged = await fs.readFile(fileOf(join(folder, 'original'), KEY))
    await atEachOperation(async (at) => {
      const copy = join(folder, `copy${at}`)
      await fs.cp(join(folder, 'original'), copy, { recursive: true })
      const disk = new FaultyDisk(nodeDisk, failAt(at, { code: 'ENOSPC' }))
      const outcomes: unknown[] = []
      const storage = (await openStorage(copy, disk).catch(keep(outcomes))) ?? (await openStorage(copy, disk))
      await storage.loadRange([ID]).catch(keep(outcomes))
      const operations = disk.operations.length
      disk.decide = () => undefined
      expect(outcomes.every((error) => isStorageError(error))).toBe(true)
      expect((await storage.loadRange([ID])).map(({ key }) => key[2])).toEqual(['b'])
      for (const found of [storage.damage(), (await openStorage(copy)).damage()]) {
        expect(found).toMatchObject([{ key: KEY, reason: 'truncated' }])
        expect(await fs.readFile(found[0]?.quarantined ?? '')).toEqual(damaged)
      }
      return operations
    })
  })
})

it('D1 D2 killed at any operation of a quarantine, then the power fails: the bytes are kept and the damage is known', async () => {
  await inFolder(async (folder) => {
    await withDamage(join(folder, 'original'))
    const damaged = await fs.readFile(fileOf(join(folder, 'original'), KEY))
    await atEachOperation(async (at) => {
      const copy = join(folder, `copy${at}`)
      await fs.cp(join(folder, 'original'), copy, { recursive: true })
      const lossy = await LossyDisk.over(nodeDisk, copy)
      const disk = new FaultyDisk(lossy, dieAt(at))
      const told: Damage[] = []
      const storage = await openStorage(copy, disk, (damage) => told.push(damage)).catch(() => undefined)
      const loaded = await storage?.loadRange([ID]).catch(() => undefined)
      await lossy.crash()
      const later = await openStorage(copy)
      // Once the load has resolved, the next start knows without looking.
      expect(later.damage()).toHaveLength(loaded ? 1 : later.damage().length)
      expect((await later.loadRange([ID])).map(({ key }) => key[2])).toEqual(['b'])
      // Between two fsyncs the chunk can have both names, and is then found under the old one once more.
      expect(later.damage().length).toBeGreaterThanOrEqual(1)
      for (const { key, reason, quarantined } of later.damage()) {
        expect({ key, reason }).toEqual({ key: KEY, reason: 'truncated' })
        expect(await fs.readFile(quarantined)).toEqual(damaged)
      }
      expect(await (await openStorage(copy)).loadRange([ID])).toHaveLength(1)
      return disk.operations.length
    })
  })
})

it('D1 D2 killed after the move, restarted, and only then the power fails: the damage stays known', async () => {
  await inFolder(async (folder) => {
    await withDamage(join(folder, 'original'))
    await atEachOperation(async (at) => {
      const copy = join(folder, `copy${at}`)
      await fs.cp(join(folder, 'original'), copy, { recursive: true })
      const lossy = await LossyDisk.over(nodeDisk, copy)
      const disk = new FaultyDisk(lossy, dieAt(at))
      const storage = await openStorage(copy, disk).catch(() => undefined)
      await storage?.loadRange([ID]).catch(() => undefined)
      const seen = (await openStorage(copy, lossy)).damage()
      await lossy.crash()
      expect((await openStorage(copy)).damage()).toEqual(seen)
      return disk.operations.length
    })
  })
})

function keep(errors: unknown[]): (error: unknown) => undefined {
  return (error) => {
    errors.push(error)
    return undefined
  }
}
