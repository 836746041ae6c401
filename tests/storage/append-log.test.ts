import fs from 'node:fs/promises'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { AppendLog, type LogDamage, LogUnusable } from '../../src/storage/append-log.js'
import { nodeDisk, type Disk } from '../../src/storage/disk.js'
import { atEachOperation, dieAt, failAt, FaultyDisk, LossyDisk } from './disks.js'
import { inFolder } from './observe.js'
import { isStorageError } from './open.js'

interface Opened {
  readonly log: AppendLog
  readonly entries: unknown[]
  readonly lines: number[]
  readonly damage: LogDamage[]
}

async function openLog(folder: string, disk: Disk = nodeDisk): Promise<Opened> {
  const entries: unknown[] = []
  const lines: number[] = []
  const damage: LogDamage[] = []
  const log = await AppendLog.open({
    path: join(folder, 'log'),
    quarantine: join(folder, 'quarantine'),
    disk,
    onEntry: (entry, line) => {
      entries.push(entry)
      lines.push(line)
    },
    onDamage: (found) => damage.push(found),
  })
  return { log, entries, lines, damage }
}

async function reopened(folder: string): Promise<Omit<Opened, 'log'>> {
  const { log, ...found } = await openLog(folder)
  await log.close()
  return found
}

async function writeLog(folder: string, entries: readonly unknown[]): Promise<Buffer> {
  const { log } = await openLog(folder)
  await log.append(entries)
  await log.close()
  return fs.readFile(join(folder, 'log'))
}

async function quarantined(folder: string): Promise<Buffer> {
  const names = await fs.readdir(join(folder, 'quarantine')).catch(() => [])
  const parts = await Promise.all(
    names.toSorted().map((name) => fs.readFile(join(folder, 'quarantine', name))),
  )
  return Buffer.concat(parts)
}

const ENTRIES = [{ sale: 1 }, 'two — with a dash', null, [4, { five: '5\n' }], 'x'.repeat(300)]

it('D1 entries come back in order, numbered by line', async () => {
  await inFolder(async (folder) => {
    await writeLog(folder, ENTRIES.slice(0, 2))
    await writeLog(folder, ENTRIES.slice(2))
    expect(await reopened(folder)).toEqual({ entries: ENTRIES, lines: [1, 2, 3, 4, 5], damage: [] })
  })
})

it('D1 entries longer than what is read at once come back', async () => {
  await inFolder(async (folder) => {
    const entries = Array.from({ length: 50 }, (_, index) => `${index}`.repeat(index * 300))
    await writeLog(folder, entries)
    expect((await reopened(folder)).entries).toEqual(entries)
  })
})

it('D2 D3 a log cut at any byte: whole entries stay, the torn end is kept aside, and it goes on', async () => {
  await inFolder(async (folder) => {
    const whole = await writeLog(join(folder, 'whole'), ENTRIES.slice(0, 4))
    const ends = [...whole.entries()].filter(([, byte]) => byte === 0x0a).map(([at]) => at + 1)
    for (let length = 0; length <= whole.length; length++) {
      const at = join(folder, String(length))
      await fs.mkdir(at)
      await fs.writeFile(join(at, 'log'), whole.subarray(0, length))
      const intact = ends.filter((end) => end <= length)
      const end = intact.at(-1) ?? 0
      const { log, entries, damage } = await openLog(at)
      expect(entries).toEqual(ENTRIES.slice(0, intact.length))
      expect(damage.map(({ line, reason, position, bytes }) => ({ line, reason, position, bytes }))).toEqual(
        end === length
          ? []
          : [{ line: intact.length + 1, reason: 'no-line-end', position: end, bytes: length - end }],
      )
      expect(await quarantined(at)).toEqual(whole.subarray(end, length))
      await log.append(['next'])
      await log.close()
      expect(await reopened(at)).toMatchObject({
        entries: [...ENTRIES.slice(0, intact.length), 'next'],
        damage: [],
      })
    }
  })
})

it('D2 a flipped bit in any byte: that entry is reported, all others come back, nothing is lost from the disk', async () => {
  await inFolder(async (folder) => {
    const whole = await writeLog(join(folder, 'whole'), ENTRIES.slice(0, 3))
    for (let position = 0; position < whole.length; position++) {
      const at = join(folder, String(position))
      await fs.mkdir(at)
      const damaged = Buffer.from(whole)
      damaged.writeUInt8(damaged.readUInt8(position) ^ 0x04, position)
      await fs.writeFile(join(at, 'log'), damaged)
      const { entries, damage } = await reopened(at)
      expect(damage.length).toBeGreaterThan(0)
      // A flipped line end joins two lines, so that one flip takes two entries.
      const lost = ENTRIES.slice(0, 3).filter(
        (entry) => !entries.includes(entry) && typeof entry !== 'object',
      )
      expect(lost.length).toBeLessThanOrEqual(2)
      expect(ENTRIES).toEqual(expect.arrayContaining(entries))
      const kept = Buffer.concat([await fs.readFile(join(at, 'log')), await quarantined(at)])
      expect(kept).toEqual(damaged)
    }
  })
})

