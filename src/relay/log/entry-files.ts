import { join } from 'node:path'
import type { LogEntry } from '../../docs/generated/types.js'
import { validate } from '../../docs/validate.js'
import { AppendLog, type LogDamage } from '../../storage/append-log.js'
import type { Disk } from '../../storage/disk.js'
import { reading } from '../../storage/errors.js'
import { listFolder } from '../../storage/folders.js'
import { readLines } from '../../storage/log-lines.js'

export interface EntryFilesOptions {
  /** Absolute paths of folders. */
  readonly directory: string
  readonly quarantine: string
  readonly disk: Disk
  /** Leaves of the last checkpoint that was signed: a line of one of these is never cut off. */
  readonly signed: number
  readonly onDamage: (file: string, damage: Omit<LogDamage, 'position' | 'bytes'>) => void
}

/** Leaves of one file: what is read to find one of them, and what one damaged file can concern. */
const LEAVES_PER_FILE = 1024
const FILE = /^entries-(\d{12})\.log$/

function nameOf(first: number): string {
  return `entries-${String(first).padStart(12, '0')}.log`
}

/**
 * The leaves of the log, one line each, in files that are named by their first leaf. Only the last one is written, and
 * read at a start. A damaged line keeps its number, so that all others keep theirs.
 */
export class EntryFiles {
  readonly #options: EntryFilesOptions
  /** First leaf of each file, ascending. */
  readonly #firsts: number[]
  #log: AppendLog | undefined
  #next: number

  private constructor(
    options: EntryFilesOptions,
    firsts: number[],
    next: number,
    log: AppendLog | undefined,
  ) {
    this.#options = options
    this.#firsts = firsts
    this.#next = next
    this.#log = log
  }

  /** @throws StorageReadError, StorageWriteError */
  static async open(options: EntryFilesOptions): Promise<EntryFiles> {
    const entries = (await listFolder(options.disk, options.directory)) ?? []
    const firsts = entries.flatMap(({ name }) => FILE.exec(name)?.[1] ?? []).map(Number)
    const last = firsts.at(-1)
    if (last === undefined) return new EntryFiles(options, firsts, 0, undefined)
    let lines = 0
    let isEndBad = false
    const log = await AppendLog.open({
      path: join(options.directory, nameOf(last)),
      quarantine: options.quarantine,
      disk: options.disk,
      onEntry: (_entry, line) => (lines = line),
      onDamage: (damage) => {
        options.onDamage(nameOf(last), damage)
        if (damage.quarantined !== undefined) return
        isEndBad = damage.line > lines
        lines = Math.max(lines, damage.line)
      },
      mayCut: (torn) => torn.every(({ line }) => last + line > options.signed),
    })
    if (!isEndBad) return new EntryFiles(options, firsts, last + lines, log)
    // Behind a bad end nothing is written: what follows goes to a file of its own.
    await log.close()
    return new EntryFiles(options, firsts, last + lines, undefined)
  }

  /** Leaves that have a line, also where it is damaged. */
  get count(): number {
    return this.#next
  }

  /**
   * Appends leaves durably: as many as the file that is written has room for.
   * @param at number of the first of them
   * @returns how many
   * @throws StorageWriteError; then none of them is there
   */
  async append(at: number, entries: readonly LogEntry[]): Promise<number> {
    const { log, room } = await this.#fileFor(at)
    const batch = entries.slice(0, room)
    try {
      await log.append(batch)
    } catch (error) {
      await log.undo().catch(() => undefined)
      throw error
    }
    this.#next = at + batch.length
    return batch.length
  }

  async #fileFor(at: number): Promise<{ log: AppendLog; room: number }> {
    const { directory, quarantine, disk, onDamage } = this.#options
    const first = this.#firsts.at(-1)
    const room = first === undefined ? 0 : first + LEAVES_PER_FILE - at
    if (this.#log && room > 0 && at === this.#next) return { log: this.#log, room }
    await this.#log?.close()
    this.#log = undefined
    const path = join(directory, nameOf(at))
    this.#log = await AppendLog.open({
      path,
      quarantine,
      disk,
      onEntry: () => undefined,
      onDamage: (damage) => onDamage(nameOf(at), damage),
    })
    if (at !== first) this.#firsts.push(at)
    return { log: this.#log, room: LEAVES_PER_FILE }
  }

  /**
   * Leaves from `from` on, in order; undefined for one whose line is damaged or gone.
   * @throws StorageReadError
   */
  async *read(from: number, to: number): AsyncGenerator<LogEntry | undefined> {
    let at = from
    while (at < to) {
      const place = this.#firsts.findLastIndex((first) => first <= at)
      const first = this.#firsts[place]
      const end = Math.min(to, this.#firsts[place + 1] ?? to)
      if (first !== undefined) {
        for await (const { line, entry } of this.#lines(first)) {
          const index = first + line - 1
          if (index < at) continue
          if (index >= end) break
          yield entry
          at = index + 1
        }
      }
      for (; at < end; at += 1) yield undefined
    }
  }

  async *#lines(first: number): AsyncGenerator<{ line: number; entry: LogEntry | undefined }> {
    const { directory, disk, onDamage } = this.#options
    const path = join(directory, nameOf(first))
    const file = await reading(path, () => disk.open(path, 'read'))
    try {
      for await (const found of readLines(file)) {
        const { number: line } = found
        if (found.damage) onDamage(nameOf(first), { line, reason: found.damage })
        yield { line, entry: found.damage ? undefined : entryOf(found.entry) }
      }
    } finally {
      await file.close()
    }
  }

  async close(): Promise<void> {
    await this.#log?.close()
  }
}

function entryOf(value: unknown): LogEntry {
  validate<LogEntry>('log.schema.json#/$defs/LogEntry', value, 'leaf of the log')
  return value
}
