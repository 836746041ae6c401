import { join } from 'node:path'
import type { ExternalRefsEntry, ExternalRefsFilter } from '../docs/generated/types.js'
import { validate } from '../docs/validate.js'
import { DamagedFile, readChecked, writeChecked } from '../storage/atomic-file.js'
import type { Disk } from '../storage/disk.js'
import { reading } from '../storage/errors.js'
import { ABSENT, unless } from '../storage/folders.js'
import { FILTER_KEYS, KeyFilter } from '../storage/key-filter.js'
import { readLines, type LineDamage } from '../storage/log-lines.js'

/** References in one file. What is looked up in a full one is read whole, so it is not large. */
export const SEGMENT_REFS = FILTER_KEYS

/** Why a file does not tell everything that was written to it. */
export type SegmentDamage = LineDamage | 'unreadable' | 'missing' | 'shortened' | 'lost'

export interface SegmentContent {
  readonly refs: Map<string, string>
  readonly damage: readonly LineOfDamage[]
  /** Bad lines after the last good one: of the newest file, what a write that was cut short leaves. */
  readonly torn: readonly LineOfDamage[]
}

interface LineOfDamage {
  readonly reason: SegmentDamage
  readonly line?: number
}

export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(6, '0')}.refs`)
}

export function filterPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(6, '0')}.filter`)
}

/** The number in the name of a segment's file. */
export function segmentNumber(name: string): number | undefined {
  const digits = /^(\d{6,})\.refs$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/**
 * A segment as it is on the disk.
 * @throws StorageReadError
 */
export async function readSegment(path: string, disk: Disk): Promise<SegmentContent> {
  const refs = new Map<string, string>()
  const damage: LineOfDamage[] = []
  let torn: LineOfDamage[] = []
  const isThere = await reading(path, async () => {
    const file = await unless(ABSENT, disk.open(path, 'read'))
    if (!file) return false
    try {
      for await (const line of readLines(file)) {
        if (line.damage) {
          torn.push({ line: line.number, reason: line.damage })
          continue
        }
        damage.push(...torn)
        torn = []
        const reason = takeEntry(refs, line.entry)
        if (reason) damage.push({ line: line.number, reason })
      }
    } finally {
      await file.close()
    }
    return true
  })
  if (!isThere) damage.push({ reason: 'missing' })
  return { refs, damage, torn }
}

/** @returns why the entry makes the file incomplete, if it does */
function takeEntry(refs: Map<string, string>, entry: unknown): SegmentDamage | undefined {
  try {
    validate<ExternalRefsEntry>('data-files.schema.json#/$defs/ExternalRefsEntry', entry, 'line')
  } catch {
    return 'unreadable'
  }
  if (!Array.isArray(entry)) return 'lost'
  for (const [ref = '', number = ''] of entry) refs.set(ref, number)
  return undefined
}

export interface SegmentFilter {
  readonly filter: KeyFilter
  readonly refs: number
}

/** @throws StorageWriteError */
export async function writeFilter(path: string, disk: Disk, { filter, refs }: SegmentFilter): Promise<void> {
  const file: ExternalRefsFilter = { refs, bits: Buffer.from(filter.bits).toString('base64') }
  await writeChecked(disk, path, file)
}

/**
 * Undefined where there is none.
 * @throws DamagedFile, StorageReadError
 */
export async function readFilter(path: string, disk: Disk): Promise<SegmentFilter | undefined> {
  const file = await readChecked(disk, path)
  if (file === undefined) return undefined
  try {
    validate<ExternalRefsFilter>('data-files.schema.json#/$defs/ExternalRefsFilter', file, 'filter')
  } catch (error) {
    throw new DamagedFile(path, (error as Error).message)
  }
  return { refs: file.refs, filter: new KeyFilter(Buffer.from(file.bits, 'base64')) }
}
