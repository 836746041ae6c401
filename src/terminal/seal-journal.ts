import { join } from 'node:path'
import type { SealedEntry } from '../docs/generated/types.js'
import type { DocumentId } from '../docs/naming.js'
import { validate } from '../docs/validate.js'
import { AppendLog, type LogDamage } from '../storage/append-log.js'
import type { Disk } from '../storage/disk.js'

const FILE = 'sealed.log'

export interface SealJournalOptions {
  /** Absolute path of the data directory. */
  readonly directory: string
  readonly quarantine: string
  readonly disk: Disk
  readonly onDamage: (damage: LogDamage) => void
  /** Told of an entry that is whole and no entry of this journal. */
  readonly onUnreadable: (error: Error) => void
}

/** A record that is in the journal. */
export interface JournalRecord {
  readonly book: DocumentId
  readonly position: number
  readonly stored: Uint8Array
}

/** What is wrong with a journal; records it held may be lost. */
export interface JournalDamage {
  /** Its first or last lines may have held records that nobody can name any more. */
  readonly isOpenEnded: boolean
}

/**
 * The records that were sealed and are not in a day book yet: an append-only file, fsynced once for each record. From
 * the moment a record is here it is sealed (D1); many of them then enter their day book together.
 */
export class SealJournal {
  readonly #options: SealJournalOptions
  #log: AppendLog
  #found: readonly JournalRecord[] = []
  #damage: JournalDamage | undefined

  private constructor(options: SealJournalOptions, log: AppendLog) {
    this.#options = options
    this.#log = log
  }

  /** @throws StorageReadError, StorageWriteError */
  static async open(options: SealJournalOptions): Promise<SealJournal> {
    const found: JournalRecord[] = []
    let firstLine = Infinity
    const damaged: LogDamage[] = []
    const log = await AppendLog.open({
      path: join(options.directory, FILE),
      quarantine: options.quarantine,
      disk: options.disk,
      // A line that is cut off was never acknowledged; one that is all there may have been.
      mayCut: (torn) => torn.every(({ reason }) => reason === 'no-line-end'),
      onEntry: (entry, line) => {
        try {
          validate<SealedEntry>('data-files.schema.json#/$defs/SealedEntry', entry, `line ${line} of ${FILE}`)
          const stored = new TextEncoder().encode(entry.record)
          found.push({ book: entry.book as DocumentId, position: entry.position, stored })
          firstLine = Math.min(firstLine, line)
        } catch (error) {
          options.onUnreadable(error as Error)
        }
      },
      onDamage: (damage) => {
        options.onDamage(damage)
        if (damage.quarantined === undefined) damaged.push(damage)
      },
    })
    const journal = new SealJournal(options, log)
    journal.#found = found
    if (damaged.length > 0) {
      const isOpenEnded = damaged.some(
        ({ line, position, bytes }) => line < firstLine || position + bytes >= log.bytes,
      )
      journal.#damage = { isOpenEnded }
    }
    return journal
  }

  get path(): string {
    return join(this.#options.directory, FILE)
  }

  /** What it held when it was opened. */
  get found(): readonly JournalRecord[] {
    return this.#found
  }

  get damage(): JournalDamage | undefined {
    return this.#damage
  }

  /**
   * Resolves when the record is on the disk.
   * @throws StorageWriteError; unless it is `indeterminate`, the record is not there
   */
  async append(book: DocumentId, position: number, stored: Uint8Array): Promise<void> {
    const entry: SealedEntry = { book, position, record: new TextDecoder().decode(stored) }
    await this.#log.append([entry])
  }

  /**
   * Makes sure that a record whose append failed is not there.
   * @throws StorageWriteError as long as that cannot be done
   */
  undo(): Promise<void> {
    return this.#log.undo()
  }

  /**
   * Empties the journal: all its records are in their day book.
   * @throws StorageWriteError; whoever opens it may find them again
   */
  async clear(): Promise<void> {
    await this.#log.clear()
    this.#found = []
  }

  /**
   * Begins a new file after the damaged one was put away.
   * @param putAway moves the file elsewhere
   * @throws StorageReadError, StorageWriteError
   */
  async replace(putAway: (path: string) => Promise<void>): Promise<void> {
    await this.#log.close()
    await putAway(this.path)
    const { directory, ...rest } = this.#options
    this.#log = await AppendLog.open({ ...rest, path: join(directory, FILE), onEntry: () => undefined })
    this.#found = []
    this.#damage = undefined
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
