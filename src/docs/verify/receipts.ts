import type { CustodyReceipt } from '../generated/types.js'
import { canonicalJson } from '../canonical.js'
import { verifySignature } from '../keys.js'
import { validate } from '../validate.js'
import type { Findings } from './findings.js'

/** What a receipt says of one document. */
export interface Receipted {
  readonly serial: number
  readonly at: string
  /** To whom it was given. */
  readonly terminal: string
  readonly heads: readonly string[]
}

/** The receipts that verify, by document, in the order they were given. Of each only what is needed is kept. */
export class ReceiptCheck {
  readonly #key: string | undefined
  readonly #findings: Findings
  readonly #byDocument = new Map<string, Receipted[]>()
  #count = 0

  /** @param key of the relay; without one they prove nothing, and none is taken */
  constructor(key: string | undefined, findings: Findings) {
    this.#key = key
    this.#findings = findings
  }

  /** @returns the receipt, where it verifies */
  take(value: unknown, line: number): CustodyReceipt | undefined {
    const file = 'receipts.ndjson'
    try {
      validate<CustodyReceipt>('custody-receipt.schema.json', value, 'custody receipt')
    } catch (error) {
      this.#findings.add('bad-receipt', { file }, `Line ${line} of the receipts: ${(error as Error).message}`)
      return undefined
    }
    const { body, signature } = value
    this.#count += 1
    if (this.#key === undefined) return undefined
    if (!verifySignature(this.#key, new TextEncoder().encode(canonicalJson(body)), signature)) {
      this.#findings.add(
        'bad-receipt',
        { file },
        `Receipt ${body.serial} is not signed by the relay: it was altered, or made by another.`,
      )
      return undefined
    }
    for (const { id, heads } of body.documents) {
      const known = this.#byDocument.get(id) ?? []
      this.#byDocument.set(id, known)
      known.push({ serial: body.serial, at: body.at, terminal: body.terminal, heads })
    }
    return value
  }

  get count(): number {
    return this.#count
  }

  /** What was given for a document, the oldest first. */
  of(document: string): readonly Receipted[] {
    return (this.#byDocument.get(document) ?? []).toSorted((a, b) =>
      a.at < b.at ? -1 : a.at > b.at ? 1 : a.serial - b.serial,
    )
  }

  documents(): IterableIterator<string> {
    return this.#byDocument.keys()
  }
}
