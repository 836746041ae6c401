import { computed, signal } from '@preact/signals'
import type { AddedItem, ExportedInvoice, Tender, TrainingSale } from '../../../docs/generated/types.js'
import { get, patch, post, Problem } from '../api.js'
import type { Bill } from '../shapes.js'
import { t } from '../texts.js'
import { note } from './notes.js'

/** What a line or bill may be changed to; the API's bodies EditLine and EditBill. */
type Edit = Readonly<Record<string, unknown>>

/** An item by its SKU, or by what was scanned or typed; the API's body NewLine. */
export type Wanted = { readonly sku: string } | { readonly scanned: string }

type Touched = Bill & { readonly added: AddedItem }

export interface Sold {
  readonly invoice: ExportedInvoice
  readonly change: number
}

/** Survives a reload of the page, so that a bill is never lost from sight. */
const KEPT_AS = 'counterfoil-bill'

/** The bill at hand. What is asked of it below is done one after the other, in the order in which it was asked. */
export const bill = signal<Bill | undefined>(undefined)

/** Whether there is something to pay for. */
export const hasLines = computed(() => bill.value?.lines.some(({ voided }) => !voided) ?? false)

let queue: Promise<unknown> = Promise.resolve()
let waiting = 0
let opened: string | undefined

/** The bill that an item opened last on this page; others were taken up. */
export function openedHere(): string | undefined {
  return opened
}

const at = (id: string): string => `/v1/bills/${encodeURIComponent(id)}`

function set(next: Bill | undefined): void {
  bill.value = next
  if (next) localStorage.setItem(KEPT_AS, next.id)
  else localStorage.removeItem(KEPT_AS)
}

function run<T>(work: () => Promise<T>): Promise<T> {
  waiting += 1
  const result = queue.then(work)
  queue = result.catch(lookAfter).finally(() => {
    waiting -= 1
  })
  return result
}

/** A refusal may mean that another terminal has ended this bill. */
async function lookAfter(refusal: unknown): Promise<void> {
  const ended = ['bill-is-sealed', 'bill-is-cancelled', 'unknown-bill']
  if (refusal instanceof Problem && ended.includes(refusal.code)) await look().catch(() => undefined)
}

/** Takes up the bill that was at hand before the page was loaded. */
export async function resume(): Promise<void> {
  const id = localStorage.getItem(KEPT_AS)
  if (id === null) return
  await run(async () => {
    if (bill.value) return
    const found = await get<Bill>(at(id))
    set(found.status === 'open' ? found : undefined)
  })
}

/** Other terminals may edit the same bill. */
export async function refresh(): Promise<void> {
  if (bill.value === undefined || waiting > 0) return
  await run(look)
}

async function look(): Promise<void> {
  const before = bill.value
  if (!before) return
  const found = await get<Bill>(at(before.id))
  if (found.status === 'open') {
    if (JSON.stringify(found) !== JSON.stringify(before)) set(found)
    return
  }
  set(undefined)
  const numbers = Object.values(found.sealed).join(', ')
  note(found.status === 'sealed' ? t.value.billSealedElsewhere(numbers) : t.value.billEndedElsewhere)
}

/** Adds an item; a bill is opened for it where none is at hand. @returns what came onto the bill */
export function add(wanted: Wanted): Promise<AddedItem> {
  return run(async () => {
    const before = bill.value
    const { added, ...next } = before
      ? await post<Touched>(`${at(before.id)}/lines`, wanted)
      : await post<Touched>('/v1/bills', { line: wanted })
    if (!before) opened = next.id
    set(next)
    return added
  })
}

export function editLine(line: string, edit: Edit): Promise<void> {
  return run(async () => {
    if (!bill.value) return
    set(await patch<Bill>(`${at(bill.value.id)}/lines/${encodeURIComponent(line)}`, edit))
  })
}

/** @returns false where there is no bill to hold it */
export function edit(change: Edit): Promise<boolean> {
  return run(async () => {
    if (!bill.value) return false
    set(await patch<Bill>(at(bill.value.id), change))
    return true
  })
}

/** Puts the bill away: parked, to be recalled on any terminal of the shop, or cancelled. */
export function leave(how: 'parked' | 'cancelled'): Promise<void> {
  return run(async () => {
    if (!bill.value) return
    await patch<Bill>(at(bill.value.id), { status: how })
    set(undefined)
  })
}

export function recall(id: string): Promise<void> {
  return run(async () => {
    set(await patch<Bill>(at(id), { status: 'open' }))
  })
}

/**
 * Seals what is at hand.
 * @param expected minor units it came to when the cashier decided; another terminal may have edited it since
 */
export function seal(expected: number, tenders: readonly Tender[]): Promise<Sold> {
  return end<Sold>('seal', expected, tenders)
}

/** As {@link seal}, in training mode: nothing is sold. */
export function practise(expected: number, tenders: readonly Tender[]): Promise<TrainingSale> {
  return end<TrainingSale>('practise', expected, tenders)
}

function end<T>(how: 'seal' | 'practise', expected: number, tenders: readonly Tender[]): Promise<T> {
  return run(async () => {
    const ended = bill.value
    if (!ended) throw new Error(t.value.noBill)
    if (ended.priced && ended.priced.totals.payable !== expected) throw new Error(t.value.billChanged)
    const answer = await post<T>(`${at(ended.id)}/${how}`, { tenders })
    set(undefined)
    return answer
  })
}
