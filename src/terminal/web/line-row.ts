import type { SealedLine } from '../../docs/generated/types.js'
import type { CurrentBill } from './bill.js'
import { readDecimal } from './decimals.js'
import { formIn, labelled, makeDialog, opened } from './dialogs.js'
import { button, make, say } from './dom.js'
import { Field } from './field.js'
import { amount, discountText, plainAmount, priceText, readAmount, readDiscount } from './money.js'
import type { BillLine } from './shapes.js'

/** A line of the bill at hand, kept as long as the bill is, so that what is being typed survives every update. */
export class LineRow {
  readonly element = make('tr')
  readonly #bill: CurrentBill
  readonly #id: string
  readonly #name = make('span', { className: 'name' })
  readonly #about = make('span', { className: 'hint' })
  readonly #price = make('td', { className: 'amount' })
  readonly #total = make('td', { className: 'amount' })
  readonly #input = make('input', { inputMode: 'decimal', size: 5, autocomplete: 'off' })
  readonly #unit = make('span', { className: 'hint' })
  readonly #quantity: Field
  readonly #change: HTMLButtonElement
  readonly #remove: HTMLButtonElement
  #line: BillLine | undefined

  constructor(bill: CurrentBill, id: string, refuse: (error: unknown) => void) {
    this.#bill = bill
    this.#id = id
    this.#quantity = new Field(
      this.#input,
      async (text) => {
        await bill.editLine(id, { quantity: readDecimal(text, 'quantity') })
        return true
      },
      refuse,
    )
    this.#change = button('Change…', () => this.#edit())
    this.#remove = button('Remove', async () => {
      try {
        await bill.editLine(id, { voided: this.#line?.voided !== true })
      } catch (error) {
        refuse(error)
      }
    })
    this.element.append(
      make('td', {}, this.#name, ' ', this.#about),
      this.#price,
      make('td', {}, this.#input, ' ', this.#unit),
      this.#total,
      make('td', {}, make('div', { className: 'buttons' }, this.#change, this.#remove)),
    )
  }

  show(line: BillLine, priced: SealedLine | undefined): void {
    this.#line = line
    const { name, sku, unit, price } = line.item
    say(this.#name, name)
    say(this.#about, aboutOf(line, sku))
    say(this.#price, priceText(line.override?.price ?? price))
    say(this.#unit, unit ?? '')
    say(this.#total, line.voided ? 'removed' : priced ? amount(priced.total) : '–')
    this.#quantity.show(line.quantity)
    this.#input.ariaLabel = `Quantity of ${name}`
    this.#input.disabled = line.voided
    this.element.classList.toggle('voided', line.voided)
    this.#change.ariaLabel = `Change ${name}`
    this.#change.hidden = line.voided
    say(this.#remove, line.voided ? 'Put back' : 'Remove')
    this.#remove.ariaLabel = `${line.voided ? 'Put back' : 'Remove'} ${name}`
  }

  focusQuantity(): void {
    this.#input.focus()
    this.#input.select()
  }

  async commit(): Promise<void> {
    if (this.#line?.voided === false) await this.#quantity.commit()
  }

  /** Discount, and another price with its reason. */
  #edit(): Promise<void> {
    const line = this.#line
    if (!line) return Promise.resolve()
    const dialog = makeDialog(`Change ${line.item.name}`)
    const input = (value: string): HTMLInputElement =>
      make('input', { value, autocomplete: 'off', maxLength: 200 })
    const discount = input(discountText(line.discount))
    const price = input(line.override ? plainAmount(line.override.price.minor) : '')
    const reason = input(line.override?.reason ?? '')
    const { fields } = formIn(dialog, 'Save', async () => {
      await this.#bill.editLine(this.#id, {
        discount: readDiscount(discount.value),
        override: overrideOf(price.value, reason.value),
      })
      dialog.close()
    })
    fields.append(
      labelled('Discount on this line (5% or an amount)', discount),
      labelled(`Another price than ${priceText(line.item.price)}`, price),
      labelled('Reason for the other price', reason),
    )
    return opened(dialog, discount)
  }
}

function aboutOf({ discount, override, item }: BillLine, sku: string): string {
  const parts = [sku]
  if (discount)
    parts.push(`discount ${'percent' in discount ? `${discount.percent}%` : amount(discount.minor)}`)
  if (override) parts.push(`instead of ${priceText(item.price)}: ${override.reason}`)
  return parts.join(' · ')
}

function overrideOf(price: string, reason: string) {
  if (price.trim() === '') return null
  if (reason.trim() === '') throw new Error('Say why the price is another one: it stands in the history.')
  return { price: { minor: readAmount(price, 'price') }, reason: reason.trim() }
}
