import { join } from 'node:path'
import {
  BadCheckpoint,
  cosignerName,
  countersign,
  readCheckpoint,
  type Checkpoint,
  type SeenCheckpoint,
} from '../docs/checkpoint.js'
import type {
  LogAlarm,
  LogAlarmKind,
  LogEvidence,
  LogInclusions,
  LogView,
  SeenLog,
  SeenLogFile,
} from '../docs/generated/types.js'
import { entryHash, receiptEntry } from '../docs/log-entry.js'
import { verifyConsistency, verifyInclusion } from '../docs/merkle.js'
import { fromBase64 } from '../docs/signed-note.js'
import { InvalidInput, validate } from '../docs/validate.js'
import { Refused } from '../protocol/problem.js'
import type { CustodyReceipt } from '../protocol/receipt.js'
import { AppendLog } from '../storage/append-log.js'
import { DamagedFile, readChecked, writeChecked } from '../storage/atomic-file.js'
import type { Disk } from '../storage/disk.js'
import { ensureFolder } from '../storage/folders.js'
import { Queues } from '../storage/queues.js'
import type { Log } from './context.js'
import type { TerminalIdentity } from './identity.js'

/** What the relay says of its log; see `RelaySession`. */
export interface LogSource {
  logView(from: number, signal: AbortSignal): Promise<LogView>
  logReceipts(serials: readonly number[], size: number, signal: AbortSignal): Promise<LogInclusions>
  countersign(note: string, signal: AbortSignal): Promise<void>
}

export interface CheckpointsOptions {
  /** Absolute path of the data directory. */
  readonly directory: string
  readonly disk: Disk
  readonly now: () => Date
  readonly relay: string
  /** The relay's public key, as it was pinned. */
  readonly relayKey: string
  readonly log: Log
}

const FILE = 'log.json'
/** So long a relay may fail to show its log, as while somebody mends it. Milliseconds. */
const WITHHELD_MS = 24 * 60 * 60_000
/** Characters of what an alarm says. */
const MOST_WHAT = 1_000
/** Receipts whose proofs are asked for in one request, and in one sync. */
const PROOFS_AT_ONCE = 100
const PROOFS_PER_LOOK = 1_000

/** The relay's log is not what it must be. */
class LogFault extends Error {
  readonly kind: LogAlarmKind
  readonly evidence: Partial<LogEvidence>
  constructor(kind: LogAlarmKind, what: string, evidence: Partial<LogEvidence>) {
    super(what)
    this.name = 'LogFault'
    this.kind = kind
    this.evidence = evidence
  }
}

/**
 * What this terminal has seen of the relay's log. It takes a newer checkpoint only with the proof that the log it saw
 * before goes on in it, demands the receipts it was given, and countersigns. What does not fit raises an alarm, is kept
 * as evidence, and stops nothing.
 */
export class Checkpoints {
  readonly #options: CheckpointsOptions
  readonly #queue = new Queues()
  readonly #evidence: AppendLog
  #file: SeenLogFile
  #seen: SeenCheckpoint | undefined
  /** Hashes of the leaves of receipts that were not shown to be in the log yet, by serial. */
  readonly #unproven = new Map<number, Uint8Array>()
  #forgotten = 0

  private constructor(options: CheckpointsOptions, file: SeenLogFile, evidence: AppendLog) {
    this.#options = options
    this.#file = file
    this.#evidence = evidence
    this.#seen = this.#readSeen()
  }

  /** @throws StorageReadError, StorageWriteError */
  static async open(options: CheckpointsOptions): Promise<Checkpoints> {
    const { directory, disk, log } = options
    const evidence = await AppendLog.open({
      path: join(directory, 'log-evidence.log'),
      quarantine: join(directory, 'quarantine'),
      disk,
      onEntry: () => undefined,
      onDamage: (damage) => log.error({ file: 'log-evidence.log', damage }, 'a damaged line was found'),
    })
    return new Checkpoints(options, await readFile(options), evidence)
  }

