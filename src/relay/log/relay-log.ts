import { originOf, signCheckpoint, type Checkpoint, type SeenCheckpoint } from '../../docs/checkpoint.js'
import type { LogEntry } from '../../docs/generated/types.js'
import type { Signer } from '../../docs/keys.js'
import { entryHash } from '../../docs/log-entry.js'
import {
  consistencySpans,
  inclusionSpans,
  rootOf,
  sameHash,
  spanHash,
  verifyConsistency,
  verifyInclusion,
  type Span,
} from '../../docs/merkle.js'
import { Refused } from '../../protocol/problem.js'
import type { Disk } from '../../storage/disk.js'
import type { Log } from '../relay-parts.js'
import { closeFiles, openLogFiles, rebuild, writeSigned, type LogFiles } from './log-files.js'
import { HashMissing } from './tree-files.js'

export interface RelayLogOptions {
  /** Absolute path of the folder of the log; made when absent. */
  readonly directory: string
  readonly quarantine: string
  readonly disk: Disk
  /** Id of the relay. */
  readonly relay: string
  readonly signer: Signer
  readonly log: Log
}

/** So many leaves, and the root over them, as a checkpoint says or proves it. */
export type Tree = Pick<Checkpoint, 'size' | 'root'>

/** What shows that a leaf is in the log. */
export interface Inclusion {
  readonly leaf: Uint8Array
  readonly index: number
  readonly path: readonly Uint8Array[]
}

/** What comes in within this time enters the log at once, with one fsync. Milliseconds. */
const QUIET_MS = 250
/** Leaves hashed and written at once. */
const BATCH = 512

/**
 * The relay's log: every custody receipt it gave and every day close it counted, in a tree that only grows. Nobody
 * waits for it: what is to enter is in receipts.log or a day book already, and is found there after a crash.
 */
export class RelayLog {
  readonly #options: RelayLogOptions
  readonly #files: LogFiles
  #waiting: LogEntry[] = []
  /** Hashes and entries of leaves whose lines are durable, and that are not in the tree yet. */
  #unhashed: { readonly entry: LogEntry; readonly hash: Uint8Array }[] = []
  #size: number
  #signed: SeenCheckpoint | undefined
  #broken: string | undefined
  #timer: NodeJS.Timeout | undefined
  #running: Promise<void> = Promise.resolve()
  /** The checkpoint that is to be made next. */
  #round: Promise<SeenCheckpoint> | undefined
  #failure: Error | undefined
  #closed = false

  private constructor(options: RelayLogOptions, files: LogFiles) {
    this.#options = options
    this.#files = files
    this.#size = files.size
    this.#signed = files.signed
    this.#broken = files.broken
  }

  /** @throws StorageReadError, StorageWriteError */
  static async open(options: RelayLogOptions): Promise<RelayLog> {
    return new RelayLog(options, await openLogFiles(options))
  }

  /** Leaves that are in the tree. */
  get size(): number {
    return this.#size
  }

  /** Why the log takes nothing and answers nothing; undefined where all is well. */
  get broken(): string | undefined {
    return this.#broken
  }

  /** The serial of the last receipt that is in the log; 0 for none. */
  lastSerial(): Promise<number> {
    return this.#files.serials.last(this.#size)
  }

  /** Lets an entry in, soon. A day close that is in it already is left out. */
  add(entry: LogEntry): void {
    if (this.#broken !== undefined || this.#closed) return
    this.#waiting.push(entry)
    this.#plan()
  }

  #plan(): void {
    if (this.#timer || this.#closed) return
    this.#timer = setTimeout(() => void this.#begin(), QUIET_MS)
    this.#timer.unref()
  }

  /** Resolves when everything that was added before is in the log, or cannot be now. */
  settled(): Promise<void> {
    return this.#begin()
  }

  #begin(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    return this.#queued(() => this.#write())
  }

