import { signal } from '@preact/signals'
import { NO_ANSWER, Problem } from '../../../pages/ask.js'
import { t } from '../messages/language.js'

/** What went wrong, for a person to read; empty for nothing. */
export const alert = signal('')

/** In words: those of the relay, or our own where it says nothing. */
export function wordsOf(error: unknown): string {
  if (error instanceof Problem && error.code === NO_ANSWER) return t('no-answer')
  return error instanceof Error ? error.message : String(error)
}

/** The same text again is told again. */
export function tell(text: string): void {
  alert.value = ''
  queueMicrotask(() => (alert.value = text))
}
