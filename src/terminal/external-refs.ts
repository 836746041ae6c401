import { basename, join } from 'node:path'
import type { ExternalRefsEntry, ExternalRefsMark } from '../docs/generated/types.js'
import { AppendLog, LogUnusable } from '../storage/append-log.js'
import { DamagedFile } from '../storage/atomic-file.js'
import type { Disk } from '../storage/disk.js'
import { reading, StorageWriteError, writing } from '../storage/errors.js'
import { ABSENT, ensureFolder, listFolder, unless } from '../storage/folders.js'
import { probesOf, KeyFilter } from '../storage/key-filter.js'
import { Queues } from '../storage/queues.js'
import {
  filterPath,
  readFilter,
  readSegment,
  SEGMENT_REFS,
  segmentNumber,
  segmentPath,
  writeFilter,
  type SegmentContent,
  type SegmentDamage,
} from './refs-segment.js'

/** References in one line: with the longest ones it stays far below what a line may have. */
const LINE_REFS = 1_000
/** Segments kept after they were read: what is asked for again was mostly sealed one after the other. */
const KEPT_SEGMENTS = 2

export interface RefsDamage {
  readonly file: string
  readonly reason: SegmentDamage | 'filter'
  readonly line?: number
  /** Where damaged bytes were put aside; absent where they were left in place. */
  readonly quarantined?: string
}

export interface ExternalRefsOptions {
  /** Absolute path of the folder; it is made when the first reference is written. */
  readonly folder: string
  /** Absolute path of the folder for what is damaged. */
  readonly quarantine: string
  readonly disk: Disk
  /** What the last {@link ExternalRefs.flush} that is remembered resolved to: what it covered must be there. */
  readonly mark: ExternalRefsMark | undefined
  readonly onDamage: (damage: RefsDamage) => void
}

/** A reference is not among those that can be read, and may be among those that cannot. */
export class RefUncertain extends Error {
  readonly ref: string
  readonly path: string
  constructor(ref: string, path: string) {
    super(
      `Whether "${ref}" was sealed before cannot be told: ${path} is damaged. Look for it at the relay, or restore the file from a backup.`,
    )
    this.name = 'RefUncertain'
    this.ref = ref
    this.path = path
  }
}

interface Newest {
  readonly number: number
  readonly refs: Map<string, string>
  readonly whole: boolean
  /** What the next write has to note first, as no mark will tell it any more. */
  lost?: string | undefined
  /** Opened by the first write. */
  log?: AppendLog
}

interface Closed {
  readonly number: number
  /** Undefined where it cannot be made, because the file is damaged. */
  readonly filter: KeyFilter | undefined
  /** References the filter was made of; 0 without one. */
  readonly size: number
}

interface Loaded {
  readonly newest: Newest
  /** Newest first. */
  readonly closed: readonly Closed[]
}

/**
 * The number each external reference was sealed as, ever, at a cost that hardly grows: a sale of another system is
 * sealed once, however long ago that was. References lie in numbered files of {@link SEGMENT_REFS}; the newest is in
 * memory, of the others a filter of four bytes a reference, and these only once one is asked for. Nothing is read when
 * it is made.
 */
export class ExternalRefs {
  readonly #options: ExternalRefsOptions
  readonly #queues = new Queues()
  /** Added, and not known to be durable. */
  readonly #pending = new Map<string, string>()
  #mark: ExternalRefsMark
  #loaded: Loaded | undefined
  #loading: Promise<Loaded> | undefined
  #read: { readonly number: number; readonly content: Promise<SegmentContent> }[] = []
  #reported = new Set<number>()

  constructor(options: ExternalRefsOptions) {
    this.#options = options
    this.#mark = options.mark ?? { segment: 0, refs: 0 }
  }