it('D2 a damaged line in the middle stays where it is and is reported at each start', async () => {
  await inFolder(async (folder) => {
    const damaged = await writeLog(folder, ['one', 'two', 'three'])
    damaged.write('X', 29)
    await fs.writeFile(join(folder, 'log'), damaged)
    for (let start = 0; start < 2; start++) {
      const { entries, lines, damage } = await reopened(folder)
      expect(entries).toEqual(['one', 'three'])
      expect(lines).toEqual([1, 3])
      expect(damage).toEqual([{ line: 2, reason: 'checksum', position: 23, bytes: 23 }])
    }
    expect(await fs.readFile(join(folder, 'log'))).toEqual(damaged)
  })
})

it('D2 every torn end is kept, none replaces another', async () => {
  await inFolder(async (folder) => {
    for (const end of ['first', 'second', 'third']) {
      await writeLog(folder, ['entry'])
      await fs.appendFile(join(folder, 'log'), end)
    }
    const { damage } = await reopened(folder)
    expect(damage).toMatchObject([{ quarantined: join(folder, 'quarantine', 'log.3') }])
    expect((await quarantined(folder)).toString()).toBe('firstsecondthird')
  })
})

it('D2 a torn end of any content is cut off, and whole entries before it stay', async () => {
  const garbage = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 200 }),
    fc.constant(new Uint8Array(200_000)),
  )
  await fc.assert(
    fc.asyncProperty(garbage, (end) =>
      inFolder(async (folder) => {
        const whole = await writeLog(folder, ['one', 'two'])
        await fs.appendFile(join(folder, 'log'), end)
        const { entries, damage } = await reopened(folder)
        expect(entries).toEqual(['one', 'two'])
        expect(damage.length).toBeGreaterThan(0)
        expect(await fs.readFile(join(folder, 'log'))).toEqual(whole)
        expect((await quarantined(folder)).equals(end)).toBe(true)
      }),
    ),
  )
})

it('R1 a line without end is not held in memory', async () => {
  await inFolder(async (folder) => {
    await writeLog(folder, ['one'])
    const file = await fs.open(join(folder, 'log'), 'a')
    for (let written = 0; written < 20; written++) await file.write(Buffer.alloc(1024 * 1024, 'x'))
    await file.close()
    const { entries, damage } = await reopened(folder)
    expect(entries).toEqual(['one'])
    expect(damage).toMatchObject([{ line: 2, reason: 'too-long', bytes: 20 * 1024 * 1024 }])
  })
})

it('D1 appends at the same time share an fsync', async () => {
  await inFolder(async (folder) => {
    const disk = new FaultyDisk(nodeDisk)
    const { log } = await openLog(folder, disk)
    const before = disk.operations.length
    await Promise.all(Array.from({ length: 50 }, (_, index) => log.append([index])))
    expect(disk.operations.slice(before).map(({ name }) => name)).toEqual(['write', 'sync'])
    await log.append([])
    await log.close()
    expect((await reopened(folder)).entries).toEqual(Array.from({ length: 50 }, (_, index) => index))
  })
})

it('D4 an append that fails is not in the file, those after it are', async () => {
  await inFolder(async (folder) => {
    const disk = new FaultyDisk(nodeDisk)
    const { log } = await openLog(folder, disk)
    await log.append(['one'])
    for (const name of ['write', 'sync']) {
      const next = disk.operations.length
      disk.decide = (operation) =>
        operation.index <= next + 1 && operation.name === name ? { code: 'ENOSPC', torn: true } : undefined
      await expect(log.append([`lost by ${name}`])).rejects.toMatchObject({
        name: 'StorageWriteError',
        code: 'ENOSPC',
        indeterminate: false,
      })
      expect((await reopened(folder)).entries).toEqual(['one'])
    }
    await log.append(['two'])
    await log.close()
    expect(await reopened(folder)).toMatchObject({ entries: ['one', 'two'], damage: [] })
  })
})

