import fs from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { ExternalRefsMark } from '../../src/docs/generated/types.js'
import { nodeDisk, type Disk } from '../../src/storage/disk.js'
import { ExternalRefs, RefUncertain, type RefsDamage } from '../../src/terminal/external-refs.js'
import { SEGMENT_REFS } from '../../src/terminal/refs-segment.js'
import { atEachOperation, dieAt, failAt, FaultyDisk, LossyDisk } from '../storage/disks.js'
import { inFolder } from '../storage/observe.js'
import { isStorageError } from '../storage/open.js'

interface Opened {
  readonly refs: ExternalRefs
  readonly damage: RefsDamage[]
}

function open(folder: string, mark?: ExternalRefsMark, disk: Disk = nodeDisk): Opened {
  const damage: RefsDamage[] = []
  const refs = new ExternalRefs({
    folder: join(folder, 'external-refs'),
    quarantine: join(folder, 'quarantine'),
    disk,
    mark,
    onDamage: (found) => damage.push(found),
  })
  return { refs, damage }
}

const ref = (index: number): string => `order ${index}`
const number = (index: number): string => `T01A/2627/${String(index).padStart(6, '0')}`

/** Writes so many references, in one flush each of `perFlush`. */
async function write(folder: string, count: number, perFlush = 4_000): Promise<ExternalRefsMark> {
  const { refs } = open(folder)
  let mark: ExternalRefsMark = { segment: 0, refs: 0 }
  for (let from = 0; from < count; from += perFlush) {
    for (let at = from; at < Math.min(count, from + perFlush); at += 1) refs.add(ref(at), number(at))
    mark = await refs.flush()
  }
  await refs.close()
  return mark
}

const file = (folder: string, name: string): string => join(folder, 'external-refs', name)

async function flip(path: string, position: number): Promise<void> {
  const bytes = await fs.readFile(path)
  bytes.writeUInt8(bytes.readUInt8(position) ^ 0x01, position)
  await fs.writeFile(path, bytes)
}

it('D1 what was flushed is known after a restart, over several files, and nothing else is', async () => {
  await inFolder(async (folder) => {
    const count = SEGMENT_REFS * 2 + 500
    const mark = await write(folder, count)
    expect(mark).toEqual({ segment: 3, refs: 500 })
    const { refs, damage } = open(folder, mark)
    for (const at of [0, 1, SEGMENT_REFS - 1, SEGMENT_REFS, SEGMENT_REFS * 2, count - 1])
      expect(await refs.get(ref(at))).toBe(number(at))
    for (let at = count; at < count + 300; at += 1) expect(await refs.has(ref(at))).toBe(false)
    expect(damage).toEqual([])
    await refs.close()
  })
})

it('D1 what was added is known at once, and after close only what was flushed', async () => {
  await inFolder(async (folder) => {
    const { refs } = open(folder)
    refs.add('a', number(1))
    expect(await refs.get('a')).toBe(number(1))
    await refs.flush()
    refs.add('b', number(2))
    expect([await refs.has('a'), await refs.has('b'), await refs.has('c')]).toEqual([true, true, false])
    await refs.close()
    const again = open(folder).refs
    expect([await again.has('a'), await again.has('b')]).toEqual([true, false])
    await again.close()
  })
})

it('D3 what was noted before is not written again, so that a start may note everything after its checkpoint', async () => {
  await inFolder(async (folder) => {
    await write(folder, 300)
    const before = await fs.readFile(file(folder, '000001.refs'))
    await write(folder, 300)
    expect(await fs.readFile(file(folder, '000001.refs'))).toEqual(before)
  })
})

it('a terminal that never sold for another system has no files of it', async () => {
  await inFolder(async (folder) => {
    const { refs } = open(folder)
    expect(await refs.get('a')).toBeUndefined()
    expect(await refs.flush()).toEqual({ segment: 0, refs: 0 })
    await refs.close()
    expect(await fs.readdir(folder)).toEqual([])
  })
})

it('any texts are kept as they are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 500 }), { maxLength: 40 }),
      (texts) =>
        inFolder(async (folder) => {
          const { refs } = open(folder)
          for (const [index, text] of texts.entries()) refs.add(text, number(index))
          const mark = await refs.flush()
          await refs.close()
          const { refs: again } = open(folder, mark)
          for (const [index, text] of texts.entries()) expect(await again.get(text)).toBe(number(index))
          await again.close()
        }),
    ),
    { numRuns: 30 },
  )
})

it('opening reads nothing, and the first question reads no references but the newest', async () => {
  await inFolder(async (folder) => {
    const mark = await write(folder, SEGMENT_REFS * 3 + 10)
    const disk = new FaultyDisk(nodeDisk)
    const { refs } = open(folder, mark, disk)
    expect(disk.operations).toEqual([])
    expect(await refs.has('never sold')).toBe(false)
    const read = disk.operations.filter(({ path }) => path.endsWith('.refs')).map(({ path }) => path)
    expect(new Set(read)).toEqual(new Set([file(folder, '000004.refs')]))
    const before = disk.operations.length
    for (let at = 0; at < 200; at += 1) await refs.has(`nor this ${at}`)
    expect(disk.operations.length - before).toBeLessThan(20)
    await refs.close()
  })
})

