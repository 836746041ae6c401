import { messageOf } from './api.js'
import type { CurrentBill } from './bill.js'
import { onPress, part, say, terms } from './dom.js'
import { confirmed } from './dialogs.js'
import { Field } from './field.js'
import { LineRow } from './line-row.js'
import { amount, discountText, readDiscount } from './money.js'
import type { Bill } from './shapes.js'
import { time } from './time.js'

/** The bill at hand: its lines, what it comes to, and whom it is for. */
export class BillView {
  readonly #bill: CurrentBill
  readonly #rows = new Map<string, LineRow>()
  readonly #body = part('line-rows', HTMLTableSectionElement)
  readonly #error = part('bill-error', HTMLElement)
  readonly #customer: Field
  readonly #label: Field
  readonly #discount: Field
  readonly #entered: () => Promise<void>
  readonly #left: (status: 'parked' | 'cancelled') => void
  #shown: string | undefined

  /**
   * @param entered resolves when what was scanned is on the bill
   * @param left told when the bill was put away
   */
  constructor(
    bill: CurrentBill,
    entered: () => Promise<void>,
    left: (status: 'parked' | 'cancelled') => void,
  ) {
    this.#left = left
    this.#bill = bill
    this.#entered = entered
    const field = (id: string, save: (text: string) => Promise<boolean>): Field =>
      new Field(part(id, HTMLInputElement), save, (error) => this.refuse(error))
    this.#customer = field('customer', (text) => {
      const { name: _name, ...rest } = bill.view?.customer ?? {}
      const customer = text.trim() === '' ? rest : { ...rest, name: text.trim() }
      return bill.edit({ customer: Object.keys(customer).length === 0 ? null : customer })
    })
    this.#label = field('label', (text) => bill.edit({ label: text.trim() === '' ? null : text.trim() }))
    this.#discount = field('bill-discount', async (text) => bill.edit({ discount: readDiscount(text) }))
    onPress(part('park', HTMLButtonElement), () => this.leave('parked'))
    onPress(part('cancel', HTMLButtonElement), async () => {
      if (!bill.view) return
      const sure = await confirmed(
        'Cancel this bill?',
        ['It is taken off every terminal. That it was there stays in the history.'],
        'Cancel the bill',
      )
      if (sure) await this.leave('cancelled')
    })
    bill.onChange(() => this.#render())
    this.#render()
  }

  get #fields(): readonly Field[] {
    return [this.#customer, this.#label, this.#discount]
  }

  refuse(error: unknown): void {
    say(this.#error, messageOf(error))
  }

  /** Everything that was scanned or typed is saved, so that what is sealed or parked is what stands there. */
  async commit(): Promise<void> {
    await this.#entered()
    for (const row of this.#rows.values()) await row.commit()
    for (const field of this.#fields) await field.commit()
    say(this.#error, '')
  }

  async leave(status: 'parked' | 'cancelled'): Promise<void> {
    try {
      if (!this.#bill.view) return
      if (status === 'parked') await this.commit()
      await this.#bill.leave(status)
      say(this.#error, '')
      this.#left(status)
    } catch (error) {
      this.refuse(error)
    }
  }

  editLastQuantity(): void {
    const last = this.#bill.view?.lines.findLast(({ voided }) => !voided)
    if (last) this.#rows.get(last.id)?.focusQuantity()
  }

  #render(): void {
    const bill = this.#bill.view
    const another = bill?.id !== this.#shown
    // What was typed before the first item belongs to the bill that the item opens, and to no other.
    const opens = another && this.#shown === undefined && bill?.lines.length === 0
    if (another) {
      this.#shown = bill?.id
      if (!opens) for (const field of this.#fields) field.clear()
      this.#rows.clear()
      this.#body.replaceChildren()
      say(this.#error, '')
    }
    this.#renderLines(bill)
    part('park', HTMLButtonElement).disabled = !this.#bill.hasLines
    part('cancel', HTMLButtonElement).disabled = !bill
    part('bill-empty', HTMLElement).hidden = bill !== undefined && bill.lines.length > 0
    say(
      part('bill-about', HTMLElement),
      bill ? `opened ${time(bill.opened.at)} at ${bill.opened.terminal} by ${bill.opened.by}` : '',
    )
    this.#renderTotals(bill)
    if (!bill) return
    this.#customer.show(bill.customer?.name ?? '')
    this.#label.show(bill.label ?? '')
    this.#discount.show(discountText(bill.discount))
    if (opens) for (const field of this.#fields) field.commit().catch((error: unknown) => this.refuse(error))
    if (bill.problem !== undefined) say(this.#error, bill.problem)
  }

  #renderLines(bill: Bill | undefined): void {
    for (const line of bill?.lines ?? []) {
      let row = this.#rows.get(line.id)
      if (!row) {
        row = new LineRow(this.#bill, line.id, (error) => this.refuse(error))
        this.#rows.set(line.id, row)
        this.#body.append(row.element)
      }
      row.show(
        line,
        bill?.priced?.lines.find(({ id }) => id === line.id),
      )
    }
  }

  #renderTotals(bill: Bill | undefined): void {
    const priced = bill?.priced
    say(part('payable', HTMLElement), priced ? amount(priced.totals.payable) : '–')
    const pairs: [string, string][] = []
    if (priced) {
      const { totals, taxes } = priced
      pairs.push(['Gross', amount(totals.gross)])
      if (totals.discount !== 0) pairs.push(['Discount', amount(-totals.discount)])
      pairs.push(['Taxable', amount(totals.taxable)])
      for (const { name, rate, minor } of taxes) pairs.push([`${name} ${rate}%`, amount(minor)])
      pairs.push(['Total', amount(totals.total)])
      if (totals.roundOff !== 0) pairs.push(['Round-off', amount(totals.roundOff)])
    }
    part('totals', HTMLElement).replaceChildren(...terms(pairs))
  }
}
