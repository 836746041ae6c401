import { basename, dirname, join } from 'node:path'
import type { Disk, DiskFile } from './disk.js'
import { StorageReadError, StorageWriteError, writing } from './errors.js'
import { ensureFolder, unless } from './folders.js'
import { encodeLine, type Line, type LineDamage, LineReader, readLines } from './log-lines.js'

export interface LogDamage {
  /** 1 for the first line. */
  readonly line: number
  readonly reason: LineDamage
  /** Where the line began in the file as it was found, and its length with its line end, in bytes. */
  readonly position: number
  readonly bytes: number
  /** Where a torn end was copied before it was cut off; absent for a line that was left in place. */
  readonly quarantined?: string
}

export interface AppendLogOptions {
  /** Absolute path of the file; it and its folder are made when absent. */
  readonly path: string
  /** Absolute path of the folder for torn ends. */
  readonly quarantine: string
  readonly disk: Disk
  /** Called for every intact entry, in order, before `open` resolves. `position`: where its line begins, in bytes. */
  readonly onEntry: (entry: unknown, line: number, position: number) => void
  readonly onDamage?: (damage: LogDamage) => void
  /** Whether bad lines at the end are cut off; a log that must not lose an acknowledged one looks at them first. */
  readonly mayCut?: (torn: readonly LogDamage[]) => boolean
}

/** The log takes no more entries: it is closed, or a failed append could not be undone. */
export class LogUnusable extends Error {
  constructor(path: string, reason: string, cause?: unknown) {
    super(`${path} takes no more entries: ${reason}`, { cause })
    this.name = 'LogUnusable'
  }
}

const COPY_BYTES = 64 * 1024

interface Waiting {
  readonly bytes: Uint8Array
  readonly resolve: (position: number) => void
  readonly reject: (error: Error) => void
}

/**
 * An append-only file of JSON entries, one writer at a time. Bad lines at the very end are what an append that was cut
 * short leaves: they are copied to the quarantine and cut off. A bad line before an intact one is damage: it is
 * reported, skipped and left as it is.
 */
export class AppendLog {
  readonly #path: string
  readonly #file: DiskFile
  /** Bytes that are whole lines and durable. */
  #length: number
  #waiting: Waiting[] = []
  #writing: Promise<void> | undefined
  #refusal: LogUnusable | undefined
  #broken = false

  private constructor(path: string, file: DiskFile, length: number) {
    this.#path = path
    this.#file = file
    this.#length = length
  }

  /** @throws StorageReadError, StorageWriteError */
  static async open(options: AppendLogOptions): Promise<AppendLog> {
    const { path, disk } = options
    const file = await writing(path, false, async () => {
      await ensureFolder(disk, dirname(path))
      return disk.open(path, 'append')
    })
    try {
      const { end, torn } = await readEntries(file, options)
      const cut = torn.length > 0 && (options.mayCut?.(torn) ?? true)
      const quarantined = cut ? await cutOff(file, end, options) : undefined
      for (const damage of torn) options.onDamage?.({ ...damage, ...(quarantined && { quarantined }) })
      // What was read here is acted upon, so it must not vanish with the next power failure.
      await makeDurable(file, options)
      const kept = cut ? 0 : torn.reduce((sum, { bytes }) => sum + bytes, 0)
      return new AppendLog(path, file, end + kept)
    } catch (error) {
      await writing(path, true, () => file.close())
      throw error
    }
  }

