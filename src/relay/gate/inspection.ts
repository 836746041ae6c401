import * as A from '@automerge/automerge'
import { ChangeRefused, checkChange, type ChangeContext, type ChangeFault } from '../../docs/change-rules.js'
import { Malformed } from '../../docs/byte-reader.js'
import { chunksOf, TooMuch, type Chunk, type ChunkLimits } from './chunks.js'

/** What a change is to the document it goes to. */
export interface ChangeFacts {
  readonly hash: string
  readonly actor: string
  readonly seq: number
  readonly startOp: number
  readonly operations: number
}

export interface InspectionTask {
  /** The changes of a sync message, or a saved document. */
  readonly blobs: readonly Uint8Array[]
  readonly limits: ChunkLimits
  readonly context: ChangeContext
}

export type Verdict =
  | { readonly is: 'sound'; readonly changes: readonly ChangeFacts[] }
  /** It is no Automerge. Only who means harm, or a broken line without checksums, sends that. */
  | { readonly is: 'malformed'; readonly reason: string }
  /** It would cost more than a limit allows. */
  | { readonly is: 'too-much'; readonly reason: string }
  /** It is Automerge, and may not be merged. */
  | { readonly is: 'refused'; readonly fault: ChangeFault; readonly reason: string }

/** Unfolds changes and checks each of them. Runs where it may take long or fail badly: in a worker. */
export function inspect({ blobs, limits, context }: InspectionTask): Verdict {
  try {
    const changes: ChangeFacts[] = []
    for (const chunk of chunksOf(blobs, limits)) {
      for (const change of decoded(chunk)) {
        checkChange(change, context)
        const { hash, actor, seq, startOp, ops } = change
        if (hash === null) throw new Malformed('a change has no hash')
        changes.push({ hash, actor, seq, startOp, operations: ops.length })
      }
    }
    return { is: 'sound', changes }
  } catch (error) {
    if (error instanceof Malformed) return { is: 'malformed', reason: error.message }
    if (error instanceof TooMuch) return { is: 'too-much', reason: error.message }
    if (error instanceof ChangeRefused) return { is: 'refused', fault: error.fault, reason: error.message }
    // A trap leaves Automerge's memory in an unknown state; whoever runs this begins a new one.
    const { name, message } = error as Error
    if (name === 'RuntimeError') throw error
    return { is: 'malformed', reason: `Automerge cannot read it: ${message}` }
  }
}

function* decoded(chunk: Chunk): Generator<A.DecodedChange> {
  if (chunk.type === 'change') {
    const change = A.decodeChange(chunk.bytes)
    // The same bytes must mean the same change to whoever merges them.
    if (change.hash !== chunk.hash) throw new Malformed('its hash is not that of its bytes')
    yield change
    return
  }
  const doc = A.load(chunk.bytes)
  try {
    for (const change of A.getAllChanges(doc)) yield A.decodeChange(change)
  } finally {
    A.free(doc)
  }
}
