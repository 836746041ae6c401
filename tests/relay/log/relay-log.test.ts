import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCheckpoint, type SeenCheckpoint } from '../../../src/docs/checkpoint.js'
import type { LogEntry } from '../../../src/docs/generated/types.js'
import { entryHash } from '../../../src/docs/log-entry.js'
import { verifyConsistency, verifyInclusion } from '../../../src/docs/merkle.js'
import { RelayLog } from '../../../src/relay/log/relay-log.js'
import { nodeDisk, type Disk } from '../../../src/storage/disk.js'
import { atEachOperation, dieAt, FaultyDisk } from '../../storage/disks.js'
import { newSigner } from '../../support/keys.js'
import { memoryLog } from '../../support/world.js'
import { dayClose, receipt, receipts, rootOfEntries } from './entries.js'

const RELAY = 'relay_0123456789abcdef'
const signer = newSigner()
let folder: string
let said: ReturnType<typeof memoryLog>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'counterfoil-log-'))
  said = memoryLog()
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const path = (...names: string[]): string => join(folder, 'log', ...names)

function open(disk: Disk = nodeDisk): Promise<RelayLog> {
  return RelayLog.open({
    directory: path(),
    quarantine: join(folder, 'quarantine'),
    disk,
    relay: RELAY,
    signer,
    log: said,
  })
}

async function add(log: RelayLog, entries: readonly LogEntry[]): Promise<SeenCheckpoint> {
  for (const entry of entries) log.add(entry)
  return log.checkpoint()
}

async function filled(entries: readonly LogEntry[]): Promise<SeenCheckpoint> {
  const log = await open()
  const checkpoint = await add(log, entries)
  await log.close()
  return checkpoint
}

async function entriesOf(log: RelayLog, from = 0, to = log.size): Promise<(LogEntry | undefined)[]> {
  const read: (LogEntry | undefined)[] = []
  for await (const entry of log.entries(from, to)) read.push(entry)
  return read
}

async function flip(file: string, at: number): Promise<void> {
  const bytes = await readFile(path(file))
  bytes[at] = (bytes[at] ?? 0) ^ 1
  await writeFile(path(file), bytes)
}

async function expectContinues(log: RelayLog, from: SeenCheckpoint, to: SeenCheckpoint): Promise<void> {
  const proof = await log.consistency(from.size, to)
  expect(verifyConsistency(from.size, to.size, proof, from.root, to.root)).toBe(true)
}

async function expectProven(
  log: RelayLog,
  index: number,
  entry: LogEntry,
  at: SeenCheckpoint,
): Promise<void> {
  const proof = await log.inclusion(index, at)
  expect(verifyInclusion(entryHash(entry), index, at.size, proof.path, at.root)).toBe(true)
}

