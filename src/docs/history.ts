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
export function valueOf(op: { readonly action: string; readonly value?: unknown }): Scalar {
  if (Array.isArray(op.value)) return Uint8Array.from(op.value as number[])
  return plain(op.value) ?? `(${op.action})`
}

/** The values a document ever had, by operation, and which of them nothing has replaced yet. */
class Values {
  readonly #all = new Map<string, Scalar>()
  readonly #live = new Map<string, Map<string, { readonly value: Scalar; readonly change: string }>>()
  readonly #deps = new Map<string, readonly string[]>()

  enter(change: string, deps: readonly string[]): void {
    this.#deps.set(change, deps)
  }

  /** Replaces what an operation names as its predecessors, and returns it; two may replace the same apart. */
  replace(key: string, pred: readonly string[]): Scalar[] {
    for (const opId of pred) this.#live.get(key)?.delete(opId)
    return pred.map((opId) => this.#all.get(opId)).filter((value) => value !== undefined)
  }

  add(key: string, opId: string, value: Scalar, change: string): void {
    this.#all.set(opId, value)
    let live = this.#live.get(key)
    if (!live) this.#live.set(key, (live = new Map()))
    live.set(opId, { value, change })
  }

  /** A value that is still there and that the author of a change had seen. */
  seenBy(key: string, change: string): Scalar | undefined {
    for (const { value, change: writer } of this.#live.get(key)?.values() ?? []) {
      if (this.#isBefore(writer, change)) return value
    }
    return undefined
  }

  #isBefore(earlier: string, later: string): boolean {
    const seen = new Set<string>()
    const queue = [...(this.#deps.get(later) ?? [])]
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (next === earlier) return true
      if (seen.has(next)) continue
      seen.add(next)
      queue.push(...(this.#deps.get(next) ?? []))
    }
    return false
  }
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
  const values = new Values()
  for (const hash of A.topoHistoryTraversal(doc)) {
    const change = A.inspectChange(doc, hash)
    if (!change) continue
    values.enter(hash, change.deps)
    const edits: Edit[] = []
    change.ops.forEach((op, index) => {
      if (op.obj !== '_root' || !wanted(op.key)) return
      const opId = `${change.startOp + index}@${change.actor}`
      const replaced = values.replace(op.key, op.pred)
      // What a change writes and replaces by itself nobody ever saw: to settle a conflict, `put` does that.
      const isOwn = op.pred.some(
        (id) => id.endsWith(`@${change.actor}`) && Number.parseInt(id) >= change.startOp,
      )
      const passing = isOwn ? edits.findIndex((edit) => op.pred.includes(edit.opId)) : -1
      const old = passing < 0 ? replaced : (edits.splice(passing, 1)[0]?.old ?? [])
      if (op.action === 'del') {
        // To settle a conflict on the value that is shown, Automerge only takes the others away.
        const kept = values.seenBy(op.key, hash)
        edits.push({ key: op.key, old: kept === undefined ? old : [...old, kept], new: kept, opId })
        return
      }
      const value = valueOf(op)
      values.add(op.key, opId, value, hash)
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
