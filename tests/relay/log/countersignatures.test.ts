import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Countersignature } from '../../../src/docs/generated/types.js'
import { Countersignatures } from '../../../src/relay/log/countersignatures.js'
import { nodeDisk, type Disk } from '../../../src/storage/disk.js'
import { FaultyDisk } from '../../storage/disks.js'
import { memoryLog } from '../../support/world.js'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'counterfoil-countersigned-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const directory = (): string => join(folder, 'countersigned')

function open(disk: Disk = nodeDisk, log = memoryLog()): Promise<Countersignatures> {
  return Countersignatures.open({ directory: directory(), quarantine: join(folder, 'quarantine'), disk, log })
}

const of = (code: string, size: number): Countersignature => ({
  terminal: `term_${code.toLowerCase().padStart(20, '0')}`,
  code,
  epoch: 'A',
  at: new Date(Date.parse('2026-04-01T10:00:00.000Z') + size).toISOString(),
  size,
  note: `checkpoint of ${size}`,
})

test('the last of each terminal is kept, in one file that is written once for all that came together', async () => {
  const disk = new FaultyDisk(nodeDisk)
  const kept = await open(disk)
  for (const size of [1, 2, 3]) for (const code of ['T01', 'T02']) kept.keep(of(code, size))
  expect(kept.list().map(({ code, size }) => [code, size])).toEqual([
    ['T01', 3],
    ['T02', 3],
  ])
  await kept.settled()
  const renames = disk.operations.filter(({ name }) => name === 'rename')
  expect(renames).toHaveLength(2)
  expect((await open()).list()).toEqual(kept.list())
})

test('D4 what a full disk did not take is told, and written with what comes next', async () => {
  const disk = new FaultyDisk(nodeDisk)
  const log = memoryLog()
  const kept = await open(disk, log)
  disk.decide = ({ name }) => (name === 'write' ? { code: 'ENOSPC' } : undefined)
  kept.keep(of('T01', 1))
  await kept.settled()
  expect(log.said.map(({ message }) => message)).toEqual(['a countersignature was not written'])
  expect(await readdir(directory())).toEqual([])
  disk.decide = () => undefined
  kept.keep(of('T02', 2))
  await kept.settled()
  expect((await open()).list().map(({ code }) => code)).toEqual(['T02', 'T01'])
})