describe('the relay’s log', () => {
  test('H2 a checkpoint is signed, of the tree of RFC 9162 over what was added, also after a restart', async () => {
    const entries = [...receipts(3), dayClose(7), ...receipts(4, 4)]
    const log = await open()
    const empty = await log.checkpoint()
    expect(empty.size).toBe(0)
    for (const [count, entry] of entries.entries()) {
      const checkpoint = await add(log, [entry])
      expect(checkpoint.size).toBe(count + 1)
      expect(Buffer.from(checkpoint.root)).toEqual(Buffer.from(rootOfEntries(entries.slice(0, count + 1))))
      expect(readCheckpoint(checkpoint.note, RELAY, signer.publicKey).size).toBe(count + 1)
      await expectContinues(log, empty, checkpoint)
    }
    await log.close()
    const again = await open()
    expect(await entriesOf(again)).toEqual(entries)
    expect(await again.lastSerial()).toBe(7)
    expect((await again.checkpoint()).size).toBe(8)
    await again.close()
  })

  test('H2 every leaf is found by its receipt and its hash, over many files, and every older size is continued', async () => {
    const entries: LogEntry[] = receipts(2_600)
    for (let at = 100; at < 2_600; at += 300) entries.splice(at, 0, dayClose(at))
    const log = await open()
    const seen: SeenCheckpoint[] = []
    for (let at = 0; at < entries.length; at += 613) seen.push(await add(log, entries.slice(at, at + 613)))
    const last = await log.checkpoint()
    expect(last.size).toBe(entries.length)
    expect((await readdir(path())).filter((name) => name.startsWith('entries-'))).toHaveLength(3)
    for (const checkpoint of seen) await expectContinues(log, checkpoint, last)
    for (let index = 0; index < entries.length; index += 97) {
      const entry = entries[index]
      if (!entry) continue
      await expectProven(log, index, entry, last)
      expect(await log.indexOf(entryHash(entry), last.size)).toBe(index)
      if (entry.type === 'custody-receipt')
        expect(await log.indexOfReceipt(entry.receipt.body.serial, last.size)).toBe(index)
    }
    expect(await log.indexOfReceipt(2_601, last.size)).toBeUndefined()
    expect(await log.indexOfReceipt(2_600, last.size - 1)).toBeUndefined()
    expect(await log.indexOf(entryHash(receipt(9_999)), last.size)).toBeUndefined()
    expect(await entriesOf(log, 1_020, 1_030)).toEqual(entries.slice(1_020, 1_030))
    await log.close()
  }, 60_000)

  test('a day close that is told of again, as by every start, enters once', async () => {
    await filled([dayClose(1), dayClose(1), receipt(1), dayClose(2)])
    const log = await open()
    expect((await add(log, [dayClose(2), dayClose(1), receipt(2)])).size).toBe(4)
    await log.close()
  })

  test('who asks for a checkpoint at the same moment shares one', async () => {
    const disk = new FaultyDisk(nodeDisk)
    const log = await open(disk)
    for (const entry of receipts(50)) log.add(entry)
    const before = disk.operations.length
    const given = await Promise.all(Array.from({ length: 200 }, () => log.checkpoint()))
    expect(new Set(given.map(({ note }) => note)).size).toBe(1)
    const written = disk.operations.slice(before).filter(({ name }) => name === 'rename')
    expect(written).toHaveLength(1)
    await log.close()
  })
})

describe('a kill or a failing disk', () => {
  test('D3 killed at any operation, the log continues what was signed, and takes up what it had not taken', async () => {
    const first = await filled(receipts(20))
    await atEachOperation(async (at) => {
      await rm(path(), { recursive: true, force: true })
      const signed = [await filled(receipts(20))]
      expect(signed[0]?.note).toBe(first.note)
      const disk = new FaultyDisk(nodeDisk, dieAt(at))
      const log = await open(disk).catch(() => undefined)
      if (log) {
        for (const part of [receipts(9, 21), receipts(1_100, 30)]) {
          const checkpoint = await add(log, part).catch(() => undefined)
          if (checkpoint) signed.push(checkpoint)
        }
        await log.close().catch(() => undefined)
      }
      const again = await open()
      expect(again.broken).toBeUndefined()
      const last = await again.lastSerial()
      const checkpoint = await add(again, receipts(1_129 - last, last + 1))
      expect(checkpoint.size).toBe(1_129)
      expect(Buffer.from(checkpoint.root)).toEqual(Buffer.from(rootOfEntries(receipts(1_129))))
      for (const before of signed) await expectContinues(again, before, checkpoint)
      await again.close()
      return disk.operations.length
    })
  }, 120_000)

  test('D4 a full disk is told to who asks, and what waits enters when there is space', async () => {
    const disk = new FaultyDisk(nodeDisk)
    const log = await open(disk)
    await add(log, receipts(2))
    disk.decide = ({ name }) => (name === 'write' ? { code: 'ENOSPC', torn: true } : undefined)
    await expect(add(log, receipts(3, 3))).rejects.toMatchObject({ code: 'log-not-written' })
    disk.decide = () => undefined
    const checkpoint = await log.checkpoint()
    expect(Buffer.from(checkpoint.root)).toEqual(Buffer.from(rootOfEntries(receipts(5))))
    await log.close()
  })

  test('D3 a tail that never was signed and did not reach the disk is hashed anew from its lines', async () => {
    await filled(receipts(40))
    const log = await open()
    for (const entry of receipts(40, 41)) log.add(entry)
    await log.close()
    // As after a power failure: the length is there, the content is not.
    const bytes = await readFile(path('level-00'))
    await writeFile(path('level-00'), bytes.fill(0, 50 * 32))
    const again = await open()
    expect(Buffer.from((await again.checkpoint()).root)).toEqual(Buffer.from(rootOfEntries(receipts(80))))
    await again.close()
  })
})

