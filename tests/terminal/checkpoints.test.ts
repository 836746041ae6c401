import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCheckpoint } from '../../src/docs/checkpoint.js'
import type {
  CustodyReceipt,
  LogEvidence,
  LogInclusions,
  LogView,
  ReceiptEntry,
} from '../../src/docs/generated/types.js'
import type { Signer } from '../../src/docs/keys.js'
import { RelayLog } from '../../src/relay/log/relay-log.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { Checkpoints, type LogSource } from '../../src/terminal/checkpoints.js'
import type { TerminalIdentity } from '../../src/terminal/identity.js'
import { FaultyDisk } from '../storage/disks.js'
import { newSigner } from '../support/keys.js'
import { memoryLog } from '../support/world.js'
import { receipt, receipts } from '../relay/log/entries.js'

const RELAY = 'relay_0123456789abcdef'
const relayKey = newSigner()
const signal = new AbortController().signal
const text = (hash: Uint8Array): string => Buffer.from(hash).toString('base64')

let root: string
const opened: { close(): Promise<void> }[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'counterfoil-seen-'))
})
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
  await rm(root, { recursive: true, force: true })
})

/** What one terminal is shown of a relay's log: the relay may have another log for another terminal. */
class Face implements LogSource {
  readonly log: RelayLog
  /** What others countersigned, as the relay passes it on. */
  others: { terminal: string; note: string }[] = []
  readonly countersigned: string[] = []
  /** Receipts the relay gives no proof of. */
  hidden = new Set<number>()

  private constructor(log: RelayLog) {
    this.log = log
  }

  static async make(name: string, signer: Signer = relayKey): Promise<Face> {
    const log = await RelayLog.open({
      directory: join(root, name),
      quarantine: join(root, 'quarantine'),
      disk: nodeDisk,
      relay: RELAY,
      signer,
      log: memoryLog(),
    })
    opened.push(log)
    return new Face(log)
  }

  add(...entries: Parameters<RelayLog['add']>[0][]): void {
    for (const entry of entries) this.log.add(entry)
  }

  async logView(from: number): Promise<LogView> {
    const checkpoint = await this.log.checkpoint()
    const proof = async (size: number): Promise<string[]> =>
      size > checkpoint.size ? [] : (await this.log.consistency(size, checkpoint)).map(text)
    const countersigned: LogView['countersigned'] = []
    for (const { terminal, note } of this.others) {
      const { size } = readCheckpoint(note, RELAY, relayKey.publicKey)
      countersigned.push({ terminal, note, consistency: await proof(size) })
    }
    return { checkpoint: checkpoint.note, consistency: await proof(from), countersigned }
  }

  async logReceipts(serials: readonly number[], size: number): Promise<LogInclusions> {
    const tree = await this.log.tree(size)
    if (!tree) throw new Error(`there are fewer than ${size} leaves`)
    const proofs: LogInclusions['proofs'] = []
    for (const serial of serials) {
      const index = this.hidden.has(serial) ? undefined : await this.log.indexOfReceipt(serial, size)
      if (index === undefined) continue
      const { leaf, path } = await this.log.inclusion(index, tree)
      proofs.push({ serial, leaf: text(leaf), index, path: path.map(text) })
    }
    return { size, proofs }
  }

  async countersign(note: string): Promise<void> {
    this.countersigned.push(note)
  }
}

class Seen {
  readonly name: string
  readonly disk = new FaultyDisk(nodeDisk)
  readonly log = memoryLog()
  readonly identity: TerminalIdentity
  checkpoints!: Checkpoints
  /** Since the beginning of the day on which it all begins. */
  hours = 10

  private constructor(name: string) {
    this.name = name
    this.identity = {
      relay: RELAY,
      terminal: `term_${name}0123456789`,
      signer: newSigner(),
    } as TerminalIdentity
  }

  static async make(name: string): Promise<Seen> {
    const seen = new Seen(name)
    await seen.open()
    return seen
  }

  /** As a start of the terminal does. */
  async open(): Promise<void> {
    this.checkpoints = await Checkpoints.open({
      directory: join(root, this.name),
      disk: this.disk,
      now: () => new Date(Date.UTC(2026, 3, 1, this.hours)),
      relay: RELAY,
      relayKey: relayKey.publicKey,
      log: this.log,
    })
    opened.push(this.checkpoints)
  }