  /**
   * The number a reference was sealed as; undefined where it never was.
   * @throws RefUncertain, StorageReadError, StorageWriteError
   */
  async get(ref: string): Promise<string | undefined> {
    const added = this.#pending.get(ref)
    if (added !== undefined) return added
    const { newest, closed } = this.#loaded ?? (await this.#load())
    const here = this.#pending.get(ref) ?? newest.refs.get(ref)
    if (here !== undefined) return here
    const probes = probesOf(ref)
    let doubtful = newest.whole ? undefined : newest.number
    for (const segment of closed) {
      if (segment.filter?.mayHave(probes) === false) continue
      const { refs, damage } = await this.#contentOf(segment)
      const number = refs.get(ref)
      if (number !== undefined) return number
      if (damage.length > 0) doubtful ??= segment.number
    }
    if (doubtful !== undefined) throw new RefUncertain(ref, segmentPath(this.#options.folder, doubtful))
    return undefined
  }

  /** As {@link get}. */
  async has(ref: string): Promise<boolean> {
    return (await this.get(ref)) !== undefined
  }

  /** Notes a reference. It is durable after the next {@link flush}; noting it again changes nothing. */
  add(ref: string, number: string): void {
    if (this.#loaded?.newest.refs.get(ref) !== number) this.#pending.set(ref, number)
  }

  /**
   * Resolves when everything added before is durable: only then may the records it came from be forgotten.
   * @returns how far it reaches now, to be kept with what was forgotten
   * @throws StorageWriteError, StorageReadError; what was added is still known and the next call tries again
   */
  flush(): Promise<ExternalRefsMark> {
    return this.#queues.run('flush', async () => {
      if (this.#pending.size === 0) return this.#mark
      try {
        await this.#write([...this.#pending])
      } catch (error) {
        // What is on the disk now is not known; it is read anew.
        await this.#forget()
        throw error instanceof LogUnusable ? new StorageWriteError(this.#options.folder, error, true) : error
      }
      return this.#mark
    })
  }

  /** Gives the file free. What was not flushed is not kept. */
  async close(): Promise<void> {
    await this.#queues.run('flush', () => this.#forget())
  }

  async #forget(): Promise<void> {
    const log = this.#loaded?.newest.log
    this.#loaded = undefined
    this.#read = []
    await log?.close().catch(() => undefined)
  }

  async #write(pairs: readonly [string, string][]): Promise<void> {
    let loaded = await this.#load()
    for (let from = 0; from < pairs.length;) {
      if (loaded.newest.refs.size >= SEGMENT_REFS) loaded = await this.#roll(loaded)
      const { newest } = loaded
      const to = from + SEGMENT_REFS - newest.refs.size
      const part = pairs.slice(from, to).filter(([ref, number]) => newest.refs.get(ref) !== number)
      from = to
      const entries: ExternalRefsEntry[] = newest.lost === undefined ? [] : [{ lost: newest.lost }]
      newest.log ??= await this.#openLog(newest.number)
      await newest.log.append([...entries, ...linesOf(part)])
      newest.lost = undefined
      for (const [ref, number] of part) newest.refs.set(ref, number)
      this.#mark = { segment: newest.number, refs: newest.refs.size }
    }
    for (const [ref, number] of pairs) if (this.#pending.get(ref) === number) this.#pending.delete(ref)
  }

  /** The newest file is full: the next one begins. */
  async #roll({ newest, closed }: Loaded): Promise<Loaded> {
    const { number, refs, whole } = newest
    const filter = whole ? KeyFilter.of(refs) : undefined
    if (filter) await this.#keepFilter(number, filter, refs.size)
    const next: Newest = {
      number: number + 1,
      refs: new Map(),
      whole: true,
      log: await this.#openLog(number + 1),
    }
    this.#loaded = {
      newest: next,
      closed: [{ number, filter, size: filter ? refs.size : 0 }, ...closed],
    }
    await newest.log?.close()
    return this.#loaded
  }