describe('damage', () => {
  const entries = receipts(100)

  test.each([
    ['a hash of a leaf', () => flip('level-00', 33 * 32 + 5)],
    ['a hash of the level above', () => flip('level-01', 16 * 32 + 5)],
    ['a hash near the root', () => flip('level-06', 5)],
    ['a whole level', () => rm(path('level-03'))],
    ['all levels', async () => Promise.all([0, 1, 2, 3, 4, 5, 6].map((at) => rm(path(`level-0${at}`))))],
    ['the serials', () => rm(path('serials'))],
  ])('D2 H2 of %s is found before a wrong proof is given, reported, and mended', async (_what, damage) => {
    const signed = await filled(entries)
    await damage()
    const log = await open()
    const earlier = await log.tree(61)
    expect(Buffer.from(earlier?.root ?? '')).toEqual(Buffer.from(rootOfEntries(entries.slice(0, 61))))
    expect(await log.tree(101)).toBeUndefined()
    for (const [index, entry] of entries.entries()) {
      await expectProven(log, index, entry, signed)
      expect(await log.indexOfReceipt(index + 1, 100)).toBe(index)
    }
    const next = await add(log, receipts(30, 101))
    await expectContinues(log, signed, next)
    expect(Buffer.from(next.root)).toEqual(Buffer.from(rootOfEntries(receipts(130))))
    await log.close()
  })

  test('D2 a damaged line is reported and shown as such; its hash, and all other leaves, stay', async () => {
    const signed = await filled(entries)
    const size = (await readFile(path('entries-000000000000.log'))).length
    await flip('entries-000000000000.log', Math.floor(size / 2))
    const log = await open()
    const read = await entriesOf(log)
    expect(read.filter((entry) => entry === undefined)).toHaveLength(1)
    expect(read).toHaveLength(100)
    expect(said.said).toContainEqual(expect.objectContaining({ message: 'a damaged line was found' }))
    const damaged = read.indexOf(undefined)
    await expectProven(log, damaged, entries[damaged] ?? receipt(0), signed)
    await expectContinues(log, signed, await add(log, receipts(1, 101)))
    await log.close()
  })

  test.each([
    ['its last byte', 1],
    ['half of it', 150],
  ])(
    'D2 a last line that was signed and lost %s is not cut off, and what follows is kept apart',
    async (_what, lost) => {
      const signed = await filled(entries)
      const file = path('entries-000000000000.log')
      const whole = await readFile(file)
      await truncate(file, whole.length - lost)
      const log = await open()
      expect(log.broken).toBeUndefined()
      const next = await add(log, receipts(2, 101))
      await expectContinues(log, signed, next)
      await expectProven(log, 99, entries[99] ?? receipt(0), next)
      expect(await entriesOf(log, 98)).toEqual([entries[98], undefined, receipt(101), receipt(102)])
      expect((await readFile(file)).length).toBe(whole.length - lost)
      await log.close()
    },
  )

  test('D2 H2 a log that was rewritten on the disk signs nothing, and the relay says what to do', async () => {
    await filled(entries)
    const checkpoint = await readFile(path('checkpoint.json'))
    await rm(path(), { recursive: true })
    await filled([receipt(1, 'b'), ...receipts(99, 2)])
    await writeFile(path('checkpoint.json'), checkpoint)
    const log = await open()
    expect(log.broken).toBe('its leaves are not those whose root it signed')
    await expect(add(log, receipts(1, 101))).rejects.toMatchObject({ code: 'log-damaged' })
    await expect(log.checkpoint()).rejects.toThrow('restore the folder log/ from a backup')
    expect(() => log.entries(0, 1)).toThrow('The relay’s log is damaged')
    await log.close()
  })

  test.each([
    ['damaged', () => flip('checkpoint.json', 20)],
    [
      'of leaves that are gone',
      () => Promise.all([rm(path('entries-000000000000.log')), rm(path('level-00'))]),
    ],
  ])('D2 with a checkpoint that is %s nothing else is signed', async (_what, damage) => {
    await filled(entries)
    await damage()
    const log = await open()
    await expect(log.checkpoint()).rejects.toMatchObject({ code: 'log-damaged' })
    await log.close()
  })
})