  give(...entries: ReturnType<typeof receipt>[]): void {
    for (const entry of entries) this.checkpoints.remember((entry as ReceiptEntry).receipt as CustodyReceipt)
  }

  look(face: Face): Promise<void> {
    return this.checkpoints.look(face, this.identity, signal)
  }

  get alarm(): string | undefined {
    return this.checkpoints.seen.alarm?.kind
  }

  async evidence(): Promise<LogEvidence[]> {
    const lines = (await readFile(join(root, this.name, 'log-evidence.log'), 'utf8')).trimEnd()
    return lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line.slice(17)) as LogEvidence)
  }
}

describe('the log as a terminal sees it', () => {
  test('H2 it is taken as it grows, its receipts are found in it, and each new checkpoint is countersigned', async () => {
    const [relay, seen] = [await Face.make('relay'), await Seen.make('T01')]
    for (let serial = 1; serial <= 250; serial += 1) {
      relay.add(receipt(serial))
      if (serial % 2 === 0) seen.give(receipt(serial))
      if (serial % 50 === 0) await seen.look(relay)
    }
    expect(seen.checkpoints.seen).toMatchObject({ size: 250, unproven: 0, alarm: null })
    expect(relay.countersigned).toHaveLength(5)
    await seen.look(relay)
    // Nothing is new: nothing is written or sent.
    expect(relay.countersigned).toHaveLength(5)
    await seen.open()
    expect(seen.checkpoints.seen).toMatchObject({ size: 250, alarm: null })
    seen.give(...receipts(250))
    expect(seen.checkpoints.seen.unproven).toBe(0)
    expect(await seen.evidence()).toEqual([])
  })

  test('H2 a log that was rewritten is found; both checkpoints are kept, and nothing more is countersigned', async () => {
    const [relay, rewritten] = [await Face.make('relay'), await Face.make('rewritten')]
    const seen = await Seen.make('T01')
    relay.add(...receipts(10))
    await seen.look(relay)
    const before = seen.checkpoints.seen.checkpoint ?? ''
    rewritten.add(...receipts(4), receipt(5, 'b'), ...receipts(20, 6))
    await seen.look(rewritten)
    expect(seen.checkpoints.seen).toMatchObject({ size: 10, checkpoint: before })
    expect(seen.checkpoints.seen.alarm).toMatchObject({
      kind: 'rewritten',
      what: '10 leaves were seen, 25 are shown',
    })
    expect(rewritten.countersigned).toEqual([])
    const [line] = await seen.evidence()
    expect(line).toMatchObject({ kind: 'rewritten', seen: before })
    expect(readCheckpoint(line?.shown ?? '', RELAY, relayKey.publicKey).size).toBe(25)
    // The alarm lasts, also over a start and where the honest log is shown again.
    await seen.open()
    await seen.look(relay)
    expect(seen.alarm).toBe('rewritten')
    expect(await seen.evidence()).toHaveLength(1)
  })

  test('H2 a log of the same size with another root is found', async () => {
    const [relay, other] = [await Face.make('relay'), await Face.make('other')]
    const seen = await Seen.make('T01')
    relay.add(...receipts(10))
    await seen.look(relay)
    other.add(...receipts(9), receipt(10, 'b'))
    await seen.look(other)
    expect(seen.alarm).toBe('rewritten')
  })

  test('S5 H2 a log that is shorter is told apart: cut, or of a relay that was restored and has forgotten receipts', async () => {
    const [relay, shorter] = [await Face.make('relay'), await Face.make('shorter')]
    const [cut, restored] = [await Seen.make('T01'), await Seen.make('T02')]
    relay.add(...receipts(10))
    shorter.add(...receipts(6))
    for (const seen of [cut, restored]) {
      seen.give(receipt(9))
      await seen.look(relay)
    }
    await cut.look(shorter)
    expect(cut.alarm).toBe('shrunk')
    restored.checkpoints.forget(6)
    await restored.look(shorter)
    expect(restored.alarm).toBe('restored')
    // Where what was seen goes on in it, nothing of the log was lost.
    const late = await Seen.make('T03')
    await late.look(relay)
    late.checkpoints.forget(6)
    shorter.add(...receipts(11, 7))
    await late.look(shorter)
    expect(late.alarm).toBeUndefined()
  })

  test('S5 a restored relay whose log has grown anew is named as restored; settled, its log is taken as it is', async () => {
    const [relay, restored] = [await Face.make('relay'), await Face.make('restored')]
    const seen = await Seen.make('T01')
    relay.add(...receipts(10))
    seen.give(...receipts(10))
    await seen.look(relay)
    restored.add(...receipts(6), ...receipts(20, 7).map((_, at) => receipt(7 + at, 'b')))
    seen.checkpoints.forget(6)
    await seen.look(restored)
    expect(seen.alarm).toBe('restored')
    await seen.checkpoints.settle('Mira')
    expect(seen.checkpoints.seen).toMatchObject({ size: null, alarm: null })
    // Serials after 6 were given again, to other receipts: these are demanded.
    seen.give(receipt(8, 'b'))
    await seen.look(restored)
    expect(seen.checkpoints.seen).toMatchObject({ size: 26, unproven: 0, alarm: null })
    expect(await seen.evidence()).toMatchObject([
      { kind: 'restored' },
      { kind: 'settled', what: 'restored', by: 'Mira' },
    ])
    await expect(seen.checkpoints.settle('Mira')).rejects.toMatchObject({ code: 'no-log-alarm' })
  })

  test.each(['no proof', 'another receipt'])(
    'H2 a receipt that is left out of the log is found: %s',
    async (how) => {
      const [relay, seen] = [await Face.make('relay'), await Seen.make('T01')]
      relay.add(...receipts(6), receipt(7, how === 'no proof' ? 'a' : 'b'), receipt(8))
      if (how === 'no proof') relay.hidden.add(7)
      seen.give(...receipts(8))
      await seen.look(relay)
      expect(seen.checkpoints.seen.alarm).toMatchObject({ kind: 'left-out' })
      expect(await seen.evidence()).toMatchObject([{ kind: 'left-out', serial: 7 }])
      await seen.checkpoints.settle('Mira')
      await seen.look(relay)
      expect(seen.checkpoints.seen).toMatchObject({ size: 8, alarm: null })
    },
  )
})

