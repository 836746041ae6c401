import * as A from '@automerge/automerge'
import { readNote, type ChangeNote } from './change-note.js'
import { plain, type FlatDoc, type Scalar } from './flat.js'

/** One value that a change wrote or took away. */
export interface Edit {
  readonly key: string
  /** What it replaced: nothing for a new value, more than one where it settled a conflict. */
  readonly old: readonly Scalar[]
  /** undefined where the value was taken away. */
  readonly new: Scalar | undefined
  /** Names this value in {@link A.getConflicts}. */
  readonly opId: string
}

/** One change of a document, with who, when, what. */
export interface HistoryEntry {
  readonly hash: string
  readonly deps: readonly string[]
  /** As its writer claims, RFC 3339 with seconds. */
  readonly at: string
  readonly note: ChangeNote
  readonly edits: readonly Edit[]
}

/** A decoded operation gives bytes as an array of numbers, and no value at all for what is no scalar. */
function valueOf(op: { readonly action: string; readonly value?: unknown }): Scalar {
  if (Array.isArray(op.value)) return Uint8Array.from(op.value as number[])
  return plain(op.value) ?? `(${op.action})`
}

/**
 * The changes of a document in causal order. Old values come from the operations that each operation names as its
 * predecessors, so nothing is replayed and concurrent edits show what their author saw.
 * @param wanted which keys to show; changes that touch none of them are left out
 */
export function* historyOf(
  doc: A.Doc<FlatDoc>,
  wanted: (key: string) => boolean = () => true,
): Generator<HistoryEntry> {
  const values = new Map<string, Scalar>()
  for (const hash of A.topoHistoryTraversal(doc)) {
    const change = A.inspectChange(doc, hash)
    if (!change) continue
    const edits: Edit[] = []
    change.ops.forEach((op, index) => {
      if (op.obj !== '_root' || !wanted(op.key)) return
      const opId = `${change.startOp + index}@${change.actor}`
      const value = op.action === 'del' ? undefined : valueOf(op)
      if (value !== undefined) values.set(opId, value)
      const old = op.pred.map((id) => values.get(id)).filter((before) => before !== undefined)
      edits.push({ key: op.key, old, new: value, opId })
    })
    if (edits.length === 0) continue
    yield {
      hash,
      deps: change.deps,
      at: new Date(change.time * 1000).toISOString().replace('.000Z', 'Z'),
      note: readNote(change.message),
      edits,
    }
  }
}

/** Who wrote a value that {@link A.getConflicts} names by its operation id. */
export function authorsOf(doc: A.Doc<FlatDoc>, key: string): Map<string, HistoryEntry> {
  const found = new Map<string, HistoryEntry>()
  for (const entry of historyOf(doc, (candidate) => candidate === key)) {
    for (const edit of entry.edits) found.set(edit.opId, entry)
  }
  return found
}
