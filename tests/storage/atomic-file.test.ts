import fs from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DamagedFile, readChecked, writeAtomic, writeChecked } from '../../src/storage/atomic-file.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { StorageWriteError } from '../../src/storage/errors.js'
import { FaultyDisk, failAt, type Fault } from './disks.js'
import { inFolder } from './observe.js'

const OLD = Buffer.from('old content')
const NEW = Buffer.from('new content, longer')

/** Writes with one fault; what came of it and what is in the folder afterwards. */
async function writeWithFault(
  before: Buffer | undefined,
  decide: FaultyDisk['decide'],
): Promise<{
  error: StorageWriteError | undefined
  content: string | undefined
  operations: number
  names: string[]
}> {
  return inFolder(async (folder) => {
    const path = join(folder, 'below', 'file')
    if (before) await writeAtomic(nodeDisk, path, before)
    const disk = new FaultyDisk(nodeDisk, decide)
    const error = await writeAtomic(disk, path, NEW).then(
      () => undefined,
      (failure: StorageWriteError) => failure,
    )
    const content = await fs.readFile(path, 'utf8').catch(() => undefined)
    const names = await fs.readdir(join(folder, 'below')).catch(() => [])
    return { error, content, operations: disk.operations.length, names }
  })
}

for (const [kind, before] of [
  ['a new file', undefined],
  ['a file that replaces another', OLD],
] as const) {
  for (const fault of [
    { code: 'ENOSPC', torn: true },
    { code: 'EIO', done: true },
  ] satisfies Fault[]) {
    it(`D4 ${kind}: with ${fault.code} at any operation it says truly whether it was written`, async () => {
      const { operations } = await writeWithFault(before, () => undefined)
      expect(operations).toBeGreaterThan(8)
      for (let at = 0; at < operations; at++) {
        const { error, content, names } = await writeWithFault(before, failAt(at, fault))
        expect(error).toBeInstanceOf(StorageWriteError)
        expect(error?.code).toBe(fault.code)
        expect([before?.toString(), NEW.toString()]).toContain(content)
        expect(error?.indeterminate === true || content === before?.toString()).toBe(true)
        expect(names.filter((name) => name !== 'file')).toEqual([])
      }
    })
  }
}

it('D4 when cleaning up fails as well, it says that it cannot be known', async () => {
  const { operations } = await writeWithFault(undefined, () => undefined)
  const outcomes = new Set<boolean | undefined>()
  for (let at = 0; at < operations; at++) {
    const { error, content } = await writeWithFault(undefined, ({ index }) =>
      index < at ? undefined : { code: 'EIO', done: index === at },
    )
    outcomes.add(error?.indeterminate)
    expect(error?.indeterminate === true || content === undefined).toBe(true)
  }
  expect(outcomes).toEqual(new Set([true, false]))
})

it('D3 a temporary file that a killed process left is no obstacle', async () => {
  await inFolder(async (folder) => {
    await fs.writeFile(join(folder, '.file.tmp'), 'left over')
    await writeAtomic(nodeDisk, join(folder, 'file'), NEW)
    expect(await fs.readdir(folder)).toEqual(['file'])
  })
})

it('D3 writes to one path at once leave one of them, whole', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'file')
    const contents = Array.from({ length: 10 }, (_, index) => `${index}`.repeat(index * 1000 + 1))
    await Promise.all(contents.map((content) => writeAtomic(nodeDisk, path, Buffer.from(content))))
    expect(await fs.readFile(path, 'utf8')).toBe(contents.at(-1))
  })
})

it('D1 files and folders are for their owner only', async () => {
  await inFolder(async (folder) => {
    await writeAtomic(nodeDisk, join(folder, 'below', 'file'), NEW)
    expect((await fs.stat(join(folder, 'below'))).mode & 0o777).toBe(0o700)
    expect((await fs.stat(join(folder, 'below', 'file'))).mode & 0o777).toBe(0o600)
  })
})

it('D2 a state file is read back, and every flipped bit and cut is found', async () => {
  await inFolder(async (folder) => {
    const path = join(folder, 'state.json')
    expect(await readChecked(nodeDisk, path)).toBeUndefined()
    await writeChecked(nodeDisk, path, { number: 17, text: 'ä' })
    expect(await readChecked(nodeDisk, path)).toEqual({ number: 17, text: 'ä' })
    const whole = await fs.readFile(path)
    for (let at = 0; at < whole.length; at++) {
      const flipped = Buffer.from(whole)
      flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (at & 7)), at)
      for (const damaged of [flipped, whole.subarray(0, at)]) {
        await fs.writeFile(path, damaged)
        await expect(readChecked(nodeDisk, path)).rejects.toBeInstanceOf(DamagedFile)
      }
    }
  })
})