describe('a relay with two faces', () => {
  /** Two terminals that were shown different logs of one relay, each consistent in itself. */
  async function split() {
    const [one, two] = [await Face.make('one'), await Face.make('two')]
    const [first, second] = [await Seen.make('T01'), await Seen.make('T02')]
    one.add(...receipts(10))
    two.add(...receipts(7), receipt(8, 'b'), ...receipts(4, 9))
    await first.look(one)
    await second.look(two)
    expect([first.alarm, second.alarm]).toEqual([undefined, undefined])
    return { one, two, first, second }
  }

  test('H2 is caught by the first terminal that is given what the other countersigned, whichever log is longer', async () => {
    const { one, two, first, second } = await split()
    one.others = [{ terminal: second.identity.terminal, note: two.countersigned[0] ?? '' }]
    two.others = [{ terminal: first.identity.terminal, note: one.countersigned[0] ?? '' }]
    await first.look(one)
    await second.look(two)
    expect([first.alarm, second.alarm]).toEqual(['split', 'split'])
    const [line] = await first.evidence()
    expect(line).toMatchObject({ kind: 'split', seen: two.countersigned[0] })
    // Both notes are signed by the relay: that is what convicts it, and needs nobody's word.
    for (const note of [line?.seen, line?.shown])
      expect(readCheckpoint(note ?? '', RELAY, relayKey.publicKey).size).toBeGreaterThan(0)
  })

  test('H2 is caught by whoever compares what the terminals kept, where the relay passes nothing on', async () => {
    const { one, first, second } = await split()
    const kept = second.checkpoints.seen.checkpoint ?? ''
    const auditor = await Seen.make('auditor')
    one.others = [
      { terminal: first.identity.terminal, note: first.checkpoints.seen.checkpoint ?? '' },
      { terminal: second.identity.terminal, note: kept },
    ]
    await auditor.look(one)
    expect(auditor.alarm).toBe('split')
  })

  test('what nobody but the relay could have signed and it did not raises nothing', async () => {
    const [relay, liar] = [await Face.make('relay'), await Face.make('liar', newSigner())]
    const seen = await Seen.make('T01')
    relay.add(...receipts(3))
    liar.add(...receipts(5))
    const view = await relay.logView(0)
    const forged = {
      terminal: 'term_other0123456789',
      note: (await liar.log.checkpoint()).note,
      consistency: [],
    }
    const source: LogSource = {
      logView: async () => ({ ...view, countersigned: [forged] }),
      logReceipts: (serials, size) => relay.logReceipts(serials, size),
      countersign: (note) => relay.countersign(note),
    }
    await seen.checkpoints.look(source, seen.identity, signal)
    expect(seen.checkpoints.seen).toMatchObject({ size: 3, alarm: null })
    // Nor is a checkpoint taken that is not the relay's.
    await seen.look(liar)
    expect(seen.checkpoints.seen).toMatchObject({ size: 3, alarm: null })
    expect(seen.log.said.at(-1)).toMatchObject({ message: 'the relay’s log could not be looked at' })
  })
})

