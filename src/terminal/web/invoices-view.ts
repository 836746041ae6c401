import type { ExportedInvoice, InvoiceLookup } from '../../docs/generated/types.js'
import { get, messageOf } from './api.js'
import type { Sold } from './bill.js'
import { creditDialog } from './credit-view.js'
import { button, make, part, say, terms } from './dom.js'
import { makeDialog, opened } from './dialogs.js'
import { amount, priceText } from './money.js'
import { changeOf, invoiceLines, print } from './slip.js'
import { dateTime, time } from './time.js'

const LISTED = 10

/** The last sales, and any by its number. */
export class InvoicesView {
  readonly #list = part('invoices', HTMLUListElement)
  readonly #error = part('sales-error', HTMLElement)
  readonly #sealed: (sold: Sold) => void
  #asked = 0
  #answered = 0
  #shown = ''

  constructor(sealed: (sold: Sold) => void) {
    this.#sealed = sealed
    const number = part('lookup', HTMLInputElement)
    part('lookup-form', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      if (number.value.trim() !== '') void this.#open(number.value.trim())
    })
  }

  async refresh(): Promise<void> {
    const asked = (this.#asked += 1)
    let invoices: readonly ExportedInvoice[]
    try {
      invoices = (await get<{ invoices: ExportedInvoice[] }>(`/v1/invoices?limit=${LISTED}`)).invoices
    } catch {
      // That the agent is gone is said at the top; the next refresh mends the list.
      return
    }
    // A seal and the receipt for it come close together, and the answers may come the other way round.
    if (asked < this.#answered) return
    this.#answered = asked
    const shown = JSON.stringify(invoices)
    // A button that a person is about to press must not be replaced under the finger.
    if (shown === this.#shown) return
    this.#shown = shown
    this.#list.replaceChildren(...invoices.map((invoice) => this.#row(invoice)))
    if (invoices.length === 0) {
      this.#list.append(make('li', { className: 'hint' }, 'None on this terminal.'))
    }
  }

  #row(invoice: ExportedInvoice): HTMLLIElement {
    const open = button(invoice.number, () => this.#open(invoice.number), { className: 'link' })
    const facts = [
      ...(invoice.type === 'credit-note' ? ['credit note'] : []),
      time(invoice.sealedAt),
      invoice.custody === 'receipted' ? 'receipted' : 'no custody receipt',
    ]
    return make(
      'li',
      {},
      open,
      make('span', { className: 'hint' }, facts.join(' · ')),
      make('span', { className: 'amount' }, amount(invoice.total.minor)),
    )
  }

  async #open(number: string): Promise<void> {
    say(this.#error, '')
    try {
      await this.#show(await get<InvoiceLookup>(`/v1/invoices?${new URLSearchParams({ number })}`))
    } catch (error) {
      say(this.#error, messageOf(error))
    }
  }

  async #show(found: InvoiceLookup): Promise<void> {
    const { invoice, corrections } = found
    const dialog = makeDialog(`${invoice.type === 'invoice' ? 'Invoice' : 'Credit note'} ${invoice.number}`)
    const { corrects, customer, totals, tenders } = invoice
    const facts: [string, string][] = [
      ['Sealed', `${dateTime(invoice.sealedAt)} by ${invoice.by}`],
      ['Business day', invoice.day],
      [
        'Custody',
        invoice.custody === 'receipted' ? 'covered by a receipt of the relay' : 'no custody receipt',
      ],
    ]
    if (customer?.name !== undefined) facts.push(['Customer', customer.name])
    if (corrects) facts.push(['Corrects', 'number' in corrects ? corrects.number : corrects.outside])
    facts.push(['Taxable', amount(totals.taxable)], ['Tax', amount(totals.tax)])
    facts.push(['Payable', amount(totals.payable)])
    for (const { type, name, minor } of tenders) facts.push([`Paid: ${name ?? type}`, amount(minor)])
    if (changeOf(invoice) !== 0) facts.push(['Change', amount(changeOf(invoice))])
    for (const note of corrections)
      facts.push(['Corrected by', `${note.number}, ${amount(note.total.minor)}`])
    const lines = invoice.lines.map(({ name, quantity, price, total }) =>
      make(
        'li',
        {},
        `${name}: ${quantity} × ${priceText(price)}`,
        make('span', { className: 'amount' }, amount(total)),
      ),
    )
    const buttons = make(
      'p',
      { className: 'buttons' },
      button('Print copy', () => print(invoiceLines(invoice, true))),
    )
    if (invoice.type === 'invoice') {
      buttons.append(
        button('Make credit note…', async () => {
          dialog.close()
          await creditDialog(found, this.#sealed)
        }),
      )
    }
    buttons.append(button('Close', () => dialog.close()))
    dialog.append(make('ul', { className: 'list' }, ...lines), make('dl', {}, ...terms(facts)), buttons)
    await opened(dialog)
  }
}
