import { computed, signal } from '@preact/signals'
import { get } from '../api.js'
import { useMoneyOf } from '../money.js'
import type { Status } from '../shapes.js'

/** What the agent told last; undefined before it has answered. */
export const status = signal<Status | undefined>(undefined)

/** The agent does not answer. */
export const gone = signal(false)

/** Milliseconds since the epoch, renewed now and then: the age of what waits grows without an event. */
export const now = signal(Date.now())

export const isOnline = computed(() => status.value?.mode === 'online')

/** Invoices and credit notes that no custody receipt covers. */
export const waitingSales = computed(() => {
  const { invoices = 0, creditNotes = 0 } = status.value?.unreceipted ?? {}
  return invoices + creditNotes
})

export function show(told: Status): void {
  useMoneyOf(told.shop)
  gone.value = false
  now.value = Date.now()
  status.value = told
}

/** Nothing is told to a page that nobody has signed in to; it may ask how the terminal is. */
export async function askStatus(): Promise<void> {
  try {
    show(await get<Status>('/v1/status'))
  } catch {
    gone.value = true
  }
}
