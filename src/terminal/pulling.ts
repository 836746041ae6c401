import type { PullHead } from '../docs/generated/types.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import { PULL_DOCUMENTS, PULL_STORE_BYTES } from '../protocol/limits.js'
import type { PulledDocument } from '../protocol/pull.js'
import { sameHeads } from '../protocol/receipt.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import type { StoredDocuments } from '../storage/stored-documents.js'
import { stoppedBy } from './http-client.js'
import type { Ledger } from './ledger.js'
import type { RelaySession } from './relay-session.js'

/** A document the relay has for this terminal, and the heads it has there. */
export interface Wanted {
  readonly id: DocumentId
  readonly name: DocumentName
  readonly heads: readonly string[]
}

export interface PullingOptions {
  readonly durable: DurableRepo
  readonly stored: StoredDocuments
  readonly ledger: Ledger
}

/** What became of documents that were wanted. */
export interface Pulled {
  /** Could not be taken over, and why. */
  readonly absent: ReadonlyMap<DocumentId, string>
  /** Not given or told in this way: automerge-repo has to fetch them. */
  readonly left: readonly Wanted[]
}

/** Documents the relay counts into, and nobody else writes. The shop's stays in any case: nothing is sealed without it. */
const COUNTS: ReadonlySet<DocumentName['kind']> = new Set(['stock', 'sales'])

/**
 * Brings documents up to the relay's heads over HTTP: what is lacking comes as it lies on the relay's disk, many
 * documents in one answer, and is stored without documents being made of it. One that is in memory gets it as well.
 */
export class Pulling {
  readonly #options: PullingOptions

  constructor(options: PullingOptions) {
    this.#options = options
  }

  /**
   * @param done told of each document that is here now, or will not come
   * @throws Refused when the connection is lost or the answer cut; what was stored until then stays so
   */
  async pull(
    session: RelaySession,
    wanted: readonly Wanted[],
    done: () => void,
    signal: AbortSignal,
  ): Promise<Pulled> {
    const round = new Round(this.#options, done)
    const asked: (readonly [Wanted, readonly string[]])[] = []
    for (const one of wanted) {
      const have = await round.has(one)
      if (have) asked.push([one, have])
    }
    for (let start = 0; start < asked.length; start += PULL_DOCUMENTS) {
      const batch = asked.slice(start, start + PULL_DOCUMENTS)
      const byId = new Map(batch.map(([one]) => [one.id, one]))
      const documents = batch.map(([{ id }, have]) => ({ id, heads: [...have] }))
      await session.pull(documents, (one) => round.take(byId, one), signal)
      await round.store()
      const stopped = stoppedBy(signal)
      if (stopped) throw stopped
      round.left.push(...byId.values())
    }
    return round
  }
}

class Round implements Pulled {
  readonly absent = new Map<DocumentId, string>()
  readonly left: Wanted[] = []
  readonly #options: PullingOptions
  readonly #done: () => void
  #waiting: (readonly [Wanted, PulledDocument])[] = []
  #bytes = 0

  constructor(options: PullingOptions, done: () => void) {
    this.#options = options
    this.#done = done
  }

  /** The heads to ask with; undefined where nothing is lacking, or it has to come in another way. */
  async has(one: Wanted): Promise<readonly string[] | undefined> {
    const { durable, stored, ledger } = this.#options
    const { id, name, heads } = one
    if (durable.storage.damaged(id)) {
      this.left.push(one)
      return undefined
    }
    try {
      const here = await stored.heads(id)
      if (!here) return []
      if (sameHeads(here, heads)) return this.#is()
      // What this terminal wrote since its receipt is unknown to the relay.
      const receipted = COUNTS.has(name.kind) ? undefined : ledger.heads(id)
      if (receipted && (await stored.contains(id, heads))) return this.#is()
      return receipted ?? here
    } catch (error) {
      this.#fails(one, error)
      return undefined
    }
  }

  #is(): undefined {
    this.#done()
  }

  #fails({ id }: Wanted, error: unknown): void {
    // A document that this disk cannot take holds up no other (S4).
    this.absent.set(id, (error as Error).message)
    this.#done()
  }

  async take(wanted: Map<DocumentId, Wanted>, pulled: PulledDocument): Promise<void> {
    const id = pulled.head.id as DocumentId
    const one = wanted.get(id)
    // What was not asked for, or came already, is not taken.
    if (!one) return
    wanted.delete(id)
    if (pulled.head.refused !== undefined) {
      this.#refused(one, pulled.head.refused)
      return
    }
    // What it was cut out of need not be kept with it.
    this.#waiting.push([one, pulled])
    this.#bytes += pulled.chunks.length
    if (this.#bytes > PULL_STORE_BYTES) await this.store()
  }

  #refused(one: Wanted, why: PullHead['refused'] & string): void {
    if (why === 'too-large') this.left.push(one)
    else this.#fails(one, new Error(REASONS[why]))
  }

  /** Stores what has come, all side by side. */
  async store(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    this.#bytes = 0
    await Promise.all(
      waiting.map(async ([one, pulled]) => {
        try {
          if (await this.#store(one, pulled)) this.#done()
          else this.left.push(one)
        } catch (error) {
          this.#fails(one, error)
        }
      }),
    )
  }

  /** @returns whether the document here has the relay's heads now */
  async #store({ id, name }: Wanted, { head, chunks }: PulledDocument): Promise<boolean> {
    const { durable, stored } = this.#options
    const { heads, whole = false } = head
    const isHere = (await stored.heads(id)) !== undefined
    if (whole && (!isHere || COUNTS.has(name.kind))) {
      const isTold = stored.verify(chunks, heads)
      // The relay's copy comes instead of the one here, which would not merge with it into anything true.
      if (isHere) await durable.forget(id)
      await durable.storeSaved(id, 'snapshot', chunks)
      return isTold || stored.contains(id, heads)
    }
    if (!whole && !durable.isLoaded(id) && (await stored.contains(id, heads, chunks))) {
      await durable.storeSaved(id, 'incremental', chunks)
      return true
    }
    stored.verify(chunks, heads)
    await durable.update(id, chunks)
    return stored.contains(id, heads)
  }
}

const REASONS: Readonly<Record<Exclude<PullHead['refused'] & string, 'too-large'>, string>> = {
  'not-yours': 'the relay does not give it to this terminal',
  absent: 'the relay has nothing of it any more',
  unreadable: 'the relay cannot read it now; sync again',
}