it('D4 an append that cannot be undone stops the log until it is opened anew', async () => {
  await inFolder(async (folder) => {
    const disk = new FaultyDisk(nodeDisk)
    const { log } = await openLog(folder, disk)
    await log.append(['one'])
    disk.decide = () => ({ code: 'EIO', torn: true })
    const [first, second] = [
      log.append(['two']),
      Promise.resolve()
        .then(() => Promise.resolve())
        .then(() => log.append(['three'])),
    ]
    await expect(first).rejects.toMatchObject({ code: 'EIO', indeterminate: true })
    await expect(second).rejects.toBeInstanceOf(LogUnusable)
    disk.decide = () => undefined
    await expect(log.append(['four'])).rejects.toBeInstanceOf(LogUnusable)
    await log.close()
    const { entries, damage } = await reopened(folder)
    expect(entries).toEqual(['one'])
    expect(damage).toMatchObject([{ reason: 'no-line-end' }])
  })
})

it('R1 it refuses what JSON cannot express, and appends after close', async () => {
  await inFolder(async (folder) => {
    const { log } = await openLog(folder)
    await expect(log.append(['fine', undefined])).rejects.toBeInstanceOf(TypeError)
    const last = log.append(['last'])
    await log.close()
    await last
    await expect(log.append(['late'])).rejects.toBeInstanceOf(LogUnusable)
    expect((await reopened(folder)).entries).toEqual(['last'])
  })
})

/** Starts on a log with a torn end and appends three times; how many of these were acknowledged, and the errors. */
async function appendThree(folder: string, disk: Disk): Promise<{ acknowledged: number; errors: unknown[] }> {
  let acknowledged = 0
  const errors: unknown[] = []
  const opened = await openLog(folder, disk).catch(keep(errors))
  if (!opened) return { acknowledged, errors }
  for (let entry = 0; entry < 3; entry++) {
    await opened.log.append([entry, 'same group']).then(() => (acknowledged += 1), keep(errors))
  }
  await opened.log.close().catch(keep(errors))
  return { acknowledged, errors }
}

function keep(errors: unknown[]): (error: unknown) => undefined {
  return (error) => {
    errors.push(error)
    return undefined
  }
}

const ALL = [0, 'same group', 1, 'same group', 2, 'same group']

it('D1 D3 killed at any operation, then the power fails: acknowledged entries are there, the others whole or absent', async () => {
  await atEachOperation((at) =>
    inFolder(async (folder) => {
      await writeLog(folder, ['before'])
      await fs.appendFile(join(folder, 'log'), 'torn')
      const lossy = await LossyDisk.over(nodeDisk, folder)
      const disk = new FaultyDisk(lossy, dieAt(at))
      const { acknowledged, errors } = await appendThree(folder, disk)
      expect(errors.every((error) => isStorageError(error) || error instanceof LogUnusable)).toBe(true)
      if (at % 2 === 0) await lossy.crash()
      const { entries } = await reopened(folder)
      expect(entries[0]).toBe('before')
      expect(entries.slice(1)).toEqual(ALL.slice(0, entries.length - 1))
      expect(entries.length - 1).toBeGreaterThanOrEqual(acknowledged * 2)
      expect((await quarantined(folder)).toString()).toContain('torn')
      return disk.operations.length
    }),
  )
})

it('D1 D3 killed, restarted, and only then the power fails: the entries the restart read stay', async () => {
  await atEachOperation((at) =>
    inFolder(async (folder) => {
      const lossy = await LossyDisk.over(nodeDisk, folder)
      const disk = new FaultyDisk(lossy, dieAt(at))
      await appendThree(folder, disk)
      const { entries } = await openLog(folder, lossy)
      await lossy.crash()
      expect((await reopened(folder)).entries).toEqual(entries)
      return disk.operations.length
    }),
  )
})

it('D4 ENOSPC at any operation: refused, and the same append works afterwards', async () => {
  await atEachOperation((at) =>
    inFolder(async (folder) => {
      await writeLog(folder, ['before'])
      await fs.appendFile(join(folder, 'log'), 'torn')
      const disk = new FaultyDisk(nodeDisk, failAt(at, { code: 'ENOSPC', torn: true }))
      const errors: unknown[] = []
      const { log } = (await openLog(folder, disk).catch(keep(errors))) ?? (await openLog(folder, disk))
      for (const entry of ['one', 'two']) {
        const refusals: unknown[] = []
        await log.append([entry]).catch(keep(refusals))
        if (refusals.length > 0) await log.append([entry])
        errors.push(...refusals)
      }
      await log.close().catch(keep(errors))
      expect(errors.length).toBeLessThanOrEqual(1)
      expect(errors.every((error) => isStorageError(error) && error.code === 'ENOSPC')).toBe(true)
      expect((await reopened(folder)).entries).toEqual(['before', 'one', 'two'])
      return disk.operations.length
    }),
  )
})
