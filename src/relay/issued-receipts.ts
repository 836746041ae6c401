import type { GivenReceipt } from '../docs/generated/types.js'
import type { CustodyReceipt } from '../protocol/receipt.js'
import { AppendLog, type AppendLogOptions } from '../storage/append-log.js'
import { validate } from '../docs/validate.js'
import { Positions } from '../storage/lookup-log.js'

/** Of one writer's document the last heads cover all before; two copies of a terminal may be given receipts in turn. */
const HEADS_KEPT = 4

/** The relay's own log of the receipts it gave, fsynced before each is sent. */
export class IssuedReceipts {
  #log!: AppendLog
  #serial = 0
  readonly #given = new Map<string, GivenReceipt>()
  /** The heads last receipted, by document, the newest last. */
  readonly #heads = new Map<string, readonly (readonly string[])[]>()

  readonly #positions = new Positions()

  private constructor() {}

  /** @param onReceipt is told of each receipt that was given before, in order */
  static async open(
    options: Omit<AppendLogOptions, 'onEntry'>,
    onReceipt: (receipt: CustodyReceipt) => void = () => undefined,
  ): Promise<IssuedReceipts> {
    const issued = new IssuedReceipts()
    issued.#log = await AppendLog.open({
      ...options,
      onEntry: (entry, _line, position) => {
        validate<CustodyReceipt>('custody-receipt.schema.json', entry, 'entry of receipts.log')
        issued.#remember(entry, position)
        onReceipt(entry)
      },
    })
    return issued
  }

  #remember({ body }: CustodyReceipt, position: number): void {
    this.#serial = Math.max(this.#serial, body.serial)
    const before = this.#given.get(body.terminal)
    const isLast = !before || body.serial > before.serial
    this.#given.set(body.terminal, {
      count: (before?.count ?? 0) + 1,
      serial: isLast ? body.serial : before.serial,
      at: isLast ? body.at : before.at,
    })
    for (const { id, heads } of body.documents) {
      this.#heads.set(id, [...(this.#heads.get(id) ?? []).slice(1 - HEADS_KEPT), heads])
      this.#positions.add(id, position)
    }
  }

  nextSerial(): number {
    this.#serial += 1
    return this.#serial
  }

  /** The serial of the last receipt. */
  get serial(): number {
    return this.#serial
  }

  /** The serial of the last receipt a terminal was given; 0 for none. */
  serialOf(terminal: string): number {
    return this.#given.get(terminal)?.serial ?? 0
  }

  /** How many receipts a terminal was given, and the last one; undefined for none. */
  givenTo(terminal: string): GivenReceipt | undefined {
    return this.#given.get(terminal)
  }

  /** The heads of a document that were last receipted, the newest last. */
  headsGiven(document: string): readonly (readonly string[])[] {
    return this.#heads.get(document) ?? []
  }

  /** @throws StorageWriteError: the receipt must not be sent then */
  async add(receipt: CustodyReceipt): Promise<void> {
    this.#remember(receipt, await this.#log.append([receipt]))
  }

  /** How many receipts name a document. */
  count(document: string): number {
    return this.#positions.of(document).length
  }

  /**
   * The receipts that name a document, oldest first, as they lie on the disk.
   * @param from so many of them are passed over
   * @param to without those from here on
   * @throws StorageReadError
   */
  async *of(document: string, from = 0, to?: number): AsyncGenerator<CustodyReceipt> {
    const positions = this.#positions.of(document).slice(from, to)
    for await (const entry of this.#log.entriesAt(positions)) {
      validate<CustodyReceipt>('custody-receipt.schema.json', entry, 'entry of receipts.log')
      yield entry
    }
  }

  close(): Promise<void> {
    return this.#log.close()
  }
}
