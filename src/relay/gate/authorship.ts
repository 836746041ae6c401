import * as A from '@automerge/automerge'
import type { ChangeFacts } from './inspection.js'

interface Author {
  /** Of its last change. */
  readonly seq: number
  /** Of its last operation. */
  readonly maxOp: number
}

/**
 * Who wrote how far in one document. Automerge numbers the changes and operations of each actor; two that claim the
 * same number wedge the document for everybody who has one of them, so a second one is refused before it is merged.
 */
export class Authorship {
  readonly #authors = new Map<string, Author>()
  #heads: A.Heads = []

  /** Takes note of what the document holds now. */
  #follow(doc: A.Doc<unknown>): void {
    const heads = A.getHeads(doc)
    // A document that was let go and read again may for a moment be behind.
    const since = A.hasHeads(doc, this.#heads) ? this.#heads : []
    for (const { actor, seq, maxOp } of A.getChangesMetaSince(doc, since)) this.#note(actor, seq, maxOp)
    this.#heads = heads
  }

  #note(actor: string, seq: number, maxOp: number, authors = this.#authors): void {
    const author = authors.get(actor)
    if (!author || author.seq < seq) authors.set(actor, { seq, maxOp: Math.max(maxOp, author?.maxOp ?? 0) })
  }

  /**
   * @param doc undefined where there is no such document yet
   * @returns why the changes cannot be merged; undefined where they can
   */
  faultOf(doc: A.Doc<unknown> | undefined, changes: readonly ChangeFacts[]): string | undefined {
    if (doc) this.#follow(doc)
    const authors = new Map<string, Author>()
    const own = changes.filter(({ hash }) => !doc || !A.hasHeads(doc, [hash]))
    for (const { actor, seq, startOp, operations } of own.toSorted((a, b) => a.seq - b.seq)) {
      const author = authors.get(actor) ?? this.#authors.get(actor)
      if (author && seq <= author.seq)
        return `change ${seq} of its author is there already, and is another one`
      if (author && startOp <= author.maxOp) return 'its operations claim numbers that its author has used'
      this.#note(actor, seq, startOp + operations - 1, authors)
    }
    return undefined
  }
}
