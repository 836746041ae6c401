import * as A from '@automerge/automerge'
import type { ChangeContext } from '../../docs/change-rules.js'
import type { FlatDoc } from '../../docs/flat.js'
import { describeDocument, type DocumentId, type DocumentName } from '../../docs/naming.js'
import { CLOSE, type Closing } from '../../protocol/close-codes.js'
import { CHANGE_BYTES, MESSAGE_CHUNKS, MESSAGE_INFLATED_BYTES, MESSAGE_ROWS } from '../../protocol/limits.js'
import type { DurableRepo } from '../../storage/durable-repo.js'
import type { Arrivals } from '../arrivals.js'
import type { Incidents } from '../incidents.js'
import type { Shops } from '../shops.js'
import { Authorship } from './authorship.js'
import type { ChunkLimits } from './chunks.js'
import type { Verdict } from './inspection.js'
import { Inspector } from './inspector.js'
import { withoutUnknownHeads } from './read-only.js'
import { Refusals, type DocumentRefusal } from './refusals.js'
import type { SyncMessageParts } from './sync-message.js'

export interface GateOptions {
  readonly durable: DurableRepo
  readonly shops: Shops
  readonly incidents: Incidents
  /** Told of what is let in. */
  readonly arrivals?: Pick<Arrivals, 'came'>
  readonly inspector?: Inspector
}

/** A sync message, whole and taken apart. */
export interface SyncData {
  readonly data: Uint8Array
  readonly parts: SyncMessageParts
}

/** What becomes of a sync message: it goes on, perhaps without its changes, or is answered as
 * not there, or ends its connection. */
export type Admission =
  | { readonly is: 'passed'; readonly message: Uint8Array }
  | { readonly is: 'dropped' }
  | { readonly is: 'closed'; readonly closing: Closing }

/** What one sync message, or one saved document, may cost. */
export const MESSAGE_LIMITS: ChunkLimits = {
  chunks: MESSAGE_CHUNKS,
  inflatedBytes: MESSAGE_INFLATED_BYTES,
  changeBytes: CHANGE_BYTES,
  rows: MESSAGE_ROWS,
}

/**
 * Looks at every sync message before automerge-repo does (A3). A change that its terminal may not make, or that
 * breaks a schema, is refused before it is merged, kept as evidence, and its document set aside for that terminal;
 * what is no Automerge, or would cost too much to read, ends the connection as well.
 */
export class Gate {
  readonly refusals = new Refusals()
  readonly #options: GateOptions
  readonly #inspector: Inspector
  readonly #authorship = new Map<string, Authorship>()

  constructor(options: GateOptions) {
    this.#options = options
    this.#inspector = options.inspector ?? new Inspector()
  }

  /** Messages that wait to be looked into. */
  get waiting(): number {
    return this.#inspector.waiting
  }

  /**
   * A message that can be answered at once, without a wait: it brings no changes.
   * @returns undefined where it has to be looked into with {@link admit}
   */
  passes(
    terminal: string,
    document: string,
    { data: message, parts: { changes } }: SyncData,
  ): Admission | undefined {
    const isPlain = changes.length === 0 && !this.refusals.get(terminal, document)
    return isPlain ? { is: 'passed', message } : undefined
  }

  /**
   * @param name of the document
   * @param mayWrite whether the terminal may change it
   */
  async admit(
    terminal: string,
    document: DocumentId,
    name: DocumentName,
    mayWrite: boolean,
    { data: message, parts: { changes, withoutChanges } }: SyncData,
  ): Promise<Admission> {
    if (!mayWrite && changes.length > 0) {
      const reason = `it brought changes to the ${describeDocument(name)}, which it may only read`
      await this.#note('not-yours', 'read-only', reason, terminal, document)
    }
    // A document that was refused stays so while its terminal is connected: what it adds builds upon what was refused.
    if (!mayWrite || this.refusals.get(terminal, document)) return this.#stripped(document, withoutChanges)
    if (changes.length === 0) return { is: 'passed', message }
    const verdict = await this.#judge(terminal, document, name, changes)
    if (verdict.is === 'sound') return { is: 'passed', message }
    await this.#refuse(terminal, document, verdict, changes)
    switch (verdict.is) {
      case 'refused':
        return this.#stripped(document, withoutChanges)
      case 'malformed':
        return { is: 'closed', closing: CLOSE.badFrame }
      case 'too-much':
        return { is: 'closed', closing: CLOSE.tooMuch }
    }
  }

