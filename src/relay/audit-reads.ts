import type { AuditRead } from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { LookupLog, type LookupLogOptions } from '../storage/lookup-log.js'

const ALL = ''
/** Characters kept of a path and of a query: longer ones are no honest question. */
const TEXT = 2_000

/** What an auditor asked for. */
export type AuditedRequest = Pick<AuditRead, 'by' | 'route' | 'path' | 'query'>

/**
 * Every read by an auditor, who is watched as well: the entry is on the disk before the answer begins, so that nothing
 * was read without one.
 */
export class AuditReads {
  readonly #now: () => Date
  #log!: LookupLog<AuditRead>
  #serial = 0

  private constructor(now: () => Date) {
    this.#now = now
  }

  static async open(
    now: () => Date,
    options: Omit<LookupLogOptions<AuditRead>, 'parse' | 'keysOf' | 'onValue'>,
  ): Promise<AuditReads> {
    const reads = new AuditReads(now)
    reads.#log = await LookupLog.open<AuditRead>({
      ...options,
      parse: (entry) => {
        validate<AuditRead>('history.schema.json#/$defs/AuditRead', entry, 'entry of reads.log')
        return entry
      },
      keysOf: ({ by }) => [ALL, by],
      onValue: ({ serial }) => (reads.#serial = Math.max(reads.#serial, serial)),
    })
    return reads
  }

  /** @throws StorageWriteError: what was asked for must not be answered then */
  async note({ by, route, path, query }: AuditedRequest): Promise<void> {
    this.#serial += 1
    const at = this.#now().toISOString()
    const read = { v: 1, serial: this.#serial, at, by, route } as const
    await this.#log.add([{ ...read, path: path.slice(0, TEXT), query: query.slice(0, TEXT) }])
  }

  /**
   * The newest first.
   * @param by of one person; undefined for all
   * @param before the `next` of the page before; undefined for the first page
   * @returns the reads, and where the next page goes on
   */
  async page(
    by: string | undefined,
    before: number | undefined,
    limit: number,
  ): Promise<{ reads: AuditRead[]; next: number | undefined }> {
    const key = by ?? ALL
    const count = this.#log.count(key)
    const end = Math.min(before ?? count, count)
    const start = Math.max(0, end - limit)
    const reads: AuditRead[] = []
    for await (const read of this.#log.of(key, start, end)) reads.push(read)
    return { reads: reads.reverse(), next: start > 0 ? start : undefined }
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
