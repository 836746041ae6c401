import { computed, effect, signal } from '@preact/signals'
import type { Tender, TrainingSale } from '../../../docs/generated/types.js'
import { isGone, messageOf, post } from '../api.js'
import { plainAmount, readAmount } from '../money.js'
import type { Printing } from '../shapes.js'
import { printSale, printTraining } from '../slip.js'
import { t } from '../texts.js'
import { bill, practise, seal, type Sold } from './bill.js'
import { commit } from './fields.js'
import { resetSearch } from './focus.js'
import { printing } from './printing.js'
import { training } from './training.js'

/** A tender as it is being typed. */
export interface TypedTender {
  readonly id: number
  readonly type: Tender['type']
  readonly name: string
  /** Empty for the rest. */
  readonly amount: string
}

let ids = 0
const tender = (type: Tender['type']): TypedTender => ({ id: (ids += 1), type, name: '', amount: '' })

export const tenders = signal<readonly TypedTender[]>([tender('cash')])
export const tenderError = signal('')
/** What was sealed last, as the agent answered (D1). */
export const lastSold = signal<Sold | undefined>(undefined)
/** What was practised last, as long as training lasts. */
export const lastPractised = signal<TrainingSale | undefined>(undefined)

let sealing = false

export function addTender(): void {
  tenders.value = [...tenders.value, tender('card')]
}

export function removeTender(id: number): void {
  tenders.value = tenders.value.filter((one) => one.id !== id)
}

export function changeTender(id: number, change: Partial<TypedTender>): void {
  tenders.value = tenders.value.map((one) => (one.id === id ? { ...one, ...change } : one))
}

/** A bill that begins keeps what was typed; one that has ended takes it along, and training what was practised in it. */
export function followBill(): void {
  effect(() => {
    if (!training.value) lastPractised.value = undefined
  })
  let shown: string | undefined
  effect(() => {
    const id = bill.value?.id
    if (shown !== undefined && id !== shown) {
      tenders.value = [tender('cash')]
      tenderError.value = ''
    }
    shown = id
  })
}

/**
 * The tenders as typed; an amount left empty is the rest.
 * @throws Error
 */
function tendersFor(payable: number, typed: readonly TypedTender[]): { tenders: Tender[]; rest: number } {
  const empty = typed.filter(({ amount }) => amount.trim() === '')
  if (empty.length > 1) throw new Error(t.value.oneRest)
  const given = typed
    .filter((one) => !empty.includes(one))
    .map((one) => tenderOf(one, readAmount(one.amount, t.value.amountWord)))
  const rest = payable - sumOf(given)
  const [last] = empty
  return { tenders: last && rest > 0 ? [...given, tenderOf(last, rest)] : given, rest }
}

function sumOf(given: readonly Tender[]): number {
  return given.reduce((sum, { minor }) => sum + minor, 0)
}

function tenderOf({ type, name }: TypedTender, minor: number): Tender {
  return type === 'other' && name.trim() !== '' ? { type, name: name.trim(), minor } : { type, minor }
}

const payable = computed(() => bill.value?.priced?.totals.payable)

/** What the tenders come to; undefined while they cannot be read, which is said when the bill is sealed. */
export const given = computed(() => {
  if (payable.value === undefined) return undefined
  try {
    const { tenders: read, rest } = tendersFor(payable.value, tenders.value)
    return { change: sumOf(read) - payable.value, rest: rest > 0 ? plainAmount(rest) : '' }
  } catch {
    return undefined
  }
})

/** Seals the bill at hand, once everything that was typed is on it. */
export async function sealBill(): Promise<void> {
  if (sealing || !bill.value) return
  const expected = payable.value
  const isTraining = training.value !== undefined
  sealing = true
  tenderError.value = ''
  try {
    await commit()
    if (expected === undefined) throw new Error(t.value.noPriceYet)
    const { tenders: paid } = tendersFor(expected, tenders.value)
    if (isTraining) practised(await practise(expected, paid))
    else sold(await seal(expected, paid))
  } catch (error) {
    const unknown = isTraining ? t.value.practiseUnknown : t.value.sealUnknown
    tenderError.value = isGone(error) ? `${messageOf(error)} ${unknown}` : messageOf(error)
  } finally {
    sealing = false
  }
}

/** Called only with what the agent has answered. */
export function sold(answer: Sold): void {
  lastSold.value = answer
  resetSearch()
  const settings = printing.value
  if (settings?.autoPrint) printSale(answer.invoice, { copies: settings.copies })
  openDrawer(answer, settings)
}

/** A slip is part of what is practised; the drawer stays shut. */
function practised(answer: TrainingSale): void {
  lastPractised.value = answer
  resetSearch()
  if (printing.value?.autoPrint) printTraining(answer)
}

function openDrawer({ invoice }: Sold, settings: Printing | undefined): void {
  if (!settings?.drawerOnCash || !invoice.tenders.some(({ type }) => type === 'cash')) return
  post('/v1/drawer', { reason: invoice.number }).catch((error: unknown) => {
    tenderError.value = messageOf(error)
  })
}