  /** A message without its changes; of a document the relay has not, nothing is left to say. */
  async #stripped(document: DocumentId, message: Uint8Array): Promise<Admission> {
    const handle = await this.#options.durable.open<FlatDoc>(document)
    if (!handle) return { is: 'dropped' }
    return { is: 'passed', message: withoutUnknownHeads(message, handle.doc()) }
  }

  /**
   * Looks at a whole document that came in a bundle.
   * @returns why it may not be merged; undefined where it may
   */
  async faultOfSaved(
    terminal: string,
    document: DocumentId,
    name: DocumentName,
    saved: Uint8Array,
  ): Promise<DocumentRefusal | undefined> {
    const verdict = await this.#judge(terminal, document, name, [saved])
    if (verdict.is === 'sound') return undefined
    return this.#refuse(terminal, document, verdict, [saved])
  }

  /** What is sound is let in, and noted as having arrived. */
  async #judge(
    terminal: string,
    document: DocumentId,
    name: DocumentName,
    blobs: readonly Uint8Array[],
  ): Promise<Verdict> {
    const { durable, arrivals } = this.#options
    const verdict = await this.#inspector.inspect({
      blobs,
      limits: MESSAGE_LIMITS,
      context: this.#context(name),
    })
    if (verdict.is !== 'sound') return verdict
    const handle = await durable.open<FlatDoc>(document)
    const authorship = this.#authorship.get(document) ?? new Authorship()
    this.#authorship.set(document, authorship)
    const doc = handle?.doc()
    const reason = authorship.faultOf(doc, verdict.changes)
    if (reason !== undefined) return { is: 'refused', fault: 'author', reason }
    const hashes = verdict.changes.map(({ hash }) => hash)
    arrivals?.came(terminal, document, doc ? hashes.filter((hash) => !A.hasHeads(doc, [hash])) : hashes)
    return verdict
  }

  #context(name: DocumentName): ChangeContext {
    const { shops } = this.#options
    const { catalogueShards } = shops.get(name.shop)
    const publicKey = name.kind === 'daybook' ? shops.keyOf(name.terminal, name.epoch) : undefined
    return { name, catalogueShards, ...(publicKey === undefined ? {} : { publicKey }) }
  }

  async #refuse(
    terminal: string,
    document: string,
    verdict: Exclude<Verdict, { is: 'sound' }>,
    blobs: readonly Uint8Array[],
  ): Promise<DocumentRefusal> {
    const { reason } = verdict
    const code = verdict.is === 'refused' ? `change-${verdict.fault}` : verdict.is
    this.refusals.set(terminal, document, { code, reason })
    const kind = verdict.is === 'refused' ? 'change-refused' : 'frame-refused'
    await this.#note(kind, code, reason, terminal, document, Buffer.concat(blobs))
    return { code, reason }
  }

  #note(
    kind: 'change-refused' | 'frame-refused' | 'not-yours',
    code: string,
    reason: string,
    terminal: string,
    document: string,
    bytes?: Uint8Array,
  ): Promise<void> {
    const report = { kind, code, reason, terminal, document }
    return this.#options.incidents.note(bytes ? { ...report, bytes } : report)
  }

  /** A terminal that connects anew is looked at anew: the reason may be gone. */
  begin(terminal: string): void {
    this.refusals.clearAll(terminal)
  }

  /** A document that leaves memory takes what is known of its authors with it. */
  forget(document: string): void {
    this.#authorship.delete(document)
  }

  close(): Promise<void> {
    return this.#inspector.close()
  }
}