  #readSeen(): SeenCheckpoint | undefined {
    const { relay, relayKey, log } = this.#options
    const { checkpoint } = this.#file
    if (checkpoint === undefined) return undefined
    try {
      return readCheckpoint(checkpoint, relay, relayKey)
    } catch (error) {
      // This directory was paired with another relay before.
      log.warn({ error: (error as Error).message }, 'the checkpoint seen last is not of this relay')
      return undefined
    }
  }

  /** Notes a receipt that the log must have. */
  remember(receipt: CustodyReceipt): void {
    const { serial } = receipt.body
    if (serial > this.#file.proven) this.#unproven.set(serial, entryHash(receiptEntry(receipt)))
  }

  /** The relay was restored from a backup and has forgotten the receipts after this serial (S5). */
  forget(after: number): void {
    this.#forgotten += 1
    for (const serial of this.#unproven.keys()) if (serial > after) this.#unproven.delete(serial)
    // Its serials are given again to other receipts. What was looked at since is told by the file.
    if (this.#forgotten > this.#file.forgotten)
      this.#file = { ...this.#file, proven: Math.min(this.#file.proven, after) }
  }

  get seen(): SeenLog {
    const { checkpoint, at, alarm } = this.#file
    return {
      checkpoint: checkpoint ?? null,
      size: this.#seen?.size ?? null,
      at: at ?? null,
      unproven: this.#unproven.size,
      alarm: alarm ?? null,
    }
  }

  /**
   * Looks at the log as the relay shows it now. It never fails: what cannot be looked at is looked at next time. While
   * there is an alarm, nothing is.
   * @param identity in whose name the checkpoint is countersigned
   */
  look(source: LogSource, identity: TerminalIdentity, signal: AbortSignal): Promise<void> {
    return this.#queue.run('look', async () => {
      if (this.#file.alarm) return
      try {
        const shown = await this.#looked(source, signal)
        if (shown) await source.countersign(this.#countersigned(shown, identity), signal)
      } catch (error) {
        if (error instanceof LogFault) await this.#raise(error)
        else if (!signal.aborted) await this.#notShown(error as Error)
      }
    })
  }

  /** A relay that showed its log before and never does again may have something to hide. */
  async #notShown({ message }: Error): Promise<void> {
    this.#options.log.warn({ error: message }, 'the relay’s log could not be looked at')
    if (!this.#seen) return
    const { notShownSince } = this.#file
    if (notShownSince === undefined) {
      const file = { ...this.#file, notShownSince: this.#now() }
      await this.#write(file).catch((error: unknown) => {
        this.#options.log.warn({ error: (error as Error).message }, `${FILE} could not be written`)
      })
    } else if (this.#options.now().getTime() - Date.parse(notShownSince) > WITHHELD_MS) {
      const fault = new LogFault('withheld', `since ${notShownSince}: ${message}`.slice(0, MOST_WHAT), {
        seen: this.#seen.note,
      })
      await this.#raise(fault)
    }
  }

  /** @returns the checkpoint that was taken; undefined where there is nothing new */
  async #looked(source: LogSource, signal: AbortSignal): Promise<SeenCheckpoint | undefined> {
    const given = [...this.#unproven.keys()].sort((a, b) => a - b).slice(0, PROOFS_PER_LOOK)
    const view = await source.logView(this.#seen?.size ?? 0, signal)
    const { relay, relayKey } = this.#options
    const shown = readCheckpoint(view.checkpoint, relay, relayKey)
    this.#mustContinue(shown, view)
    this.#mustBeOne(shown, view)
    for (let start = 0; start < given.length; start += PROOFS_AT_ONCE) {
      const serials = given.slice(start, start + PROOFS_AT_ONCE)
      this.#mustHave(serials, shown, await source.logReceipts(serials, shown.size, signal))
    }
    const isNew = this.#seen?.size !== shown.size || this.#forgotten !== this.#file.forgotten
    if (!isNew && given.length === 0 && this.#file.notShownSince === undefined) return undefined
    await this.#take(shown, Math.max(this.#file.proven, given.at(-1) ?? 0))
    for (const serial of given) this.#unproven.delete(serial)
    return shown
  }

  #mustContinue(shown: SeenCheckpoint, view: LogView): void {
    const before = this.#seen
    if (!before || continues(before, shown, view.consistency)) return
    const isShorter = shown.size < before.size
    const isRestored = this.#forgotten > this.#file.forgotten
    throw new LogFault(
      isRestored ? 'restored' : isShorter ? 'shrunk' : 'rewritten',
      `${before.size} leaves were seen, ${shown.size} are shown`,
      { seen: before.note, shown: shown.note, proof: view.consistency },
    )
  }

  /** What others countersigned is of the same log. */
  #mustBeOne(shown: SeenCheckpoint, view: LogView): void {
    const { relay, relayKey, log } = this.#options
    for (const { terminal, note, consistency } of view.countersigned) {
      let other: SeenCheckpoint
      try {
        other = readCheckpoint(note, relay, relayKey)
      } catch (error) {
        if (!(error instanceof BadCheckpoint)) throw error
        // It shows nothing: anybody could have made it.
        log.warn(
          { terminal, error: error.message },
          'what the relay says another terminal countersigned is not',
        )
        continue
      }
      if (continues(other, shown, consistency)) continue
      throw new LogFault('split', `${terminal} was shown ${other.size} leaves, this one ${shown.size}`, {
        seen: note,
        shown: shown.note,
        proof: consistency,
      })
    }
  }

  #mustHave(serials: readonly number[], shown: SeenCheckpoint, { proofs }: LogInclusions): void {
    const bySerial = new Map(proofs.map((proof) => [proof.serial, proof]))
    for (const serial of serials) {
      const proof = bySerial.get(serial)
      const leaf = this.#unproven.get(serial)
      if (!leaf) continue
      if (proof && verifyInclusion(leaf, proof.index, shown.size, hashes(proof.path), shown.root)) continue
      const what = proof ? 'the proof is wrong' : 'there is no proof'
      throw new LogFault('left-out', `receipt ${serial}: ${what}`, { shown: shown.note, serial })
    }
  }

  async #take(shown: SeenCheckpoint, proven: number): Promise<void> {
    await this.#write({ checkpoint: shown.note, at: this.#now(), proven, forgotten: this.#forgotten })
    this.#seen = shown
  }

  #countersigned(shown: SeenCheckpoint, { relay, terminal, signer }: TerminalIdentity): string {
    return countersign(shown, cosignerName(relay, terminal), signer, this.#options.now())
  }

  async #raise({ kind, message: what, evidence }: LogFault): Promise<void> {
    const at = this.#now()
    const alarm: LogAlarm = { kind, at, what }
    this.#options.log.error({ alarm: kind, what }, 'the relay’s log is not what this terminal saw')
    this.#file = { ...this.#file, alarm }
    const line: LogEvidence = { ...evidence, at, kind, what }
    try {
      await this.#evidence.append([line])
      await this.#write(this.#file)
    } catch (error) {
      this.#options.log.error(
        { error: (error as Error).message },
        'the evidence could not be kept on the disk',
      )
    }
  }

  /**
   * Ends an alarm in a person's name: what the relay shows at the next sync is taken as it is. The evidence stays.
   * @throws Refused `no-log-alarm`; StorageWriteError, then the alarm stays
   */
  settle(by: string): Promise<void> {
    return this.#queue.run('look', async () => {
      const { alarm, proven } = this.#file
      if (!alarm)
        throw new Refused('conflict', 'no-log-alarm', 'There is no alarm of the relay’s log to settle.')
      const line: LogEvidence = { at: this.#now(), kind: 'settled', what: alarm.kind, by }
      await this.#evidence.append([line])
      await this.#write({ proven: Math.max(proven, ...this.#unproven.keys()), forgotten: this.#forgotten })
      this.#unproven.clear()
      this.#seen = undefined
    })
  }

  async #write(file: SeenLogFile): Promise<void> {
    const { disk, directory } = this.#options
    await writeChecked(disk, join(directory, FILE), file)
    this.#file = file
  }

  #now(): string {
    return this.#options.now().toISOString()
  }

  close(): Promise<void> {
    return this.#evidence.close()
  }
}

