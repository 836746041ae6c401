import type { Tender } from '../../docs/generated/types.js'
import { messageOf, Problem } from './api.js'
import type { CurrentBill, Sold } from './bill.js'
import { button, make, onPress, part, say } from './dom.js'
import { amount, plainAmount, readAmount } from './money.js'

const TYPES = [
  ['cash', 'Cash'],
  ['card', 'Card'],
  ['other', 'Other'],
] as const

interface Row {
  readonly element: HTMLElement
  readonly type: HTMLSelectElement
  readonly name: HTMLInputElement
  readonly amount: HTMLInputElement
}

/** How the bill at hand is paid, and the button that seals it. */
export class TenderView {
  readonly #bill: CurrentBill
  readonly #commit: () => Promise<void>
  readonly #sealed: (sold: Sold) => void
  readonly #group = part('tenders', HTMLElement)
  readonly #error = part('tender-error', HTMLElement)
  readonly #change = part('change', HTMLElement)
  readonly #seal = part('seal', HTMLButtonElement)
  #rows: Row[] = []
  #shown: string | undefined
  #sealing = false

  /**
   * @param commit saves what was typed into the bill and not saved yet
   * @param sealed told once the agent has answered that the invoice is on its disk (D1)
   */
  constructor(bill: CurrentBill, commit: () => Promise<void>, sealed: (sold: Sold) => void) {
    this.#bill = bill
    this.#commit = commit
    this.#sealed = sealed
    onPress(part('add-tender', HTMLButtonElement), () => {
      this.#addRow('card').amount.focus()
      this.#render()
    })
    const form = part('tender-form', HTMLFormElement)
    form.addEventListener('input', () => this.#render())
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.seal()
    })
    bill.onChange(() => this.#billChanged())
    this.#reset()
  }

  get focused(): boolean {
    return this.#group.contains(document.activeElement)
  }

  focus(): void {
    const first = this.#rows[0]?.amount
    first?.focus()
    first?.select()
  }

  #reset(): void {
    this.#rows = []
    this.#group.replaceChildren()
    this.#addRow('cash')
    say(this.#error, '')
    this.#render()
  }

  #billChanged(): void {
    const id = this.#bill.view?.id
    // A bill that begins keeps what was typed; one that has ended takes it along.
    if (this.#shown !== undefined && id !== this.#shown) this.#reset()
    this.#shown = id
    this.#render()
  }

  #addRow(type: Tender['type']): Row {
    const options = TYPES.map(([value, text]) => make('option', { value, selected: value === type }, text))
    const select = make('select', { ariaLabel: 'Tender' }, ...options)
    const name = make('input', {
      ariaLabel: 'Name of the tender',
      placeholder: 'UPI, voucher …',
      maxLength: 80,
      size: 9,
      hidden: true,
    })
    const given = make('input', {
      ariaLabel: 'Amount given',
      inputMode: 'decimal',
      size: 9,
      className: 'amount',
    })
    const element = make('div', { className: 'tender' }, select, name, given)
    const row: Row = { element, type: select, name, amount: given }
    select.addEventListener('change', () => {
      name.hidden = select.value !== 'other'
    })
    if (this.#rows.length > 0) {
      const remove = button('×', () => {
        this.#rows = this.#rows.filter((other) => other !== row)
        element.remove()
        this.#render()
      })
      remove.ariaLabel = 'Remove this tender'
      element.append(remove)
    }
    this.#rows.push(row)
    this.#group.append(element)
    return row
  }

  get #payable(): number | undefined {
    return this.#bill.view?.priced?.totals.payable
  }

  /**
   * The tenders as typed; an amount left empty is the rest.
   * @throws Error
   */
  #tenders(payable: number): Tender[] {
    const empty = this.#rows.filter((row) => row.amount.value.trim() === '')
    if (empty.length > 1) throw new Error('Only one amount can be left empty: it is the rest.')
    const typed = this.#rows
      .filter((row) => !empty.includes(row))
      .map((row) => tenderOf(row, readAmount(row.amount.value)))
    const rest = payable - sumOf(typed)
    const [last] = empty
    if (last) last.amount.placeholder = rest > 0 ? plainAmount(rest) : ''
    return last && rest > 0 ? [...typed, tenderOf(last, rest)] : typed
  }

  #render(): void {
    const payable = this.#payable
    this.#seal.disabled = !this.#bill.hasLines
    for (const row of this.#rows) row.amount.placeholder = ''
    if (payable === undefined) {
      say(this.#change, '')
      return
    }
    try {
      const given = sumOf(this.#tenders(payable))
      say(
        this.#change,
        given < payable ? `Still to pay: ${amount(payable - given)}` : `Change: ${amount(given - payable)}`,
      )
    } catch {
      // It is said when the bill is sealed; while it is being typed it is not wrong yet.
      say(this.#change, '')
    }
  }

  async seal(): Promise<void> {
    if (this.#sealing || !this.#bill.view) return
    const payable = this.#payable
    this.#sealing = true
    say(this.#error, '')
    try {
      await this.#commit()
      if (payable === undefined) throw new Error('The bill has no price yet.')
      this.#sealed(await this.#bill.seal(payable, this.#tenders(payable)))
    } catch (error) {
      const lost = error instanceof Problem && error.code === 'agent-gone'
      const again = 'Whether the bill was sealed is not known; seal again, it is never sealed twice.'
      say(this.#error, lost ? `${messageOf(error)} ${again}` : messageOf(error))
    } finally {
      this.#sealing = false
    }
  }
}

function sumOf(tenders: readonly Tender[]): number {
  return tenders.reduce((sum, { minor }) => sum + minor, 0)
}

function tenderOf(row: Row, minor: number): Tender {
  const type = row.type.value as Tender['type']
  const name = row.name.value.trim()
  return type === 'other' && name !== '' ? { type, name, minor } : { type, minor }
}
