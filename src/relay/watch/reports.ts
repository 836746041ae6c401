import type { ReceivedReport, ReportsFile, TerminalReport } from '../../docs/generated/types.js'
import { validate } from '../../docs/validate.js'
import { DamagedFile, readChecked, writeChecked } from '../../storage/atomic-file.js'
import type { Disk } from '../../storage/disk.js'
import type { Log } from '../relay-parts.js'
import { setYoungest } from '../youngest.js'

/** From a first change to the write: a minute of reports is no loss, each terminal reports again. Milliseconds. */
const SAVE_AFTER_MS = 60_000
/** Terminals remembered, those heard last: more than a relay has, and some megabytes. */
const MOST_TERMINALS = 10_000

export interface Heard {
  /** When anything last came from it that proved who sent it. */
  readonly seenAt: string
  readonly last?: ReceivedReport
}

export interface ReportsOptions {
  /** Absolute path of `reports.json`. */
  readonly path: string
  readonly disk: Disk
  readonly now: () => Date
  readonly log: Log
}

/**
 * When each terminal was last heard, and what it said of itself. It is the terminals' word and decides about nothing:
 * it is written when there is time, and a file that is damaged is set aside and begun anew.
 */
export class Reports {
  readonly #options: ReportsOptions
  readonly #heard: Map<string, Heard>
  #timer: NodeJS.Timeout | undefined
  #saving: Promise<void> = Promise.resolve()
  #dirty = false

  private constructor(options: ReportsOptions, heard: Map<string, Heard>) {
    this.#options = options
    this.#heard = heard
  }

  /** @throws StorageReadError */
  static async open(options: ReportsOptions): Promise<Reports> {
    const file = await readOrSetAside(options)
    const entries = file.terminals.map(({ terminal, ...heard }) => [terminal, heard] as const)
    return new Reports(options, new Map(entries))
  }

  of(terminal: string): Heard | undefined {
    return this.#heard.get(terminal)
  }

  /** Something came from a terminal. */
  heard(terminal: string): void {
    const { last } = this.#heard.get(terminal) ?? {}
    this.#set(terminal, { seenAt: this.#options.now().toISOString(), ...(last ? { last } : {}) })
  }

  /** Takes a report in, which was checked against its schema and whose times are such. */
  take(terminal: string, report: TerminalReport): void {
    const now = this.#options.now()
    const seenAt = now.toISOString()
    const skewMs = Date.parse(report.at) - now.getTime()
    const last = { receivedAt: seenAt, skewMs, report }
    this.#set(terminal, { seenAt, last })
  }

  #set(terminal: string, heard: Heard): void {
    // In the order in which they were heard: the first is the one to forget.
    setYoungest(this.#heard, terminal, heard, MOST_TERMINALS)
    this.#dirty = true
    this.#timer ??= setTimeout(() => void this.#save(), SAVE_AFTER_MS).unref()
  }

  #save(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#saving = this.#saving.then(() => this.#write())
    return this.#saving
  }

  async #write(): Promise<void> {
    if (!this.#dirty) return
    this.#dirty = false
    const { path, disk, log } = this.#options
    const file: ReportsFile = {
      terminals: [...this.#heard].map(([terminal, heard]) => ({ terminal, ...heard })),
    }
    try {
      await writeChecked(disk, path, file)
    } catch (error) {
      this.#dirty = true
      log.warn({ error: (error as Error).message }, 'the reports of terminals could not be kept')
    }
  }

  /** Writes what has changed. */
  close(): Promise<void> {
    return this.#save()
  }
}

async function readOrSetAside({ path, disk, now, log }: ReportsOptions): Promise<ReportsFile> {
  try {
    const file = (await readChecked(disk, path)) ?? { terminals: [] }
    validate<ReportsFile>('report.schema.json#/$defs/ReportsFile', file, 'file reports.json')
    return file
  } catch (error) {
    const isBad = error instanceof DamagedFile || (error as Error).name === 'InvalidInput'
    if (!isBad) throw error
    const aside = `${path}.${now().toISOString().replaceAll(/[:.]/g, '-')}.damaged`
    await disk.rename(path, aside)
    log.error({ file: path, aside, error: (error as Error).message }, 'damaged reports were set aside')
    return { terminals: [] }
  }
}
