import { signal } from '@preact/signals'

export interface Note {
  readonly text: string
  readonly bad: boolean
}

/** What is said below the input for items: what was added, found, or refused. */
export const searchNote = signal<Note>({ text: '', bad: false })

export function note(text: string): void {
  searchNote.value = { text, bad: false }
}

export function refuse(text: string): void {
  searchNote.value = { text, bad: true }
}

/** What of the bill was refused. */
export const billError = signal('')
