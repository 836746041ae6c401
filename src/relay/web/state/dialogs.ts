import { computed, signal } from '@preact/signals'
import type { FleetRow, Incident } from '../../../docs/generated/types.js'

/** Decisions about a terminal that need no more than a reason. */
export type Plain = 'revoke' | 'reinstate' | 'move-epoch' | 'settle-fork' | 'close-intake'

export type Dialog =
  | { readonly is: 'pair'; readonly row?: FleetRow }
  | { readonly is: 'terminal'; readonly id: string }
  | { readonly is: 'order'; readonly what: Plain; readonly row: FleetRow }
  | { readonly is: 'rename'; readonly row: FleetRow }
  | { readonly is: 'intake'; readonly row: FleetRow }
  | { readonly is: 'accept'; readonly incident: Incident }
  | { readonly is: 'record'; readonly document: string; readonly position: number }

const open = signal<readonly Dialog[]>([])

/** The one that is shown; those it was opened from come back when it is closed. */
export const dialog = computed(() => open.value.at(-1))

/** What had the focus before the first of them opened. */
let opener: Element | null = null

export function openDialog(next: Dialog): void {
  if (open.value.length === 0) opener = document.activeElement
  open.value = [...open.value, next]
}

export function closeDialog(): void {
  open.value = open.value.slice(0, -1)
  if (open.value.length > 0) return
  const back = opener
  opener = null
  // Once the dialog is gone from the page: until then nothing behind it can have the focus.
  requestAnimationFrame(() => {
    if (back instanceof HTMLElement && back.isConnected) back.focus()
  })
}

export function closeDialogs(): void {
  open.value = []
}