describe('a relay that does not show its log any more', () => {
  const silent: LogSource = {
    logView: () => Promise.reject(new Error('it is busy')),
    logReceipts: () => Promise.reject(new Error('it is busy')),
    countersign: () => Promise.resolve(),
  }

  test('H2 is an alarm after a day; one that shows it again before that is none', async () => {
    const [relay, seen] = [await Face.make('relay'), await Seen.make('T01')]
    relay.add(...receipts(5))
    await seen.look(relay)
    const look = (): Promise<void> => seen.checkpoints.look(silent, seen.identity, signal)
    await look()
    seen.hours += 23
    await look()
    await seen.look(relay)
    seen.hours += 23
    await look()
    await seen.open()
    seen.hours += 23
    await look()
    expect(seen.alarm).toBeUndefined()
    seen.hours += 2
    await look()
    expect(seen.alarm).toBe('withheld')
    const [line] = await seen.evidence()
    expect(line?.what).toContain('it is busy')
  })

  test('and never did, as one of an older version, is none', async () => {
    const seen = await Seen.make('T01')
    for (let day = 0; day < 3; day += 1) {
      await seen.checkpoints.look(silent, seen.identity, signal)
      seen.hours += 24
    }
    expect(seen.alarm).toBeUndefined()
  })
})

describe('a terminal’s disk', () => {
  test('D2 a damaged log.json is moved to quarantine and reported, and the terminal goes on', async () => {
    const [relay, seen] = [await Face.make('relay'), await Seen.make('T01')]
    relay.add(...receipts(5))
    await seen.look(relay)
    const path = join(root, 'T01', 'log.json')
    await writeFile(path, (await readFile(path, 'utf8')).replace('"proven"', '"pr0ven"'))
    await seen.open()
    expect(seen.checkpoints.seen).toMatchObject({ size: null, alarm: null })
    expect(seen.log.said.at(-1)).toMatchObject({ message: 'a damaged file was moved to quarantine' })
    await seen.look(relay)
    expect(seen.checkpoints.seen).toMatchObject({ size: 5 })
  })

  test('D4 a full disk takes no checkpoint and countersigns none; an alarm is shown all the same', async () => {
    const [relay, other] = [await Face.make('relay'), await Face.make('other')]
    const seen = await Seen.make('T01')
    relay.add(...receipts(5))
    seen.disk.decide = ({ name }) => (name === 'write' ? { code: 'ENOSPC' } : undefined)
    await seen.look(relay)
    expect(seen.checkpoints.seen).toMatchObject({ size: null })
    expect(relay.countersigned).toEqual([])
    seen.disk.decide = () => undefined
    await seen.look(relay)
    seen.disk.decide = ({ name }) => (name === 'write' ? { code: 'ENOSPC' } : undefined)
    other.add(receipt(1, 'b'), ...receipts(9, 2))
    await seen.look(other)
    expect(seen.alarm).toBe('rewritten')
    seen.disk.decide = () => undefined
  })
})
