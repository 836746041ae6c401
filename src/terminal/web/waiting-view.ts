import { get, messageOf, post } from './api.js'
import type { CurrentBill } from './bill.js'
import { button, make, onPress, part, say } from './dom.js'
import { amount } from './money.js'
import type { Bill, Status } from './shapes.js'
import { count, time } from './time.js'

/** Parked and open bills of the shop, to be taken up here. */
export class WaitingView {
  readonly #bill: CurrentBill
  readonly #commit: () => Promise<void>
  readonly #recalled: () => void
  readonly #list = part('bills', HTMLUListElement)
  readonly #error = part('waiting-error', HTMLElement)
  #asked = 0
  #answered = 0
  #shown = ''

  /** @param commit saves what was typed into the bill at hand, which is parked when another is recalled */
  constructor(
    bill: CurrentBill,
    commit: () => Promise<void>,
    status: () => Status | undefined,
    recalled: () => void,
  ) {
    this.#recalled = recalled
    this.#bill = bill
    this.#commit = commit
    onPress(part('look-for-bills', HTMLButtonElement), () => this.lookAgain(status()))
    bill.onChange(() => void this.refresh())
  }

  /** Asks the relay, where it can be asked, for what other terminals parked. */
  async lookAgain(status: Status | undefined): Promise<void> {
    say(this.#error, '')
    try {
      if (status?.mode === 'online' && status.link.state === 'up') await post('/v1/sync')
    } catch (error) {
      say(this.#error, messageOf(error))
    }
    await this.refresh()
    this.#list.querySelector('button')?.focus()
  }

  async refresh(): Promise<void> {
    const asked = (this.#asked += 1)
    let bills: readonly Bill[]
    try {
      bills = (await get<{ bills: Bill[] }>('/v1/bills')).bills
    } catch {
      // That the agent is gone is said at the top; the next refresh mends the list.
      return
    }
    // Of two answers the later one may come first.
    if (asked < this.#answered) return
    this.#answered = asked
    const others = bills.filter((bill) => bill.id !== this.#bill.view?.id && bill.lines.length > 0)
    const shown = JSON.stringify(others)
    // A button that a person is about to press must not be replaced under the finger.
    if (shown === this.#shown) return
    this.#shown = shown
    this.#list.replaceChildren(...others.map((bill) => this.#row(bill)))
    if (others.length === 0) this.#list.append(make('li', { className: 'hint' }, 'None.'))
  }

  #row(bill: Bill): HTMLLIElement {
    const name = bill.label ?? bill.customer?.name ?? `Bill of ${time(bill.opened.at)}`
    const facts = [
      bill.status,
      `${bill.opened.terminal}, ${bill.opened.by}, ${time(bill.opened.at)}`,
      count(bill.lines.filter(({ voided }) => !voided).length, 'line'),
      bill.priced ? amount(bill.priced.totals.payable) : '–',
    ]
    const recall = button('Recall', async () => {
      say(this.#error, '')
      try {
        if (this.#bill.hasLines) {
          await this.#commit()
          await this.#bill.leave('parked')
        }
        await this.#bill.recall(bill.id)
        this.#recalled()
      } catch (error) {
        say(this.#error, messageOf(error))
      }
    })
    recall.ariaLabel = `Recall ${name}`
    return make(
      'li',
      {},
      make('span', { className: 'name' }, name),
      make('span', { className: 'hint' }, facts.join(' · ')),
      recall,
    )
  }
}