it('D2 a filter that is missing or damaged is made anew, the damaged one is kept aside and reported', async () => {
  await inFolder(async (folder) => {
    const mark = await write(folder, SEGMENT_REFS * 2 + 1)
    await fs.unlink(file(folder, '000001.filter'))
    await flip(file(folder, '000002.filter'), 50)
    const { refs, damage } = open(folder, mark)
    expect(await refs.get(ref(5))).toBe(number(5))
    expect(await refs.get(ref(SEGMENT_REFS + 5))).toBe(number(SEGMENT_REFS + 5))
    expect(await refs.has('unknown')).toBe(false)
    expect(damage).toMatchObject([{ file: file(folder, '000002.filter'), reason: 'filter' }])
    expect(await fs.readdir(join(folder, 'quarantine'))).toEqual(['000002.filter.1'])
    await refs.close()
    const again = open(folder, mark)
    expect(await again.refs.get(ref(5))).toBe(number(5))
    expect(again.damage).toEqual([])
    await again.refs.close()
  })
})

it('D2 a flipped bit: what stood in that line is refused, never taken for new; all else goes on', async () => {
  await inFolder(async (folder) => {
    const mark = await write(folder, SEGMENT_REFS + 10)
    const path = file(folder, '000001.refs')
    const damaged = (await fs.readFile(path)).indexOf(`"${ref(1_500)}"`)
    await flip(path, damaged)
    const { refs, damage } = open(folder, mark)
    expect(await refs.get(ref(5))).toBe(number(5))
    expect(await refs.has('unknown')).toBe(false)
    await expect(refs.get(ref(1_500))).rejects.toThrow(RefUncertain)
    await expect(refs.get(ref(1_501))).rejects.toThrow(RefUncertain)
    expect(damage).toEqual([{ file: path, line: 2, reason: 'checksum' }])
    // What a day book still tells is noted again, and counts.
    refs.add(ref(1_500), number(1_500))
    await refs.flush()
    expect(await refs.get(ref(1_500))).toBe(number(1_500))
    await refs.close()
  })
})

it('D2 without a filter either, nothing that cannot be found is taken for new', async () => {
  await inFolder(async (folder) => {
    const mark = await write(folder, SEGMENT_REFS + 10)
    await flip(file(folder, '000001.refs'), 30)
    await fs.unlink(file(folder, '000001.filter'))
    const { refs, damage } = open(folder, mark)
    await expect(refs.has('unknown')).rejects.toThrow(RefUncertain)
    expect(await refs.get(ref(SEGMENT_REFS + 3))).toBe(number(SEGMENT_REFS + 3))
    expect(damage).toMatchObject([{ line: 1, reason: 'checksum' }])
    await refs.close()
  })
})

it.each([
  ['the newest file', ['000002.refs']],
  ['an earlier file and its filter', ['000001.refs', '000001.filter']],
  ['all files', ['000001.refs', '000001.filter', '000002.refs']],
])('D2 %s is gone: reported at each start, also after more was written', async (_what, names) => {
  await inFolder(async (folder) => {
    let mark = await write(folder, SEGMENT_REFS + 10)
    for (const name of names) await fs.unlink(file(folder, name))
    for (let start = 0; start < 3; start += 1) {
      const { refs, damage } = open(folder, mark)
      await expect(refs.has('unknown')).rejects.toThrow(RefUncertain)
      expect(damage.map(({ reason }) => reason)).toContain('missing')
      refs.add(`new ${start}`, number(start))
      mark = await refs.flush()
      expect(await refs.has(`new ${start}`)).toBe(true)
      await refs.close()
    }
  })
})

it('D2 the newest file has lost its end: reported at each start, also after more was written', async () => {
  await inFolder(async (folder) => {
    let mark = await write(folder, 300, 100)
    await fs.truncate(file(folder, '000001.refs'), 5_000)
    for (let start = 0; start < 3; start += 1) {
      const { refs, damage } = open(folder, mark)
      expect(await refs.get(ref(50))).toBe(number(50))
      await expect(refs.has(ref(250))).rejects.toThrow(RefUncertain)
      expect(damage).toMatchObject([{ reason: start === 0 ? 'shortened' : 'lost' }])
      refs.add(`new ${start}`, number(start))
      mark = await refs.flush()
      await refs.close()
    }
  })
})

it('D2 an earlier file has lost its last lines: what stood there is refused', async () => {
  await inFolder(async (folder) => {
    const mark = await write(folder, SEGMENT_REFS + 10, SEGMENT_REFS)
    const path = file(folder, '000001.refs')
    const lines = (await fs.readFile(path, 'utf8')).split('\n')
    await fs.writeFile(path, `${lines.slice(0, -2).join('\n')}\n`)
    const { refs, damage } = open(folder, mark)
    expect(await refs.get(ref(5))).toBe(number(5))
    await expect(refs.has(ref(SEGMENT_REFS - 1))).rejects.toThrow(RefUncertain)
    expect(damage).toMatchObject([{ reason: 'shortened' }])
    await refs.close()
  })
})

