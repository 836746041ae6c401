import * as A from '@automerge/automerge'
import { localDay } from '../../src/docs/business-day.js'
import { advance, newChain, type ChainState } from '../../src/docs/chain-state.js'
import { noteText } from '../../src/docs/change-note.js'
import { composeInvoice } from '../../src/docs/compose.js'
import { recordKey } from '../../src/docs/daybook.js'
import type { FlatDoc } from '../../src/docs/flat.js'
import { documentId, type DocumentId, type DocumentName } from '../../src/docs/naming.js'
import { sealRecord, type RecordBody, type SealedRecord } from '../../src/docs/record.js'
import type { Signer } from '../../src/docs/keys.js'
import { SHOP } from '../support/shop.js'
import type { RawTerminal } from './raw-terminal.js'

export interface Forgery {
  /** Changes the body before it is sealed. */
  readonly body?: (body: RecordBody) => RecordBody
  readonly signer?: Signer
}

/** A terminal's day book that is sealed by hand, honestly or not. */
export class RawBook {
  readonly name: Extract<DocumentName, { kind: 'daybook' }>
  readonly id: DocumentId
  doc: A.Doc<FlatDoc> = A.init<FlatDoc>()
  state: ChainState
  readonly #terminal: RawTerminal
  readonly #at: Date

  constructor(terminal: RawTerminal, at: Date, { part = 1, day = '' }: { part?: number; day?: string } = {}) {
    const { shop, terminal: id, code, epoch, organisation } = terminal.granted
    this.#terminal = terminal
    this.#at = at
    this.name = {
      kind: 'daybook',
      shop,
      terminal: id,
      code,
      epoch,
      day: day || localDay(at, SHOP.calendar),
      part,
    }
    this.id = documentId(organisation, this.name)
    this.state = newChain(code, epoch)
  }

  get heads(): string[] {
    return A.getHeads(this.doc).toSorted()
  }

  get named() {
    return { name: this.name, heads: this.heads }
  }

  get asked() {
    return { id: this.id, heads: this.heads }
  }

  /** Seals a sale of some tea at 100.00 without tax. */
  sell(
    quantity = '1',
    { body = (made) => made, signer = this.#terminal.signer }: Forgery = {},
  ): SealedRecord {
    const { relay, granted } = this.#terminal
    const position = this.state.position + 1
    const made = composeInvoice(
      this.state,
      { shop: relay.relay.shops.get(granted.shop), at: this.#at },
      {
        bill: `bill_${String(position).padStart(20, '0')}`,
        by: 'Asha',
        lines: [{ id: '1', sku: 'TEA', name: 'Tea', quantity, price: { minor: 10_000 }, taxes: [] }],
        tenders: [{ type: 'cash', minor: 10_000 * Number(quantity) }],
      },
    )
    const honest = sealRecord(made, this.#terminal.signer).record
    const { stored, record } = sealRecord(body(made), signer)
    this.put(position, stored)
    this.state = advance(this.state, honest)
    return record
  }

  /** Writes what may be no record at all. */
  put(position: number, value: Uint8Array): void {
    const message = noteText({ terminal: this.name.code, by: 'Asha', did: 'seal invoice' })
    this.doc = A.change(this.doc, { message }, (draft) => {
      draft[recordKey(position)] = value
    })
  }
}