  /**
   * Resolves when all entries are durable; appends made at the same time share one fsync.
   * @returns where the first of them begins, in bytes
   * @throws TypeError for what JSON cannot express
   * @throws StorageWriteError; unless it is `indeterminate`, none of the entries is in the file
   * @throws LogUnusable after `close`, and after an `indeterminate` failure until the log is opened anew
   */
  async append(entries: readonly unknown[]): Promise<number> {
    if (this.#refusal) throw this.#refusal
    const bytes = Buffer.concat(entries.map(encodeLine))
    if (bytes.length === 0) return this.#length
    const done = new Promise<number>((resolve, reject) => {
      this.#waiting.push({ bytes, resolve, reject })
    })
    this.#writing ??= this.#writeWaiting()
    return done
  }

  /**
   * The entries whose lines begin at these positions, ascending, in bytes. One that was damaged since is left out.
   * @throws StorageReadError
   */
  async *entriesAt(positions: Iterable<number>): AsyncGenerator<unknown> {
    const reader = new LineReader(this.#file)
    for (const position of positions) {
      let entry: unknown
      try {
        entry = await reader.entryAt(position)
      } catch (error) {
        throw new StorageReadError(this.#path, error)
      }
      if (entry !== undefined) yield entry
    }
  }

  /** Bytes it has. */
  get bytes(): number {
    return this.#length
  }

  /**
   * Undoes an append that failed with `indeterminate`, after which the log takes entries again.
   * @throws StorageWriteError as long as that cannot be done
   */
  async undo(): Promise<void> {
    await this.#writing
    if (!this.#broken) return
    await writing(this.#path, true, async () => {
      await this.#file.truncate(this.#length)
      await this.#file.sync()
    })
    this.#broken = false
    this.#refusal = undefined
  }

  /**
   * Removes all entries, durably.
   * @throws StorageWriteError; they are then there or not, and none of them is there only in part
   */
  async clear(): Promise<void> {
    await this.#writing
    if (this.#refusal) throw this.#refusal
    if (this.#length === 0) return
    await writing(this.#path, true, async () => {
      await this.#file.truncate(0)
      this.#length = 0
      await this.#file.sync()
    })
  }

  /**
   * Resolves when what was appended before is durable or has failed, and the file is closed.
   * @throws StorageWriteError
   */
  async close(): Promise<void> {
    this.#refusal ??= new LogUnusable(this.#path, 'it is closed')
    await this.#writing
    await writing(this.#path, false, () => this.#file.close())
  }

  async #writeWaiting(): Promise<void> {
    // Whoever appends in the same turn joins the first group.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      let position = this.#length
      const failure = await this.#write(Buffer.concat(group.map(({ bytes }) => bytes)))
      for (const { bytes, resolve, reject } of group) {
        if (failure) reject(failure)
        else resolve(position)
        position += bytes.length
      }
    }
    this.#writing = undefined
  }

  async #write(bytes: Uint8Array): Promise<Error | undefined> {
    if (this.#broken) return this.#refusal
    try {
      await this.#file.write(bytes)
      await this.#file.sync()
      this.#length += bytes.length
      return undefined
    } catch (error) {
      return this.#undo(error)
    }
  }

  async #undo(cause: unknown): Promise<Error> {
    try {
      await this.#file.truncate(this.#length)
      await this.#file.sync()
      return new StorageWriteError(this.#path, cause, false)
    } catch (second) {
      this.#broken = true
      this.#refusal = new LogUnusable(
        this.#path,
        'an append failed and could not be undone; open it again',
        second,
      )
      return new StorageWriteError(this.#path, cause, true)
    }
  }
}

/** Hands out the entries; `end` is where the last good line ends, `torn` are the bad lines after it. */
async function readEntries(
  file: DiskFile,
  { path, onEntry, onDamage }: AppendLogOptions,
): Promise<{ end: number; torn: LogDamage[] }> {
  let end = 0
  let bad: LogDamage[] = []
  for await (const line of readable(path, readLines(file))) {
    const { number, position, length } = line
    if (line.damage) {
      bad.push({ line: number, reason: line.damage, position, bytes: length })
      continue
    }
    for (const damage of bad) onDamage?.(damage)
    bad = []
    onEntry(line.entry, number, position)
    end = position + length
  }
  return { end, torn: bad }
}

async function* readable(path: string, lines: AsyncGenerator<Line>): AsyncGenerator<Line> {
  try {
    for (let next = await lines.next(); !next.done; next = await lines.next()) yield next.value
  } catch (error) {
    throw new StorageReadError(path, error)
  }
}

function cutOff(file: DiskFile, end: number, { path, disk, quarantine }: AppendLogOptions): Promise<string> {
  return writing(path, false, async () => {
    await ensureFolder(disk, quarantine)
    const quarantined = await copyEnd(file, end, disk, join(quarantine, basename(path)))
    await disk.syncDirectory(quarantine)
    await file.truncate(end)
    return quarantined
  })
}

async function copyEnd(from: DiskFile, start: number, disk: Disk, stem: string): Promise<string> {
  for (let number = 1; ; number++) {
    const path = `${stem}.${number}`
    const to = await unless(['EEXIST'], disk.open(path, 'create'))
    if (!to) continue
    try {
      const buffer = new Uint8Array(COPY_BYTES)
      for (let at = start, read = 0; (read = await from.read(buffer, at)) > 0; at += read) {
        await to.write(buffer.subarray(0, read))
      }
      await to.sync()
    } finally {
      await to.close()
    }
    return path
  }
}

function makeDurable(file: DiskFile, { path, disk }: AppendLogOptions): Promise<void> {
  return writing(path, true, async () => {
    await file.sync()
    await disk.syncDirectory(dirname(path))
  })
}
