import * as A from '@automerge/automerge'
import type { DocHandle } from '@automerge/automerge-repo'
import type { FlatDoc } from '../docs/flat.js'
import type { CustodyResponse, DocumentHeads, Refusal } from '../docs/generated/types.js'
import type { Signer } from '../docs/keys.js'
import type { DocumentId, DocumentName } from '../docs/naming.js'
import { RECEIPT_DOCUMENTS } from '../protocol/limits.js'
import { within } from '../protocol/within.js'
import { signReceipt, type CustodyReceipt } from '../protocol/receipt.js'
import type { DurableRepo } from '../storage/durable-repo.js'
import { StorageReadError, StorageWriteError } from '../storage/errors.js'
import type { IndexLog } from '../storage/index-log.js'
import type { Access } from './access.js'
import { BookRefused, type Counting } from './counting.js'
import type { Refusals } from './gate/refusals.js'
import type { IssuedReceipts } from './issued-receipts.js'
import type { Identity } from './sessions.js'

export interface CustodyOptions {
  readonly durable: DurableRepo
  readonly registry: IndexLog<DocumentName>
  readonly access: Access
  readonly refusals: Refusals
  readonly counting: Counting
  readonly issued: IssuedReceipts
  readonly relay: string
  readonly signer: Signer
  readonly now: () => Date
  /** Told of each receipt that is given, once it is in the relay's log of them. */
  readonly onGiven: (receipt: CustodyReceipt) => void
  /** Told of a document that could not be vouched for because of this relay, not because of the terminal. */
  readonly onFailure: (document: string, error: Error) => void
}

/**
 * Gives custody receipts: a document's heads have arrived, its records are sound and counted, and its storage has
 * fsynced them. Only then is the receipt signed, written to the relay's own log, and sent.
 */
export class Custody {
  readonly #options: CustodyOptions

  constructor(options: CustodyOptions) {
    this.#options = options
  }

  /** @param waitMs how long to wait for changes that have not arrived yet */
  async request(
    identity: Identity,
    documents: readonly DocumentHeads[],
    waitMs: number,
    signal: AbortSignal,
  ): Promise<CustodyResponse> {
    const missing: string[] = []
    const refused: Refusal[] = []
    const held: DocumentHeads[] = []
    const hold = async ({ id, heads }: DocumentHeads, enough: AbortSignal): Promise<void> => {
      try {
        if (await this.#hold(identity, id as DocumentId, heads, enough))
          held.push({ id, heads: heads.toSorted() })
        else missing.push(id)
      } catch (error) {
        if (!(error instanceof BookRefused)) this.#options.onFailure(id, error as Error)
        refused.push({ id, ...refusalOf(error) })
      }
    }
    await within(waitMs, [signal], (enough) =>
      Promise.all(documents.map((document) => hold(document, enough))),
    )
    if (held.length === 0) return { missing, refused }
    const [receipt] = await this.issue(identity.terminal, held)
    return { ...(receipt ? { receipt } : {}), missing, refused }
  }

  /**
   * Signs receipts for documents whose heads are known to be fsynced, and keeps them in the relay's log first.
   * One receipt names at most {@link RECEIPT_DOCUMENTS} documents.
   */
  async issue(terminal: string, held: readonly DocumentHeads[]): Promise<CustodyReceipt[]> {
    const { issued, relay, signer, now, onGiven } = this.#options
    const receipts: CustodyReceipt[] = []
    for (let start = 0; start < held.length; start += RECEIPT_DOCUMENTS) {
      const receipt = signReceipt(
        {
          v: 1,
          type: 'custody-receipt',
          relay,
          terminal,
          serial: issued.nextSerial(),
          at: now().toISOString(),
          documents: held.slice(start, start + RECEIPT_DOCUMENTS).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        },
        signer,
      )
      await issued.add(receipt)
      onGiven(receipt)
      receipts.push(receipt)
    }
    return receipts
  }

  /** Whether the document is held at these heads now, on the disk, counted. */
  async #hold(
    identity: Identity,
    id: DocumentId,
    heads: readonly string[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const { registry, access, refusals } = this.#options
    const name = registry.get(id)
    if (!name || !access.mayRead(identity, name))
      throw new BookRefused('this terminal has no such document here')
    const handle = await this.#arrived(identity.terminal, id, heads, signal)
    if (!handle) {
      const refusal = refusals.get(identity.terminal, id)
      if (refusal) throw new BookRefused(refusal.reason, refusal.code)
      return false
    }
    refusals.clear(identity.terminal, id)
    await this.settle(name, handle)
    return true
  }

  /** The document at these heads; undefined where it does not come, or was refused: that is not waited for. */
  async #arrived(
    terminal: string,
    id: DocumentId,
    heads: readonly string[],
    signal: AbortSignal,
  ): Promise<DocHandle<FlatDoc> | undefined> {
    const { durable, refusals } = this.#options
    const given = new AbortController()
    const giveUp = (): void => given.abort()
    signal.addEventListener('abort', giveUp)
    const unwatch = refusals.watch(terminal, id, giveUp)
    try {
      if (signal.aborted || refusals.get(terminal, id)) giveUp()
      const handle = await durable.request<FlatDoc>(id, given.signal).catch(() => undefined)
      return handle && (await headsArrived(handle, heads, given.signal)) ? handle : undefined
    } finally {
      unwatch()
      signal.removeEventListener('abort', giveUp)
    }
  }

  /** Counts a day book, then flushes the document. Also used for documents that came in a bundle. */
  async settle(name: DocumentName, handle: DocHandle<FlatDoc>): Promise<void> {
    await this.#options.durable.flush(handle.documentId)
    if (name.kind === 'daybook') await this.#options.counting.count(name, handle)
  }
}

/** What the terminal is told of a document that cannot be taken; it holds up none that is asked for with it (S4). */
export function refusalOf(error: unknown): Omit<Refusal, 'id'> {
  if (error instanceof BookRefused) {
    const { code, message: reason } = error
    return code === undefined ? { reason } : { code, reason }
  }
  if (error instanceof StorageWriteError || error instanceof StorageReadError)
    return { reason: `the relay could not store it (${error.code})` }
  return { reason: 'the relay failed to take it; its log says why' }
}

/** Waits until a document contains these heads; false when the signal ends first. */
function headsArrived(
  handle: DocHandle<FlatDoc>,
  heads: readonly string[],
  signal: AbortSignal,
): Promise<boolean> {
  const arrived = (): boolean => handle.isReady() && A.hasHeads(handle.doc(), [...heads])
  if (arrived()) return Promise.resolve(true)
  return new Promise((resolve) => {
    const finish = (result: boolean): void => {
      handle.off('heads-changed', look)
      signal.removeEventListener('abort', stop)
      resolve(result)
    }
    const look = (): void => {
      if (arrived()) finish(true)
    }
    const stop = (): void => finish(false)
    handle.on('heads-changed', look)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
  })
}
