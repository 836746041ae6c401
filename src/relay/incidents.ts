import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Decision, Incident, IncidentKind, IncidentsFile } from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { readChecked, readIfThere, writeAtomic, writeChecked } from '../storage/atomic-file.js'
import { Refused } from '../protocol/problem.js'
import type { Disk } from '../storage/disk.js'
import { ensureFolder, unless } from '../storage/folders.js'
import { setYoungest } from './youngest.js'

export type { Incident, IncidentKind } from '../docs/generated/types.js'

/** Incidents kept in all: an operator reads some dozens, and the list is one small file. */
const KEPT = 1_000
/** Incidents kept of one terminal, person or address, so that none pushes out what others did. */
const KEPT_PER_SOURCE = 100
/** New incidents of one kind and source in an hour; what comes after is counted. Each costs an fsync. */
const NEW_PER_HOUR = 60
const HOUR_MS = 3_600_000
/** Bytes kept of what was refused: enough for any honest change. Of the rest its hash remains. */
export const EVIDENCE_BYTES = 256 * 1024
const TEXT = { code: 100, reason: 1_000, terminal: 200, person: 500, address: 100, document: 200 } as const

/** Kinds that say that something a terminal did was refused, or found to be wrong: an alarm until a person accepts it. */
const REFUSALS: ReadonlySet<IncidentKind> = new Set([
  'frame-refused',
  'change-refused',
  'not-yours',
  'limit',
  'bad-signature',
])

export function isRefusal({ kind }: Pick<Incident, 'kind'>): boolean {
  return REFUSALS.has(kind)
}

/** Whether an incident still waits for a person to look at it. */
export function isOpen(incident: Incident): boolean {
  return isRefusal(incident) && incident.accepted === undefined
}

export interface Report extends Pick<
  Incident,
  'kind' | 'code' | 'reason' | 'terminal' | 'person' | 'address' | 'document'
> {
  /** What was refused, as it came. */
  readonly bytes?: Uint8Array
}

export interface IncidentsOptions {
  /** Absolute path of the relay's directory. */
  readonly directory: string
  readonly disk: Disk
  readonly now: () => Date
  /** Each new incident, and each failure to keep one. */
  readonly log: {
    warn(fields: object, message: string): void
    error(fields: object, message: string): void
  }
  /** Told of each incident as it is now: a new one, one that came again, one that was accepted. */
  readonly onChange?: (incident: Incident) => void
  /** Told of each note, also where it is only counted. */
  readonly onNote?: (kind: IncidentKind) => void
}

/**
 * What the relay refused or found, with evidence: bounded, on the disk, and shown to the operator (A3). The same
 * thing that comes again is counted, not listed again.
 */
export class Incidents {
  readonly #options: IncidentsOptions
  #incidents: Incident[]
  #serial: number
  readonly #recent = new Map<string, number[]>()
  readonly #noting = new Set<Promise<void>>()
  #dirty = false
  #writing: Promise<void> | undefined

  private constructor(options: IncidentsOptions, file: IncidentsFile) {
    this.#options = options
    this.#incidents = file.incidents
    this.#serial = file.serial
  }

  /** @throws DamagedFile, StorageReadError */
  static async open(options: IncidentsOptions): Promise<Incidents> {
    const { directory, disk } = options
    await ensureFolder(disk, join(directory, 'evidence'))
    const file = (await readChecked(disk, join(directory, 'incidents.json'))) ?? { serial: 0, incidents: [] }
    validate<IncidentsFile>('incidents.schema.json#/$defs/IncidentsFile', file, 'file incidents.json')
    return new Incidents(options, file)
  }

  /** Newest first. */
  list(): Incident[] {
    return this.#incidents.toReversed()
  }

