import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { DamagedFile, readChecked, writeChecked } from '../../src/storage/atomic-file.js'
import { DataDirectory, type DataDirectoryOptions, isLocked } from '../../src/storage/data-directory.js'
import {
  type DirectoryError,
  DirectoryInUse,
  DirectoryNewer,
  DirectoryNotEmpty,
  DirectoryNotFound,
  DirectoryWrongKind,
} from '../../src/storage/directory-errors.js'
import { type Disk, type DiskStat, nodeDisk } from '../../src/storage/disk.js'
import { atEachOperation, dieAt, FaultyDisk, LossyDisk } from './disks.js'
import { collectGarbage, inFolder } from './observe.js'
import { NOW } from './open.js'

const run = promisify(execFile)
const HOLD_LOCK = fileURLToPath(new URL('hold-lock.mjs', import.meta.url))

function open(directory: string, options: Partial<DataDirectoryOptions> = {}): Promise<DataDirectory> {
  return DataDirectory.open({
    directory,
    kind: 'terminal',
    create: false,
    disk: nodeDisk,
    now: () => NOW,
    ...options,
  })
}

function create(directory: string, disk: Disk = nodeDisk): Promise<DataDirectory> {
  return open(directory, { create: true, disk })
}

/** A directory as a process that has ended left it. */
async function made(folder: string): Promise<string> {
  const directory = join(folder, 'data')
  await (await create(directory)).release()
  return directory
}

