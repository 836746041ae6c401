import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { EVIDENCE_BYTES, Incidents } from '../../src/relay/incidents.js'
import { nodeDisk, type Disk } from '../../src/storage/disk.js'

let directory: string
let now: number
const said: string[] = []
const log = {
  warn: (_fields: object, message: string) => said.push(message),
  error: (fields: object, message: string) => said.push(`${message} ${JSON.stringify(fields)}`),
}

const open = (disk: Disk = nodeDisk): Promise<Incidents> =>
  Incidents.open({ directory, disk, now: () => new Date(now), log })

const refused = (terminal: string, bytes: string, document = 'doc') =>
  ({
    kind: 'change-refused',
    code: 'schema',
    reason: 'it is no record',
    terminal,
    document,
    bytes: Buffer.from(bytes),
  }) as const

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'counterfoil-incidents-'))
  now = Date.parse('2026-01-05T10:00:00Z')
  said.length = 0
})
afterEach(() => rm(directory, { recursive: true }))

describe('incidents', () => {
  test('A3 what was refused is kept as evidence, over a restart', async () => {
    const first = await open()
    await first.note(refused('T1', 'bad bytes'))
    const second = await open()
    expect(second.list()).toMatchObject([
      {
        serial: 1,
        kind: 'change-refused',
        terminal: 'T1',
        document: 'doc',
        count: 1,
        evidence: { bytes: 9 },
      },
    ])
    expect(Buffer.from((await second.evidence(1)) ?? []).toString()).toBe('bad bytes')
    expect(await second.evidence(2)).toBeUndefined()
  })

  test('the same thing again is counted, and the count outlives a clean end', async () => {
    const first = await open()
    for (let times = 0; times < 7; times += 1) {
      now += 1_000
      await first.note(refused('T1', 'bad bytes'))
    }
    expect(first.list()).toMatchObject([
      { count: 7, at: '2026-01-05T10:00:01.000Z', lastAt: '2026-01-05T10:00:07.000Z' },
    ])
    await first.close()
    expect((await open()).list()).toMatchObject([{ count: 7 }])
  })

  test('A3 evidence is bounded: of a large one the beginning is kept, and the hash of all of it', async () => {
    const incidents = await open()
    await incidents.note(refused('T1', 'x'.repeat(EVIDENCE_BYTES + 5)))
    expect(incidents.list()[0]?.evidence).toMatchObject({ bytes: EVIDENCE_BYTES + 5, kept: EVIDENCE_BYTES })
    expect((await incidents.evidence(1))?.length).toBe(EVIDENCE_BYTES)
  })

  test('S4 a source that makes ever new incidents pushes out only its own, a few an hour', async () => {
    const incidents = await open()
    await incidents.note(refused('quiet', 'once'))
    for (let hour = 0; hour < 3; hour += 1) {
      for (let times = 0; times < 70; times += 1) await incidents.note(refused('noisy', `${hour} ${times}`))
      now += 3_600_000
    }
    const list = incidents.list()
    expect(list.filter(({ terminal }) => terminal === 'quiet')).toHaveLength(1)
    const noisy = list.filter(({ terminal }) => terminal === 'noisy')
    expect(noisy).toHaveLength(100)
    expect(noisy[0]?.count).toBe(11)
    expect(await readdir(join(directory, 'evidence'))).toHaveLength(101)
  })

  test('texts of a hostile peer are cut', async () => {
    const incidents = await open()
    await incidents.note({
      kind: 'frame-refused',
      code: 'x'.repeat(500),
      reason: 'y'.repeat(5_000),
      address: '::1',
    })
    expect(incidents.list()[0]?.reason).toHaveLength(1_000)
    await expect(open()).resolves.toBeDefined()
  })

  test('notes made at the same time are all on the disk when they resolve', async () => {
    const incidents = await open()
    await Promise.all(Array.from({ length: 20 }, (_, n) => incidents.note(refused('T1', `bytes ${n}`))))
    expect((await open()).list()).toHaveLength(20)
  })

  test('D4 a full disk stops no note; it is told to the log and kept when there is space', async () => {
    let full = true
    const disk: Disk = {
      ...nodeDisk,
      open: (path, mode) =>
        full && mode === 'create'
          ? Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
          : nodeDisk.open(path, mode),
    }
    const incidents = await open(disk)
    await incidents.note(refused('T1', 'bad'))
    expect(said.at(-1)).toContain('could not be kept')
    expect(incidents.list()).toHaveLength(1)
    full = false
    await incidents.note(refused('T1', 'worse'))
    const file = await readFile(join(directory, 'incidents.json'), 'utf8')
    expect(file).toContain('"serial": 2')
  })
})
