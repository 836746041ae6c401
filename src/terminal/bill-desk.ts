import {
  addLine,
  editBill,
  editLine,
  markSealed,
  openBill,
  readBill,
  unsealedIn,
  type Bill,
  type BillEdit,
  type BillLine,
  type LineEdit,
} from '../docs/bills.js'
import { localDay } from '../docs/business-day.js'
import type { Item } from '../docs/catalogue.js'
import type { FlatDoc } from '../docs/flat.js'
import type { BillItem, TrainingSale } from '../docs/generated/types.js'
import { newId } from '../docs/ids.js'
import type { DocumentName } from '../docs/naming.js'
import type { BillInput, LineInput } from '../docs/pricing.js'
import type { InvoiceRecord } from '../docs/record.js'
import { parseTaxSpec } from '../docs/tax.js'
import { Refused } from '../protocol/problem.js'
import type { Catalogue } from './catalogue.js'
import type { Outside } from './context.js'
import type { TerminalIdentity } from './identity.js'
import type { Journal } from './journal.js'
import type { SharedDocuments } from './shared-documents.js'
import type { Sale, Sold, Till } from './till.js'
import type { Training } from './training.js'

/** An item for a new line: by its SKU, or by what was scanned or typed. Units are a decimal, 1 where none is named. */
export interface Wanted {
  readonly sku?: string
  readonly scanned?: string
  readonly quantity?: string
}

/** A bill after a deed, and the item that came onto it. */
export interface Touched {
  readonly bill: Bill
  readonly added?: Item
}

type BillsName = Extract<DocumentName, { kind: 'bills' }>

export interface BillDeskOptions {
  readonly outside: Outside
  readonly identity: () => TerminalIdentity
  readonly documents: SharedDocuments
  readonly catalogue: Catalogue
  readonly till: Till
  readonly training: Training
  readonly journal: Journal
}

/** Open and parked bills: drafts that any terminal of the shop may edit. */
export class BillDesk {
  readonly #options: BillDeskOptions

  constructor(options: BillDeskOptions) {
    this.#options = options
  }