  async #keepFilter(number: number, filter: KeyFilter, refs: number): Promise<void> {
    try {
      await writeFilter(filterPath(this.#options.folder, number), this.#options.disk, { filter, refs })
    } catch (error) {
      // Without it the next start reads the references themselves.
      if (!(error instanceof StorageWriteError)) throw error
    }
  }

  #load(): Promise<Loaded> {
    if (this.#loaded) return Promise.resolve(this.#loaded)
    this.#loading ??= this.#readAll().finally(() => (this.#loading = undefined))
    return this.#loading
  }

  async #readAll(): Promise<Loaded> {
    const { folder, disk } = this.#options
    const numbers = new Set<number>()
    for (const { name } of (await listFolder(disk, folder)) ?? []) {
      const number = segmentNumber(name)
      if (number !== undefined) numbers.add(number)
    }
    // Where the newest file is gone, the next one gets a number beyond it, so that the gap can always be seen.
    const last = Math.max(1, ...numbers)
    const { segment } = this.#mark
    const gone = segment >= last && !numbers.has(segment)
    const number = gone ? segment + 1 : last
    const earlier = Array.from({ length: number - 1 }, (_, index) => number - 1 - index)
    const closed = await Promise.all(earlier.map((one) => this.#openClosed(one, numbers.has(one))))
    const newest = numbers.has(number)
      ? await this.#readNewest(number)
      : { number, refs: new Map<string, string>(), whole: true }
    this.#loaded = { newest, closed }
    return this.#loaded
  }

  async #readNewest(number: number): Promise<Newest> {
    const { folder, disk, onDamage } = this.#options
    const file = segmentPath(folder, number)
    const { refs, damage } = await readSegment(file, disk)
    for (const found of damage) onDamage({ file, ...found })
    // A torn end was never acknowledged, unless the mark says that it was.
    const { segment, refs: expected } = this.#mark
    const short = segment === number && refs.size < expected && damage.length === 0
    if (!short) return { number, refs, whole: damage.length === 0 }
    onDamage({ file, reason: 'shortened' })
    return { number, refs, whole: false, lost: `it held ${expected} references and had ${refs.size}` }
  }

  #openLog(number: number): Promise<AppendLog> {
    const { folder, quarantine, disk } = this.#options
    return AppendLog.open({ path: segmentPath(folder, number), quarantine, disk, onEntry: () => undefined })
  }

  async #openClosed(number: number, isThere: boolean): Promise<Closed> {
    const { folder, disk } = this.#options
    const path = filterPath(folder, number)
    if (!isThere) await this.#contentOf({ number, filter: undefined, size: 0 })
    try {
      const kept = await readFilter(path, disk)
      if (kept) return { number, filter: kept.filter, size: kept.refs }
    } catch (error) {
      if (!(error instanceof DamagedFile)) throw error
      const quarantined = await this.#putAside(path)
      this.#options.onDamage({ file: path, reason: 'filter', quarantined })
    }
    const { refs, damage } = await this.#contentOf({ number, filter: undefined, size: 0 })
    if (damage.length > 0) return { number, filter: undefined, size: 0 }
    const filter = KeyFilter.of(refs)
    await this.#keepFilter(number, filter, refs.size)
    return { number, filter, size: refs.size }
  }

  #contentOf(segment: Closed): Promise<SegmentContent> {
    const kept = this.#read.find(({ number }) => number === segment.number)
    if (kept) return kept.content
    const content = this.#readClosed(segment)
    const entry = { number: segment.number, content }
    this.#read = [entry, ...this.#read].slice(0, KEPT_SEGMENTS)
    content.catch(() => (this.#read = this.#read.filter((other) => other !== entry)))
    return content
  }

  async #readClosed({ number, size }: Closed): Promise<SegmentContent> {
    const { folder, disk, onDamage } = this.#options
    const file = segmentPath(folder, number)
    const { refs, damage: found, torn } = await readSegment(file, disk)
    const damage = [...found, ...torn]
    if (damage.length === 0 && refs.size < size) damage.push({ reason: 'shortened' })
    if (damage.length > 0 && !this.#reported.has(number)) {
      this.#reported.add(number)
      for (const one of damage) onDamage({ file, ...one })
    }
    return { refs, damage, torn: [] }
  }

  /** @throws StorageReadError, StorageWriteError */
  async #putAside(path: string): Promise<string> {
    const { disk, quarantine } = this.#options
    for (let number = 1; ; number += 1) {
      const to = join(quarantine, `${basename(path)}.${number}`)
      if (await reading(to, () => unless(ABSENT, disk.stat(to)))) continue
      await writing(to, true, async () => {
        await ensureFolder(disk, quarantine)
        await disk.rename(path, to)
        await disk.syncDirectory(quarantine)
      })
      return to
    }
  }
}

function linesOf(pairs: readonly [string, string][]): [string, string][][] {
  const lines: [string, string][][] = []
  for (let from = 0; from < pairs.length; from += LINE_REFS) lines.push(pairs.slice(from, from + LINE_REFS))
  return lines
}
