import { signal } from '@preact/signals'

/** What is below the header. */
export const view = signal<'till' | 'set-up'>('till')