  /** The bytes kept of an incident; undefined where there are none. */
  async evidence(serial: number): Promise<Uint8Array | undefined> {
    const found = this.#incidents.find((incident) => incident.serial === serial)
    if (!found?.evidence) return undefined
    return readIfThere(this.#options.disk, this.#path('evidence', found.evidence.file))
  }

  #path(...names: string[]): string {
    return join(this.#options.directory, ...names)
  }

  /** Resolves when it is on the disk. What cannot be kept is told to the log: a full disk must not stop the gate. */
  note(report: Report): Promise<void> {
    this.#options.onNote?.(report.kind)
    const done = this.#note(report)
    this.#noting.add(done)
    return done.finally(() => this.#noting.delete(done))
  }

  async #note(report: Report): Promise<void> {
    try {
      const at = this.#options.now().toISOString()
      const sha256 = report.bytes && createHash('sha256').update(report.bytes).digest('hex')
      const same = this.#sameAs(report, sha256) ?? this.#overQuota(report)
      if (same) {
        this.#replace({ ...same, count: same.count + 1, lastAt: at })
        this.#tell(same.serial)
        // Counts alone are written with the next incident, or seldom: who repeats himself costs no fsync each time.
        if (Number.isInteger(Math.log2(same.count + 1))) await this.#save()
        else this.#dirty = true
        return
      }
      const { bytes, ...facts } = report
      this.#serial += 1
      const incident: Incident = { serial: this.#serial, at, lastAt: at, ...cut(facts), count: 1 }
      const { reason, ...fields } = cut(facts)
      this.#options.log.warn({ incident: incident.serial, ...fields }, reason)
      if (bytes && sha256 !== undefined) {
        const kept = bytes.subarray(0, EVIDENCE_BYTES)
        const file = `${incident.serial}.bin`
        incident.evidence = { file, bytes: bytes.length, kept: kept.length, sha256 }
        this.#incidents.push(incident)
        await writeAtomic(this.#options.disk, this.#path('evidence', file), kept)
      } else this.#incidents.push(incident)
      await this.#evict(sourceOf(incident))
      this.#tell(incident.serial)
      await this.#save()
    } catch (error) {
      const { bytes: _bytes, ...facts } = report
      this.#options.log.error({ ...facts, error: (error as Error).message }, 'an incident could not be kept')
    }
  }

  /**
   * A person has looked at it: it counts as an alarm no more. What is kept of it stays; the same thing again is a new one.
   * @throws Refused `no-incident`, `accepted-already`; StorageWriteError: then it is not accepted
   */
  async accept(serial: number, decision: Omit<Decision, 'at'>): Promise<Incident> {
    const found = this.#incidents.find((incident) => incident.serial === serial)
    if (!found) throw new Refused('notFound', 'no-incident', `There is no incident ${serial} here any more.`)
    if (found.accepted) {
      const { by, at } = found.accepted
      throw new Refused('conflict', 'accepted-already', `Incident ${serial} was accepted by ${by} on ${at}.`)
    }
    const accepted: Incident = { ...found, accepted: { ...decision, at: this.#options.now().toISOString() } }
    this.#replace(accepted)
    try {
      await this.#save()
    } catch (error) {
      this.#incidents = this.#incidents.map((one) => (one.serial === serial ? withoutAcceptance(one) : one))
      throw error
    }
    this.#tell(serial)
    return accepted
  }

  #tell(serial: number): void {
    const incident = this.#incidents.find((one) => one.serial === serial)
    if (incident) this.#options.onChange?.(incident)
  }

  /** Of those that were accepted none is counted up: what comes after is to be looked at anew. */
  #sameAs(report: Report, sha256: string | undefined): Incident | undefined {
    const key = keyOf(report, sha256)
    return this.#incidents.findLast(
      (incident) => !incident.accepted && keyOf(incident, incident.evidence?.sha256) === key,
    )
  }

  /** Where a source has made enough of a kind in this hour, its last one of that kind is counted up instead. */
  #overQuota(report: Report): Incident | undefined {
    const source = `${report.kind} ${sourceOf(report)}`
    const now = this.#options.now().getTime()
    const times = (this.#recent.get(source) ?? []).filter((time) => time > now - HOUR_MS)
    const last = this.#incidents.findLast(
      (incident) => !incident.accepted && `${incident.kind} ${sourceOf(incident)}` === source,
    )
    if (times.length >= NEW_PER_HOUR && last) return last
    setYoungest(this.#recent, source, [...times, now], KEPT)
    return undefined
  }

  #replace(incident: Incident): void {
    this.#incidents = this.#incidents.map((one) => (one.serial === incident.serial ? incident : one))
  }

  async #evict(source: string): Promise<void> {
    const own = this.#incidents.filter((incident) => sourceOf(incident) === source)
    const gone = own.length > KEPT_PER_SOURCE ? own[0] : undefined
    // Whoever has many addresses pushes out what came from addresses, not what terminals did.
    const oldest = this.#incidents.find(({ terminal }) => terminal === undefined) ?? this.#incidents[0]
    const victim = gone ?? (this.#incidents.length > KEPT ? oldest : undefined)
    if (!victim) return
    this.#incidents = this.#incidents.filter((incident) => incident !== victim)
    if (victim.evidence)
      await unless(['ENOENT'], this.#options.disk.unlink(this.#path('evidence', victim.evidence.file)))
  }

  /** Those that are noted while one write runs share the next. */
  async #save(): Promise<void> {
    this.#dirty = true
    while (this.#writing) await this.#writing
    if (!this.#dirty) return
    this.#dirty = false
    const file: IncidentsFile = { serial: this.#serial, incidents: this.#incidents }
    this.#writing = writeChecked(this.#options.disk, this.#path('incidents.json'), file).finally(() => {
      this.#writing = undefined
    })
    try {
      await this.#writing
    } catch (error) {
      this.#dirty = true
      throw error
    }
  }

  /** Waits for what is being noted, and writes what was only counted. */
  async close(): Promise<void> {
    await Promise.all(this.#noting)
    if (this.#dirty) await this.#save()
  }
}

function withoutAcceptance({ accepted: _accepted, ...incident }: Incident): Incident {
  return incident
}

function sourceOf({ terminal, person, address }: Pick<Report, 'terminal' | 'person' | 'address'>): string {
  return JSON.stringify([
    terminal ?? null,
    terminal ? null : (person ?? null),
    terminal ? null : (address ?? null),
  ])
}

function keyOf(report: Report, sha256: string | undefined): string {
  const { kind, code, document } = cut(report)
  return JSON.stringify([kind, code, sourceOf(report), document ?? null, sha256 ?? null])
}

/** Texts may come from whoever was refused. */
function cut<R extends Omit<Report, 'bytes'>>(report: R): R {
  const texts = Object.entries(TEXT)
    .map(([field, length]) => [field, report[field as keyof typeof TEXT]?.slice(0, length)] as const)
    .filter(([, text]) => text !== undefined)
  return { ...report, ...Object.fromEntries(texts) }
}
