import { computed, signal } from '@preact/signals'
import type { FleetAlarm, FleetRow } from '../../../docs/generated/types.js'
import type { Key } from '../messages/language.js'
import { rows, shopName } from '../state/fleet.js'
import { COLUMNS } from './columns.js'

/** Rows that are drawn at once: a screen or two, so that a thousand terminals cost no more than fifty. */
export const PAGE_ROWS = 50

export const text = signal('')
export const shop = signal('')
/** An alarm, `any` for one of any kind, empty for all terminals. */
export const alarm = signal<FleetAlarm | 'any' | ''>('')
export const sorting = signal<{ readonly key: Key; readonly down: boolean }>({ key: 'terminal', down: false })
const asked = signal(0)

/** The rows that were asked for, in the order that was asked for. */
export const chosen = computed(() => {
  const wanted = text.value.trim().toLowerCase()
  const found = [...rows.value.values()].filter(
    (row) => isOf(row, shop.value, alarm.value) && (wanted === '' || saidOf(row).includes(wanted)),
  )
  const { key, down } = sorting.value
  const by = COLUMNS.find((column) => column.key === key)?.by ?? (() => undefined)
  return found
    .map((row) => ({ row, value: by(row) }))
    .sort((a, b) => compare(a.value, b.value, down) || a.row.name.localeCompare(b.row.name))
    .map(({ row }) => row)
})

export const pages = computed(() => Math.max(1, Math.ceil(chosen.value.length / PAGE_ROWS)))
/** From 0. Where there are fewer pages than were asked for, the last. */
export const page = computed(() => Math.min(asked.value, pages.value - 1))
export const shown = computed(() => chosen.value.slice(page.value * PAGE_ROWS, (page.value + 1) * PAGE_ROWS))

export function turnTo(next: number): void {
  asked.value = Math.max(0, next)
}

export function sortBy(key: Key): void {
  const { key: present, down } = sorting.value
  sorting.value = { key, down: key === present && !down }
  turnTo(0)
}

function isOf({ shop: own, alarms }: FleetRow, wanted: string, raised: FleetAlarm | 'any' | ''): boolean {
  if (wanted !== '' && own !== wanted) return false
  if (raised === '') return true
  return raised === 'any' ? alarms.length > 0 : alarms.includes(raised)
}

function saidOf({ name, code, shop: own, last }: FleetRow): string {
  const next = last?.report.next.map(({ number }) => number) ?? []
  return [name, code, shopName(own), last?.report.version ?? '', ...next].join('\n').toLowerCase()
}

type Value = string | number | undefined

/** What there is nothing of comes last, whichever way it is sorted. */
function compare(a: Value, b: Value, down: boolean): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  const order =
    typeof a === 'number' && typeof b === 'number'
      ? a - b
      : String(a).localeCompare(String(b), undefined, { numeric: true })
  return down ? -order : order
}