const NOTHING_SEEN: SeenLogFile = { proven: 0, forgotten: 0 }

/** A file that is damaged is moved aside: what the relay shows next is then taken as if it were the first. */
async function readFile({ directory, disk, now, log }: CheckpointsOptions): Promise<SeenLogFile> {
  const path = join(directory, FILE)
  try {
    const file = (await readChecked(disk, path)) ?? NOTHING_SEEN
    validate<SeenLogFile>('log.schema.json#/$defs/SeenLogFile', file, `file ${FILE}`)
    return file
  } catch (error) {
    if (!(error instanceof DamagedFile) && !(error instanceof InvalidInput)) throw error
    const quarantine = join(directory, 'quarantine')
    await ensureFolder(disk, quarantine)
    await disk.rename(path, join(quarantine, `${now().getTime()}-${FILE}`))
    log.error({ file: FILE, error: error.message }, 'a damaged file was moved to quarantine')
    return NOTHING_SEEN
  }
}

function continues(before: Checkpoint, after: Checkpoint, proof: readonly string[]): boolean {
  return verifyConsistency(before.size, after.size, hashes(proof), before.root, after.root)
}

/** What is no hash becomes an empty one, with which nothing verifies. */
function hashes(path: readonly string[]): Uint8Array[] {
  return path.map((text) => fromBase64(text) ?? new Uint8Array())
}