  /** One task at a time writes. */
  #queued<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#running.then(task)
    this.#running = result.then(
      () => undefined,
      () => undefined,
    )
    return result
  }

  async #write(): Promise<void> {
    try {
      await this.#hash()
      while (this.#waiting.length > 0) {
        const batch = await this.#fresh(this.#waiting.slice(0, BATCH))
        const taken = batch.length === 0 ? 0 : await this.#files.entries.append(this.#size, batch)
        this.#waiting = [...batch.slice(taken), ...this.#waiting.slice(BATCH)]
        this.#unhashed = batch.slice(0, taken).map((entry) => ({ entry, hash: entryHash(entry) }))
        await this.#hash()
      }
      this.#failure = undefined
    } catch (error) {
      if (this.#failure === undefined)
        this.#options.log.error(
          { error: (error as Error).message },
          'the log could not be written; it is tried again',
        )
      this.#failure = error as Error
      this.#plan()
    }
  }

  /** Takes what is durable into the tree. */
  async #hash(): Promise<void> {
    if (this.#unhashed.length === 0) return
    const { tree, serials, index } = this.#files
    const hashes = this.#unhashed.map(({ hash }) => hash)
    await serials.put(
      this.#size,
      this.#unhashed.map(({ entry }) => entry),
    )
    await tree.put(this.#size, hashes)
    for (const hash of hashes) index.add(hash)
    this.#size += hashes.length
    this.#unhashed = []
  }

  /** A day close is told of again by every start, and by the record that was moved out of a damaged day book. */
  async #fresh(entries: readonly LogEntry[]): Promise<LogEntry[]> {
    const fresh: LogEntry[] = []
    const seen = new Set<string>()
    for (const entry of entries) {
      if (entry.type === 'day-close') {
        const hash = entryHash(entry)
        const key = Buffer.from(hash).toString('base64')
        if (seen.has(key) || (await this.indexOf(hash, this.#size)) !== undefined) continue
        seen.add(key)
      }
      fresh.push(entry)
    }
    return fresh
  }

  /** The number of the leaf with this hash among the first `size`. */
  async indexOf(hash: Uint8Array, size: number): Promise<number | undefined> {
    for (const index of this.#files.index.find(hash))
      if (index < size && sameHash(await this.#files.tree.node({ level: 0, index }), hash)) return index
    return undefined
  }

  /** The number of a receipt's leaf among the first `size`. */
  indexOfReceipt(serial: number, size: number): Promise<number | undefined> {
    return this.#files.serials.find(serial, size)
  }

  #mustBeSound(): void {
    if (this.#broken === undefined) return
    throw new Refused(
      'storage',
      'log-damaged',
      `The relay’s log is damaged: ${this.#broken}. Stop the relay and restore the folder log/ from a backup of this relay; it then fills up from what the relay holds.`,
    )
  }

  /**
   * The newest checkpoint, of everything that was added before. Who asks while one is made shares the next.
   * @throws Refused `log-damaged`, `log-not-written`
   */
  checkpoint(): Promise<SeenCheckpoint> {
    this.#round ??= this.#queued(async () => {
      this.#round = undefined
      this.#mustBeSound()
      await this.#write()
      if (this.#failure) throw notWritten(this.#failure)
      try {
        return await this.#sign()
      } catch (error) {
        throw error instanceof Refused ? error : notWritten(error as Error)
      }
    })
    return this.#round
  }

  /** What is signed is durable, and so is that it was signed: no other log of this size may be signed after a crash. */
  async #sign(): Promise<SeenCheckpoint> {
    const { disk, directory } = this.#options
    const { tree, serials } = this.#files
    const before = this.#signed
    if (before?.size === this.#size) return before
    let next = await this.#unsigned()
    if (before && !(await this.#continues(before, next))) {
      await this.#repair('what it has does not continue the last checkpoint it signed')
      this.#mustBeSound()
      next = await this.#unsigned()
      if (!(await this.#continues(before, next)))
        this.#broken = 'its leaves are not those whose root it signed'
      this.#mustBeSound()
    }
    await tree.sync()
    await serials.sync()
    const signed = signCheckpoint(next, this.#options.signer)
    await writeSigned(disk, directory, signed.note)
    this.#signed = signed
    return signed
  }

  async #unsigned(): Promise<Checkpoint> {
    const size = this.#size
    return { origin: originOf(this.#options.relay), size, root: await this.#files.tree.root(size) }
  }

  async #continues(from: Checkpoint, to: Checkpoint): Promise<boolean> {
    const path = await this.#path(consistencySpans(from.size, to.size))
    return verifyConsistency(from.size, to.size, path, from.root, to.root)
  }

  #path(spans: readonly Span[]): Promise<Uint8Array[]> {
    return Promise.all(spans.map((span) => spanHash(span, this.#files.tree.node)))
  }

  /**
   * That a leaf is in a tree. A proof that would not verify is never given: the tree is made again.
   * @param index below the tree's size
   * @throws Refused `log-damaged`
   */
  async inclusion(index: number, { size, root }: Tree): Promise<Inclusion> {
    return this.#proven(async () => {
      const leaf = await this.#files.tree.node({ level: 0, index })
      const path = await this.#path(inclusionSpans(index, size))
      return verifyInclusion(leaf, index, size, path, root) ? { leaf, index, path } : undefined
    })
  }

  /**
   * That the tree of a checkpoint begins with the first `from` leaves.
   * @param from at most the checkpoint's size
   * @throws Refused `log-damaged`
   */
  async consistency(from: number, to: Tree): Promise<readonly Uint8Array[]> {
    return (await this.#continued(from, to)).path
  }

  /** The tree of the first `from` leaves, and the proof that it goes on in a later one. */
  #continued(
    from: number,
    { size, root: newer }: Tree,
  ): Promise<Pick<Tree, 'root'> & Pick<Inclusion, 'path'>> {
    return this.#proven(async () => {
      const path = await this.#path(consistencySpans(from, size))
      const root = from === size ? newer : await rootOf(from, this.#files.tree.node)
      return verifyConsistency(from, size, path, root, newer) ? { root, path } : undefined
    })
  }

  async #proven<T>(prove: () => Promise<T | undefined>): Promise<T> {
    this.#mustBeSound()
    const whole = (): Promise<T | undefined> =>
      prove().catch((error: unknown) => {
        if (error instanceof HashMissing) return undefined
        throw error
      })
    const first = await whole()
    if (first) return first
    await this.#queued(() => this.#repair('a hash of its tree is not what was signed'))
    this.#mustBeSound()
    const second = await whole()
    if (second) return second
    this.#broken = 'its tree does not fit the last checkpoint it signed'
    this.#mustBeSound()
    throw new Error('unreachable')
  }

  /** Makes the tree again from the leaves. */
  async #repair(reason: string): Promise<void> {
    this.#options.log.error({ reason }, 'the tree of the log is damaged; it is made again from the leaves')
    this.#broken = await rebuild(this.#files, this.#size, this.#signed)
  }

  /**
   * The tree of the first `size` leaves, its root proven by a checkpoint; undefined where there are fewer. What was signed
   * already is enough for that: a thousand terminals that ask for proofs at once need no thousand checkpoints.
   * @throws Refused `log-damaged`, `log-not-written`
   */
  async tree(size: number): Promise<Tree | undefined> {
    this.#mustBeSound()
    const last = this.#signed
    const signed = last && last.size >= size ? last : await this.checkpoint()
    if (size > signed.size) return undefined
    return size === signed.size ? signed : { size, root: (await this.#continued(size, signed)).root }
  }

  /** Leaves from `from` to before `to`; undefined for one whose line is damaged. */
  entries(from: number, to: number): AsyncGenerator<LogEntry | undefined> {
    this.#mustBeSound()
    return this.#files.entries.read(from, to)
  }

  /** Writes what waits, once more. */
  async close(): Promise<void> {
    await this.settled()
    this.#closed = true
    clearTimeout(this.#timer)
    await closeFiles(this.#files)
  }
}

function notWritten(error: Error): Refused {
  return new Refused(
    'storage',
    'log-not-written',
    `The relay could not write its log (${error.message}). Ask again when that is mended.`,
  )
}