  #today(): BillsName {
    const { documents, identity, outside } = this.#options
    return { kind: 'bills', shop: identity().shop, day: localDay(outside.now(), documents.shop().calendar) }
  }

  /** The bills that are open or parked, of every day this terminal knows. */
  async unsealed(): Promise<Bill[]> {
    const found: Bill[] = []
    for (const name of this.#days()) {
      const doc = await this.#options.documents.look(name)
      if (doc) found.push(...unsealedIn(doc))
    }
    return found
  }

  #days(): BillsName[] {
    return this.#options.documents.known('bills').sort((a, b) => a.day.localeCompare(b.day))
  }

  /** Newest day first: most bills are of today. */
  async #find(id: string): Promise<{ name: BillsName; bill: Bill }> {
    for (const name of this.#days().reverse()) {
      const doc = await this.#options.documents.look(name)
      const bill = doc && readBill(doc, id)
      if (bill) return { name, bill }
    }
    throw new Refused('notFound', 'unknown-bill', `There is no bill ${id} on this terminal.`)
  }

  /** @throws Refused `unknown-bill` */
  async get(id: string): Promise<Bill> {
    return (await this.#find(id)).bill
  }

  async open(by: string, first?: Wanted): Promise<Touched> {
    const { documents, identity, outside, training } = this.#options
    const item = first && (await this.#wanted(first))
    const name = this.#today()
    const id = newId('bill', outside.random)
    const opened = {
      at: outside.now().toISOString(),
      terminal: identity().code,
      by,
      ...(training.on ? { training: true as const } : {}),
    }
    await documents.change(name, by, 'open bill', (draft, before) => {
      openBill(draft, before, id, opened)
      if (first && item) this.#put(draft, before, id, item, 0, first.quantity)
    })
    return { bill: await this.get(id), ...(item ? { added: item } : {}) }
  }

  async #editable(id: string): Promise<{ name: BillsName; bill: Bill }> {
    const found = await this.#find(id)
    const { status, sealed } = found.bill
    if (status === 'sealed') {
      throw new Refused(
        'conflict',
        'bill-is-sealed',
        `This bill was sealed as ${[...sealed.values()].join(', ')}. Correct it with a credit note.`,
      )
    }
    if (status === 'cancelled')
      throw new Refused('conflict', 'bill-is-cancelled', 'This bill was cancelled. Open a new one.')
    return found
  }

  /** Adds an item of the catalogue, as it is now. */
  async addLine(by: string, id: string, wanted: Wanted): Promise<Touched> {
    const { name, bill } = await this.#editable(id)
    const item = await this.#wanted(wanted)
    await this.#options.documents.change(name, by, 'add line', (draft, before) =>
      this.#put(draft, before, id, item, bill.lines.length, wanted.quantity),
    )
    return { bill: await this.get(id), added: item }
  }

  async #wanted({ sku, scanned }: Wanted): Promise<Item> {
    const { catalogue } = this.#options
    if ((sku === undefined) === (scanned === undefined))
      throw new Refused(
        'invalid',
        'invalid-line',
        'Name the item by its SKU or by what was scanned: one of both.',
      )
    const item = sku === undefined ? await catalogue.find(scanned ?? '') : await catalogue.item(sku)
    if (item.withdrawn)
      throw new Refused('conflict', 'item-withdrawn', `"${item.name}" was withdrawn from sale.`)
    return item
  }

  #put(draft: FlatDoc, before: FlatDoc, bill: string, item: Item, order: number, quantity = '1'): void {
    const entry: BillItem = {
      order,
      sku: item.sku,
      name: item.name,
      price: item.price,
      taxes: parseTaxSpec(item.tax),
      ...(item.hsn === undefined ? {} : { hsn: item.hsn }),
      ...(item.unit === undefined ? {} : { unit: item.unit }),
    }
    addLine(draft, before, bill, newId('line', this.#options.outside.random), entry, quantity)
  }

  async editLine(by: string, id: string, line: string, edit: LineEdit): Promise<Bill> {
    const { name, bill } = await this.#editable(id)
    const sold = bill.lines.find((candidate) => candidate.id === line)
    if (!sold) throw new Refused('notFound', 'unknown-line', `This bill has no line ${line}.`)
    const did = edit.voided ? 'void line' : edit.override ? 'override price' : 'edit line'
    await this.#options.documents.change(name, by, did, (draft, before) =>
      editLine(draft, before, id, line, edit),
    )
    await this.#record(by, bill, sold, edit)
    return this.get(id)
  }

  /** A price that a person made, and what was taken off a bill, stand in the journal, whatever becomes of the bill. */
  async #record(by: string, bill: Bill, line: BillLine, { override, voided }: LineEdit): Promise<void> {
    const { journal } = this.#options
    const { sku, price } = line.item
    const what = { ...subjectOf(bill), line: line.id, sku }
    if (override) {
      const to = { from: price.minor, to: override.price.minor, reason: override.reason }
      await journal.note(by, 'override', { ...what, ...to })
    }
    if (voided !== undefined && voided !== line.voided)
      await journal.note(by, 'void-line', { ...what, quantity: line.quantity, back: !voided })
  }

  /** Parks, recalls, cancels a bill, or changes its label, customer or discount. */
  async edit(by: string, id: string, edit: BillEdit): Promise<Bill> {
    const { name, bill } = await this.#editable(id)
    const did = edit.status === undefined ? 'edit bill' : `bill ${edit.status}`
    await this.#options.documents.change(name, by, did, (draft, before) => editBill(draft, before, id, edit))
    const lines = bill.lines.filter(({ voided }) => !voided).length
    if (edit.status === 'cancelled' && lines > 0)
      await this.#options.journal.note(by, 'void-bill', { ...subjectOf(bill), lines })
    return this.get(id)
  }

  /**
   * Seals a bill. Should the terminal die between the seal and the note of it, the bill still seals only once.
   * @throws PricingError, TenderError, Refused, StorageWriteError; the bill stays open then
   */
  async seal(by: string, id: string, tenders: Sale['tenders']): Promise<Sold<InvoiceRecord>> {
    const { name, bill } = await this.#find(id)
    const code = this.#options.identity().code
    const number = bill.sealed.get(code)
    const before = number === undefined ? undefined : this.#options.till.soldAs(number)
    if (before) return before
    await this.#editable(id)
    if (bill.opened.training) {
      throw new Refused(
        'conflict',
        'training-bill',
        'This bill was opened in training mode and cannot be sealed as a sale. Cancel it, and open a new one.',
      )
    }
    const sold = await this.#options.till.sell({
      ...draftOf(bill),
      bill: id,
      by,
      ...(bill.customer ? { customer: bill.customer } : {}),
      tenders,
    })
    await this.#markSealed(name, by, id, sold.record.body.number)
    return sold
  }

  /**
   * Does with a bill of training mode all that sealing does, but makes no sale of it; the bill ends.
   * @throws PricingError, TenderError, Refused `not-in-training`, `not-a-training-bill`; StorageWriteError
   */
  async practise(by: string, id: string, tenders: Sale['tenders']): Promise<TrainingSale> {
    const { documents, training } = this.#options
    const { name, bill } = await this.#editable(id)
    if (!bill.opened.training) {
      throw new Refused(
        'conflict',
        'not-a-training-bill',
        'This bill was not opened in training mode: it is a sale, and stays as it is. Seal it when training has ended.',
      )
    }
    const practised = await training.sell(by, id, { ...draftOf(bill), tenders })
    await documents.change(name, by, 'training sale', (draft, before) =>
      editBill(draft, before, id, { status: 'cancelled' }),
    )
    return practised
  }

  /** Training mode ends, and with it the bills that were opened in it here. @throws StorageWriteError */
  async endTraining(by: string): Promise<void> {
    const { identity, training } = this.#options
    await training.end(by)
    for (const { id, opened } of await this.unsealed()) {
      if (opened.training && opened.terminal === identity().code)
        await this.edit(by, id, { status: 'cancelled' })
    }
  }

  /** Notes in the bills what is already sealed: the terminal may have died between the two. */
  async reconcile(sealedAs: (bill: string) => string | undefined): Promise<void> {
    for (const bill of await this.unsealed()) {
      const number = sealedAs(bill.id)
      if (number !== undefined)
        await this.#markSealed((await this.#find(bill.id)).name, bill.opened.by, bill.id, number)
    }
  }

  #markSealed(name: BillsName, by: string, id: string, number: string): Promise<void> {
    const { documents, identity } = this.#options
    return documents.change(name, by, 'seal bill', (draft, before) =>
      markSealed(draft, before, id, identity().code, number),
    )
  }
}

/** How an event names a bill, so that nobody takes what was practised for a sale. */
function subjectOf({ id, opened }: Bill) {
  return { bill: id, ...(opened.training ? { training: true } : {}) }
}

/** What a bill charges for. */
export function draftOf(bill: Bill): BillInput {
  return {
    lines: bill.lines.filter(({ voided }) => !voided).map(lineOf),
    ...(bill.discount ? { discount: bill.discount } : {}),
  }
}

function lineOf({ id, item, quantity, override, discount }: BillLine): LineInput {
  const { order: _order, price, ...rest } = item
  return {
    id,
    ...rest,
    quantity,
    price: override?.price ?? price,
    ...(override ? { override: { from: price, reason: override.reason } } : {}),
    ...(discount ? { discount } : {}),
  }
}
