import type { ExportedInvoice, Tender } from '../../docs/generated/types.js'
import { get, patch, post, Problem } from './api.js'
import type { Bill } from './shapes.js'

/** What a line or bill may be changed to; the API's bodies EditLine and EditBill. */
type Edit = Readonly<Record<string, unknown>>

export interface Sold {
  readonly invoice: ExportedInvoice
  readonly change: number
}

/** Survives a reload of the page, so that a bill is never lost from sight. */
const KEPT_AS = 'counterfoil-bill'

const at = (id: string): string => `/v1/bills/${encodeURIComponent(id)}`

/** The bill at hand. What is asked of it is done one after the other, in the order in which it was asked. */
export class CurrentBill {
  #bill: Bill | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #waiting = 0
  readonly #listeners: (() => void)[] = []
  readonly #taken: (message: string) => void

  /** @param taken told when somebody else ended the bill */
  constructor(taken: (message: string) => void) {
    this.#taken = taken
  }

  get view(): Bill | undefined {
    return this.#bill
  }

  /** Whether there is something to pay for. */
  get hasLines(): boolean {
    return this.#bill?.lines.some(({ voided }) => !voided) ?? false
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  #set(bill: Bill | undefined): void {
    this.#bill = bill
    if (bill) localStorage.setItem(KEPT_AS, bill.id)
    else localStorage.removeItem(KEPT_AS)
    for (const listener of this.#listeners) listener()
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1
    const result = this.#queue.then(work)
    this.#queue = result
      .catch((error: unknown) => this.#lookAfter(error))
      .finally(() => {
        this.#waiting -= 1
      })
    return result
  }

  /** A refusal may mean that another terminal has ended this bill. */
  async #lookAfter(refusal: unknown): Promise<void> {
    const ended = ['bill-is-sealed', 'bill-is-cancelled', 'unknown-bill']
    if (refusal instanceof Problem && ended.includes(refusal.code)) await this.#look().catch(() => undefined)
  }

  /** Takes up the bill that was at hand before the page was loaded. */
  async resume(): Promise<void> {
    const id = localStorage.getItem(KEPT_AS)
    if (id === null) return
    await this.#run(async () => {
      if (this.#bill) return
      const bill = await get<Bill>(at(id))
      this.#set(bill.status === 'open' ? bill : undefined)
    })
  }

  /** Other terminals may edit the same bill. */
  async refresh(): Promise<void> {
    if (this.#bill === undefined || this.#waiting > 0) return
    await this.#run(() => this.#look())
  }

  async #look(): Promise<void> {
    const before = this.#bill
    if (!before) return
    const bill = await get<Bill>(at(before.id))
    if (bill.status === 'open') {
      if (JSON.stringify(bill) !== JSON.stringify(before)) this.#set(bill)
      return
    }
    this.#set(undefined)
    const numbers = Object.values(bill.sealed).join(', ')
    this.#taken(
      bill.status === 'sealed'
        ? `The bill that was here is sealed, as ${numbers}.`
        : `The bill that was here was ${bill.status} elsewhere.`,
    )
  }

  add(sku: string): Promise<void> {
    return this.#run(async () => {
      if (!this.#bill) this.#set(await post<Bill>('/v1/bills'))
      if (this.#bill) this.#set(await post<Bill>(`${at(this.#bill.id)}/lines`, { sku }))
    })
  }

  editLine(line: string, edit: Edit): Promise<void> {
    return this.#run(async () => {
      if (!this.#bill) return
      this.#set(await patch<Bill>(`${at(this.#bill.id)}/lines/${encodeURIComponent(line)}`, edit))
    })
  }

  /** @returns false where there is no bill to hold it */
  edit(edit: Edit): Promise<boolean> {
    return this.#run(async () => {
      if (!this.#bill) return false
      this.#set(await patch<Bill>(at(this.#bill.id), edit))
      return true
    })
  }

  /** Puts the bill away: parked, to be recalled on any terminal of the shop, or cancelled. */
  leave(status: 'parked' | 'cancelled'): Promise<void> {
    return this.#run(async () => {
      if (!this.#bill) return
      await patch<Bill>(at(this.#bill.id), { status })
      this.#set(undefined)
    })
  }

  recall(id: string): Promise<void> {
    return this.#run(async () => {
      this.#set(await patch<Bill>(at(id), { status: 'open' }))
    })
  }

  /**
   * Seals what is at hand.
   * @param expected what it came to when the cashier decided; another terminal may have edited it since
   */
  seal(expected: number, tenders: readonly Tender[]): Promise<Sold> {
    return this.#run(async () => {
      const bill = this.#bill
      if (!bill) throw new Error('There is no bill to seal.')
      if (bill.priced && bill.priced.totals.payable !== expected)
        throw new Error('The bill has changed. Look at what it comes to now, and seal again.')
      const sold = await post<Sold>(`${at(bill.id)}/seal`, { tenders })
      this.#set(undefined)
      return sold
    })
  }
}
