import * as A from '@automerge/automerge'
import { positionOf, positionsIn, storedAt } from '../docs/daybook.js'
import type { FlatDoc } from '../docs/flat.js'
import type { DocumentId } from '../docs/naming.js'
import { readRecord, type SealedRecord } from '../docs/record.js'
import { splitChanges } from '../storage/change-chunks.js'
import type { DurableStorageAdapter } from '../storage/durable-adapter.js'
import { positionsOfLabel } from './record-label.js'

/** What can be read of a day book, with damage or without. */
export interface Recovered {
  /** By position: what the document shows. */
  readonly visible: ReadonlyMap<number, SealedRecord>
  /** Intact records that the document cannot show, because a change they follow is damaged (D2). */
  readonly hidden: ReadonlyMap<number, SealedRecord>
  /** Positions of records whose only copy here is damaged, ascending; their file names say which they were. */
  readonly lost: readonly number[]
  /** Whether damaged files may hold records nobody can name. */
  readonly uncertain: boolean
}

/** Reads a day book's records, also those whose predecessors are damaged. */
export async function recover(
  storage: DurableStorageAdapter,
  id: DocumentId,
  doc: A.Doc<FlatDoc>,
): Promise<Recovered> {
  const visible = new Map<number, SealedRecord>()
  for (const position of positionsIn(doc)) visible.set(position, readRecord(storedAt(doc, position)))
  if (!storage.damaged(id)) return { visible, hidden: new Map(), lost: [], uncertain: false }

  const hidden = new Map<number, SealedRecord>()
  for (const { data } of await storage.loadRange([id, 'incremental'])) {
    for (const { bytes } of data ? (splitChanges(data) ?? []) : []) {
      for (const op of A.decodeChange(bytes).ops) {
        const position = positionOf(op.key)
        const value: unknown = op.value
        if (position === undefined || visible.has(position)) continue
        if (value instanceof Uint8Array || Array.isArray(value)) {
          hidden.set(position, readRecord(Uint8Array.from(value as number[])))
        }
      }
    }
  }
  const damaged = storage.damage().filter(({ documentId }) => documentId === id)
  const named = damaged.map(({ label }) => positionsOfLabel(label ?? ''))
  const lost = [...new Set(named.flatMap((positions) => positions ?? []))]
    .filter((position) => !visible.has(position) && !hidden.has(position))
    .sort((a, b) => a - b)
  return { visible, hidden, lost, uncertain: named.includes(undefined) }
}