/** Fills a file to its last ten places, so that what follows begins the next one. */
async function almostFull(folder: string): Promise<ExternalRefsMark> {
  return write(folder, SEGMENT_REFS - 10)
}

/** Adds thirty more in three flushes; how many of these were acknowledged, and the last mark. */
async function addMore(folder: string, mark: ExternalRefsMark, disk: Disk, errors: unknown[]) {
  const { refs } = open(folder, mark, disk)
  let acknowledged = 0
  let last = mark
  for (let flush = 0; flush < 3; flush += 1) {
    for (let at = 0; at < 10; at += 1) refs.add(`more ${flush * 10 + at}`, number(at))
    try {
      last = await refs.flush()
      acknowledged = flush * 10 + 10
    } catch (error) {
      errors.push(error)
    }
  }
  await refs.close()
  return { acknowledged, last }
}

async function known(folder: string, mark: ExternalRefsMark, disk: Disk = nodeDisk): Promise<number> {
  const { refs, damage } = open(folder, mark, disk)
  let count = 0
  while (count < 30 && (await refs.has(`more ${count}`))) count += 1
  for (let at = count; at < 30; at += 1) expect(await refs.has(`more ${at}`)).toBe(false)
  for (const at of [0, SEGMENT_REFS - 11]) expect(await refs.get(ref(at))).toBe(number(at))
  expect(damage).toEqual([])
  await refs.close()
  return count
}

it('D1 D3 killed at any operation, then the power fails: what was flushed is known, with no damage', async () => {
  await inFolder(async (source) => {
    const mark = await almostFull(source)
    await atEachOperation((at) =>
      inFolder(async (folder) => {
        await fs.cp(source, folder, { recursive: true })
        const lossy = await LossyDisk.over(nodeDisk, folder)
        const disk = new FaultyDisk(lossy, dieAt(at))
        const errors: unknown[] = []
        const { acknowledged, last } = await addMore(folder, mark, disk, errors)
        expect(errors.every(isStorageError)).toBe(true)
        if (at % 2 === 0) await lossy.crash()
        expect(await known(folder, last)).toBeGreaterThanOrEqual(acknowledged)
        return disk.operations.length
      }),
    )
  })
})

it('D4 a full disk at any operation: refused or done, and the next flush writes everything', async () => {
  await inFolder(async (source) => {
    const mark = await almostFull(source)
    await atEachOperation((at) =>
      inFolder(async (folder) => {
        await fs.cp(source, folder, { recursive: true })
        const disk = new FaultyDisk(nodeDisk, failAt(at, { code: 'ENOSPC', torn: true }))
        const errors: unknown[] = []
        const { refs } = open(folder, mark, disk)
        for (let index = 0; index < 30; index += 1) {
          refs.add(`more ${index}`, number(index))
          if (index % 10 === 9) await refs.flush().catch((error: unknown) => errors.push(error))
        }
        const last = await refs.flush()
        await refs.close()
        expect(errors.length).toBeLessThanOrEqual(1)
        expect(errors.every(isStorageError)).toBe(true)
        expect(await known(folder, last)).toBe(30)
        return disk.operations.length
      }),
    )
  })
})

it('D4 a disk that fails altogether: what was added stays known, and is written when it works again', async () => {
  await inFolder(async (folder) => {
    const disk = new FaultyDisk(nodeDisk)
    const { refs } = open(folder, undefined, disk)
    refs.add('a', number(1))
    await refs.flush()
    disk.decide = () => ({ code: 'EIO', torn: true })
    refs.add('b', number(2))
    await expect(refs.flush()).rejects.toSatisfy(isStorageError)
    await expect(refs.flush()).rejects.toSatisfy(isStorageError)
    expect(await refs.get('b')).toBe(number(2))
    await expect(refs.get('a')).rejects.toSatisfy(isStorageError)
    disk.decide = () => undefined
    const mark = await refs.flush()
    await refs.close()
    const again = open(folder, mark)
    expect([await again.refs.get('a'), await again.refs.get('b')]).toEqual([number(1), number(2)])
    await again.refs.close()
  })
})

it('additions and questions may come while it is flushed', async () => {
  await inFolder(async (folder) => {
    const { refs } = open(folder)
    const flushes: Promise<unknown>[] = []
    for (let at = 0; at < SEGMENT_REFS + 2_000; at += 1) {
      refs.add(ref(at), number(at))
      if (at % 500 === 0) flushes.push(refs.flush())
      if (at % 97 === 0) expect(await refs.get(ref(at))).toBe(number(at))
    }
    await Promise.all(flushes)
    const mark = await refs.flush()
    await refs.close()
    const again = open(folder, mark).refs
    for (let at = 0; at < SEGMENT_REFS + 2_000; at += 401) expect(await again.get(ref(at))).toBe(number(at))
    await again.close()
  })
})
