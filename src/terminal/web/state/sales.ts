import { signal } from '@preact/signals'
import { get } from '../api.js'
import type { Sale, SaleState } from '../shapes.js'

const LISTED = 10

/** The last invoices and credit notes of this terminal, newest first. */
export const sales = signal<readonly Sale[]>([])
export const salesError = signal('')

let asked = 0
let answered = 0

export async function refreshSales(): Promise<void> {
  asked += 1
  const own = asked
  let told: readonly Sale[]
  try {
    told = (await get<{ invoices: Sale[] }>(`/v1/invoices?limit=${LISTED}`)).invoices
  } catch {
    // That the agent is gone is said at the top; the next refresh mends the list.
    return
  }
  // A seal and the receipt for it come close together, and the answers may come the other way round.
  if (own < answered) return
  answered = own
  if (JSON.stringify(told) !== JSON.stringify(sales.value)) sales.value = told
}

/** Where a sale is: never “at the relay” without a verified custody receipt (S3). */
export function stateOf({ state, custody }: Sale): SaleState {
  return state ?? (custody === 'receipted' ? 'relay' : 'here')
}
