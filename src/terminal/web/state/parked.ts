import { signal } from '@preact/signals'
import { get, messageOf, post } from '../api.js'
import type { Bill } from '../shapes.js'
import { bill, hasLines, leave, recall } from './bill.js'
import { commit } from './fields.js'
import { resetSearch } from './focus.js'
import { status } from './status.js'

/** Parked and open bills of the shop, as far as they have come here. */
export const bills = signal<readonly Bill[]>([])
export const billsError = signal('')

let asked = 0
let answered = 0

export async function refreshBills(): Promise<void> {
  asked += 1
  const own = asked
  let told: readonly Bill[]
  try {
    told = (await get<{ bills: Bill[] }>('/v1/bills')).bills
  } catch {
    // That the agent is gone is said at the top; the next refresh mends the list.
    return
  }
  // Of two answers the later one may come first.
  if (own < answered) return
  answered = own
  if (JSON.stringify(told) !== JSON.stringify(bills.value)) bills.value = told
}

/** Asks the relay, where it can be asked, for what other terminals parked. */
export async function lookAgain(): Promise<void> {
  billsError.value = ''
  try {
    const told = status.value
    if (told?.mode === 'online' && told.link.state === 'up') await post('/v1/sync')
  } catch (error) {
    billsError.value = messageOf(error)
  }
  await refreshBills()
  document.querySelector<HTMLElement>('#bills button')?.focus()
}

/** Takes a bill up here; the one at hand is parked. */
export async function takeUp(id: string): Promise<void> {
  billsError.value = ''
  try {
    if (hasLines.value) {
      await commit()
      await leave('parked')
    }
    await recall(id)
    resetSearch()
  } catch (error) {
    billsError.value = messageOf(error)
  }
}

/** Bills that are not at hand, and have something on them. */
export function others(): readonly Bill[] {
  return bills.value.filter(({ id, lines }) => id !== bill.value?.id && lines.length > 0)
}