/** Another process that tries to take the lock; resolves once it has told whether it got it. */
async function otherProcess(directory: string): Promise<{ child: ChildProcess; told: string }> {
  const child = spawn(process.execPath, [HOLD_LOCK, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
  if (!child.stdout) throw new Error('no output')
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, told: line.toString().trim() }
}

async function end(child: ChildProcess, signal?: NodeJS.Signals): Promise<void> {
  const ended = once(child, 'exit')
  if (signal) child.kill(signal)
  else child.stdin?.end()
  await ended
}

it('N2 a directory is made, opened again, and remembers what it is', async () => {
  await inFolder(async (folder) => {
    const directory = join(folder, 'deep', 'data')
    const first = await create(directory)
    expect(first).toMatchObject({ directory, kind: 'terminal', createdAt: NOW, copied: false })
    await first.release()
    await first.release()
    const second = await open(directory, { now: () => new Date(0) })
    expect(second).toMatchObject({ createdAt: NOW, copied: false })
    await second.release()
    expect((await fs.readdir(directory)).toSorted()).toEqual(['counterfoil.json', 'lock'])
    expect((await fs.stat(directory)).mode & 0o777).toBe(0o700)
    expect((await fs.stat(join(directory, 'lock'))).mode & 0o777).toBe(0o600)
  })
})

it('N2 a directory that another process holds cannot be opened; kill -9 of that process frees it', async () => {
  await inFolder(async (folder) => {
    const directory = await made(folder)
    expect(await isLocked(directory)).toBe(false)
    const { child, told } = await otherProcess(directory)
    expect(told).toBe('held')
    expect(await isLocked(directory)).toBe(true)
    await expect(open(directory)).rejects.toBeInstanceOf(DirectoryInUse)
    await end(child, 'SIGKILL')
    expect(await isLocked(directory)).toBe(false)
    await (await open(directory)).release()
  })
})

it('N2 no other process gets the lock of an open directory', async () => {
  await inFolder(async (folder) => {
    const directory = await made(folder)
    const held = await open(directory)
    const refused = await otherProcess(directory)
    await end(refused.child)
    expect(refused.told).toBe('refused')
    expect(await isLocked(directory)).toBe(true)
    await held.release()
    const later = await otherProcess(directory)
    await end(later.child)
    expect(later.told).toBe('held')
  })
})

it('N2 a directory that is never released stays locked, whatever is collected as garbage', async () => {
  await inFolder(async (folder) => {
    const directory = await made(folder)
    const opened = await open(directory).then((held) => new WeakRef(held))
    await collectGarbage()
    expect(opened.deref()).toBeUndefined()
    expect(await isLocked(directory)).toBe(true)
  })
})

it('N2 one process cannot open it twice, and is told who has it', async () => {
  await inFolder(async (folder) => {
    const directory = await made(folder)
    const held = await open(directory)
    const failure = await open(directory).catch((error: DirectoryInUse) => error)
    expect(failure).toBeInstanceOf(DirectoryInUse)
    expect(failure).toMatchObject({
      name: 'DirectoryInUse',
      holder: `process ${process.pid} since ${NOW.toISOString()}`,
      remedy: expect.stringContaining('Stop that process') as string,
    })
    await expect(open(directory)).rejects.toThrow(`in use by process ${process.pid}`)
    await held.release()
  })
})

for (const [how, copy] of [
  ['cp -r', (from: string, to: string) => run('cp', ['-r', from, to])],
  ['cp -a', (from: string, to: string) => run('cp', ['-a', from, to])],
  ['cp -al (hard links)', (from: string, to: string) => run('cp', ['-al', from, to])],
] as const) {
  it(`N2 a directory copied with ${how} is noticed until it is adopted`, async () => {
    await inFolder(async (folder) => {
      const directory = await made(folder)
      await copy(directory, `${directory}-copy`)
      for (let start = 0; start < 2; start++) {
        const copied = await open(`${directory}-copy`)
        expect(copied.copied).toBe(true)
        await copied.release()
      }
      const adopted = await open(`${directory}-copy`)
      await adopted.adopt()
      expect(adopted.copied).toBe(false)
      await adopted.release()
      for (const path of [directory, `${directory}-copy`]) {
        const later = await open(path)
        expect(later).toMatchObject({ copied: false, createdAt: NOW })
        await later.release()
      }
    })
  })
}

it('N2 a directory restored from a backup to its old place is noticed', async () => {
  await inFolder(async (folder) => {
    const directory = await made(folder)
    await run('tar', ['-cf', join(folder, 'backup.tar'), '-C', folder, 'data'])
    await fs.rm(directory, { recursive: true })
    await run('tar', ['-xf', join(folder, 'backup.tar'), '-C', folder])
    const restored = await open(directory)
    expect(restored.copied).toBe(true)
    await restored.release()
  })
})

it('N2 a directory that was only moved is the same', async () => {
  await inFolder(async (folder) => {
    const directory = await made(folder)
    await fs.rename(directory, join(folder, 'elsewhere'))
    const moved = await open(join(folder, 'elsewhere'))
    expect(moved.copied).toBe(false)
    await moved.release()
  })
})

it('N2 a copy that was given the inodes of the original is noticed by when it was made', async () => {
  await inFolder(async (folder) => {
    const directory = join(folder, 'data')
    const reused = withStats(nodeDisk, (stat) => ({ ...stat, inode: '1' }))
    await (await create(directory, reused)).release()
    const same = await open(directory, { disk: reused })
    expect(same.copied).toBe(false)
    await same.release()
    await run('cp', ['-a', directory, `${directory}-copy`])
    const copied = await open(`${directory}-copy`, { disk: reused })
    expect(copied.copied).toBe(true)
    await copied.release()
  })
})

it('N2 where the file system does not know when a file was made, the inode decides', async () => {
  await inFolder(async (folder) => {
    const directory = join(folder, 'data')
    const blind = withStats(nodeDisk, withoutBirth)
    await (await create(directory, blind)).release()
    const later = await open(directory, { disk: blind })
    expect(later.copied).toBe(false)
    await later.release()
    await run('cp', ['-r', directory, `${directory}-copy`])
    const copied = await open(`${directory}-copy`, { disk: blind })
    expect(copied.copied).toBe(true)
    await copied.release()
  })
})

it('N2 a newer format and another kind are refused, each with a remedy, and the lock is given back', async () => {
  await inFolder(async (folder) => {
    const directory = await made(folder)
    await expect(open(directory, { kind: 'relay' })).rejects.toBeInstanceOf(DirectoryWrongKind)
    await expect(open(directory, { kind: 'relay' })).rejects.toThrow('belongs to a terminal, not to a relay')
    const path = join(directory, 'counterfoil.json')
    const state = (await readChecked(nodeDisk, path)) as object
    await writeChecked(nodeDisk, path, { ...state, format: 2 })
    const failure = await open(directory).catch((error: DirectoryError) => error)
    expect(failure).toBeInstanceOf(DirectoryNewer)
    expect(failure).toMatchObject({ remedy: 'Install the version that wrote it, or a later one.' })
    expect(await isLocked(directory)).toBe(false)
  })
})

it('D2 a damaged or senseless counterfoil.json is refused and left as it is', async () => {
  await inFolder(async (folder) => {
    const directory = await made(folder)
    const path = join(directory, 'counterfoil.json')
    for (const value of [
      null,
      {},
      { format: 'one' },
      { format: 1 },
      { format: 1, kind: 'terminal', createdAt: '' },
    ]) {
      await writeChecked(nodeDisk, path, value)
      const before = await fs.readFile(path)
      await expect(open(directory)).rejects.toBeInstanceOf(DamagedFile)
      await fs.truncate(path, before.length - 3)
      await expect(open(directory)).rejects.toBeInstanceOf(DamagedFile)
    }
    await fs.writeFile(path, '')
    await expect(create(directory)).rejects.toBeInstanceOf(DamagedFile)
  })
})

it('R1 a wrong path is refused and nothing is made there', async () => {
  await inFolder(async (folder) => {
    await expect(open(join(folder, 'nowhere'))).rejects.toBeInstanceOf(DirectoryNotFound)
    await expect(open(folder)).rejects.toBeInstanceOf(DirectoryNotFound)
    expect(await fs.readdir(folder)).toEqual([])
    await fs.writeFile(join(folder, 'letter.txt'), 'Dear …')
    await expect(create(folder)).rejects.toBeInstanceOf(DirectoryNotEmpty)
    await expect(create(folder)).rejects.toThrow('it holds letter.txt.')
    expect(await fs.readdir(folder)).toEqual(['letter.txt'])
    expect(await isLocked(folder)).toBe(false)
  })
})

it('D4 a full disk does not keep an existing directory from being opened', async () => {
  await inFolder(async (folder) => {
    const directory = await made(folder)
    const grows = ['open create', 'open append', 'truncate']
    const disk = new FaultyDisk(nodeDisk, ({ name }) =>
      grows.includes(name) ? { code: 'ENOSPC' } : undefined,
    )
    const sizes = (await fs.stat(join(directory, 'lock'))).size
    await (await open(directory, { disk, now: () => new Date(0) })).release()
    expect((await fs.stat(join(directory, 'lock'))).size).toBe(sizes)
  })
})

it('D3 killed at any operation while it is made, then the power fails: it can be made or opened again', async () => {
  await atEachOperation((at) =>
    inFolder(async (folder) => {
      const directory = join(folder, 'data')
      const lossy = await LossyDisk.over(nodeDisk, folder)
      const disk = new FaultyDisk(withStats(lossy, older), dieAt(at))
      const opened = await create(directory, disk).catch(() => undefined)
      await opened?.release().catch(() => undefined)
      if (at % 2 === 0) await lossy.crash()
      const again = opened ? await open(directory) : await create(directory)
      expect(again.kind).toBe('terminal')
      await again.release()
      return disk.operations.length
    }),
  )
})

/** The disk with other times or numbers in what it tells of files. */
function withStats(disk: Disk, change: (stat: DiskStat) => DiskStat): Disk {
  return {
    readFile: (path) => disk.readFile(path),
    readdir: (path) => disk.readdir(path),
    mkdir: (path) => disk.mkdir(path),
    rmdir: (path) => disk.rmdir(path),
    rename: (from, to) => disk.rename(from, to),
    unlink: (path) => disk.unlink(path),
    syncDirectory: (path) => disk.syncDirectory(path),
    stat: async (path) => change(await disk.stat(path)),
    open: async (path, mode) => {
      const file = await disk.open(path, mode)
      return { ...file, stat: async () => change(await file.stat()) }
    },
  }
}

/** What Node reports where there is no time of birth: that of the last change. */
function withoutBirth(stat: DiskStat): DiskStat {
  return { ...stat, bornNs: stat.changedNs }
}

/** As of a file that was made some time ago, so that nothing depends on how fast the clock of the file system ticks. */
function older(stat: DiskStat): DiskStat {
  return { ...stat, bornNs: String(BigInt(stat.bornNs) - 1_000_000_000n) }
}
