import type { DocumentHeads, PullHead } from '../docs/generated/types.js'
import type { DocumentId } from '../docs/naming.js'
import { PULL_DOCUMENT_BYTES } from '../protocol/limits.js'
import { PULL_END, pullFrame } from '../protocol/pull.js'
import { deflateChanges } from '../storage/change-chunks.js'
import type { Relay } from './relay.js'
import type { Identity } from './sessions.js'

/**
 * The answer to a pull, part by part: what a terminal lacks of each document it asked for. One is read when the ones
 * before are on their way; one that cannot be given holds up no other (S4).
 */
export async function* pulled(
  relay: Pick<Relay, 'registry' | 'access' | 'stored' | 'log' | 'arrivals'>,
  identity: Identity,
  documents: readonly DocumentHeads[],
): AsyncGenerator<Uint8Array> {
  for (const { id, heads } of documents) {
    const { head, chunks } = await answerFor(relay, identity, id as DocumentId, heads)
    yield Buffer.concat([pullFrame(head), ...chunks])
    // Asked for the next part, so this one is on its way.
    relay.arrivals.has(identity.terminal, id, head.heads)
  }
  yield PULL_END
}

interface Answer {
  readonly head: PullHead
  readonly chunks: readonly Uint8Array[]
}

async function answerFor(
  { registry, access, stored, log }: Pick<Relay, 'registry' | 'access' | 'stored' | 'log'>,
  identity: Identity,
  id: DocumentId,
  have: readonly string[],
): Promise<Answer> {
  const refused = (why: PullHead['refused'] & string): Answer => ({
    head: { id, heads: [], bytes: 0, refused: why },
    chunks: [],
  })
  const name = registry.get(id)
  // Whether there is a document that it may not read is not told either (A2).
  if (!name || !access.mayRead(identity, name)) return refused('not-yours')
  try {
    const lacking = await stored.lacking(id, have)
    if (!lacking) return refused('absent')
    const { heads, whole } = lacking
    const chunks = lacking.chunks.map(deflated)
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    if (bytes > PULL_DOCUMENT_BYTES) return refused('too-large')
    return { head: { id, heads: [...heads], bytes, ...(whole ? { whole } : {}) }, chunks }
  } catch (error) {
    log.error({ document: id, error: (error as Error).message }, 'a document cannot be read for a terminal')
    return refused('unreadable')
  }
}

/** As they go out, as long as they are kept read: a storm of terminals asks for the same ones. */
const DEFLATED = new WeakMap<Uint8Array, Uint8Array>()

function deflated(chunk: Uint8Array): Uint8Array {
  const known = DEFLATED.get(chunk)
  if (known) return known
  const made = deflateChanges(chunk)
  DEFLATED.set(chunk, made)
  return made
}
