import { signal } from '@preact/signals'
import { closeHits } from './search.js'

/** The input for items, once it is on the page. */
export const searchInput = signal<HTMLInputElement | undefined>(undefined)

/** Back to the input, with what was typed selected. */
export function focusSearch(): void {
  searchInput.value?.focus()
  searchInput.value?.select()
}

/** Back to the input, with the list closed. */
export function resetSearch(): void {
  closeHits()
  focusSearch()
}
