import type { ForgottenReceipts } from '../docs/generated/types.js'
import type { DocumentId } from '../docs/naming.js'
import { validate } from '../docs/validate.js'
import { checkReceipt, sameHeads, type CustodyReceipt, type ReceiptExpectation } from '../protocol/receipt.js'
import { AppendLog, type AppendLogOptions } from '../storage/append-log.js'
import { Positions } from '../storage/lookup-log.js'

export interface LedgerOptions extends Omit<AppendLogOptions, 'onEntry'> {
  readonly expected: ReceiptExpectation
  /** Told of a receipt on disk that does not verify; it counts for nothing. */
  readonly onBadReceipt: (error: Error) => void
  /** Told of each receipt, those on the disk first, in the order they came. */
  readonly onReceipt?: (receipt: CustodyReceipt) => void
  /** Told that receipts after a serial count no more, likewise. */
  readonly onForgotten?: (after: number) => void
}

function isForgotten(entry: unknown): entry is ForgottenReceipts {
  if (typeof entry !== 'object' || entry === null || !('forgottenAfter' in entry)) return false
  validate<ForgottenReceipts>(
    'data-files.schema.json#/$defs/ForgottenReceipts',
    entry,
    'entry of receipts.log',
  )
  return true
}

/**
 * The custody receipts this terminal holds, append-only and fsynced. Only a receipt that verifies against the pinned
 * key of the relay enters, and only what one covers counts as synced (S3).
 */
export class Ledger {
  readonly #expected: ReceiptExpectation
  readonly #told: Pick<LedgerOptions, 'onReceipt' | 'onForgotten'>
  readonly #held = new Map<string, { readonly heads: readonly string[]; readonly serial: number }>()
  #log!: AppendLog
  #serial = 0
  readonly #positions = new Positions()

  private constructor({ expected, ...told }: LedgerOptions) {
    this.#expected = expected
    this.#told = told
  }

  static async open(options: LedgerOptions): Promise<Ledger> {
    const { expected, onBadReceipt } = options
    const ledger = new Ledger(options)
    ledger.#log = await AppendLog.open({
      ...options,
      onEntry: (entry, _line, position) => {
        try {
          if (isForgotten(entry)) ledger.#forget(entry.forgottenAfter)
          else ledger.#remember(checkReceipt(entry, expected), position)
        } catch (error) {
          onBadReceipt(error as Error)
        }
      },
    })
    return ledger
  }

  #remember(receipt: CustodyReceipt, position: number): void {
    const { body } = receipt
    this.#serial = Math.max(this.#serial, body.serial)
    for (const { id, heads } of body.documents) {
      this.#held.set(id, { heads, serial: body.serial })
      this.#positions.add(id, position)
    }
    this.#told.onReceipt?.(receipt)
  }

  #forget(serial: number): void {
    this.#serial = Math.min(this.#serial, serial)
    for (const [id, held] of this.#held) if (held.serial > serial) this.#held.delete(id)
    this.#told.onForgotten?.(serial)
  }

  /**
   * Takes receipts in, once they are verified and durable.
   * @throws BadReceipt, StorageWriteError; then none of them counts
   */
  async add(receipts: readonly CustodyReceipt[]): Promise<void> {
    if (receipts.length === 0) return
    const checked = receipts.map((receipt) => checkReceipt(receipt, this.#expected))
    // Each is told its own position; appended in one turn they share one fsync.
    const positions = await Promise.all(checked.map((receipt) => this.#log.append([receipt])))
    checked.forEach((receipt, index) => this.#remember(receipt, positions[index] ?? 0))
  }

  /**
   * All receipts that ever named a document, oldest first, as they lie on the disk: also those that count no more.
   * @throws StorageReadError
   */
  async *of(document: DocumentId): AsyncGenerator<CustodyReceipt> {
    for await (const entry of this.#log.entriesAt(this.#positions.of(document))) yield entry as CustodyReceipt
  }

  /**
   * The relay was restored from a backup and has forgotten the receipts after this serial: what they covered counts as
   * sent no more (S5).
   * @throws StorageWriteError; then all receipts still count
   */
  async forgetAfter(serial: number): Promise<void> {
    const entry: ForgottenReceipts = { forgottenAfter: serial }
    await this.#log.append([entry])
    this.#forget(serial)
  }

  /** The heads of a document the relay last gave a receipt for. */
  heads(document: DocumentId): readonly string[] | undefined {
    return this.#held.get(document)?.heads
  }

  /** Whether the relay holds a document at exactly these heads. */
  covers(document: DocumentId, heads: readonly string[]): boolean {
    const receipted = this.heads(document)
    return receipted !== undefined && sameHeads(receipted, heads)
  }

  /** The highest serial of a receipt that counts: a relay that remembers less was restored from a backup (S5). */
  get serial(): number {
    return this.#serial
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
