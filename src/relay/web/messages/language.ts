import { effect, signal } from '@preact/signals'
import { en, type Key } from './en.js'
import { hi } from './hi.js'

export const LANGUAGES = { en: 'English', hi: 'हिन्दी' } as const
export type Language = keyof typeof LANGUAGES

const TEXTS: Readonly<Record<Language, Readonly<Record<Key, string>>>> = { en, hi }
const KEPT = 'counterfoil-language'

export const language = signal<Language>(chosen())

function chosen(): Language {
  const kept = localStorage.getItem(KEPT) ?? navigator.language.slice(0, 2)
  return kept === 'hi' ? 'hi' : 'en'
}

export function choose(next: Language): void {
  localStorage.setItem(KEPT, next)
  language.value = next
}

effect(() => {
  document.documentElement.lang = language.value
  document.title = t('title')
})

/** A text in the chosen language. @param filled what stands for `{name}` in it */
export function t(key: Key, filled: Readonly<Record<string, string | number>> = {}): string {
  return TEXTS[language.value][key].replaceAll(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(filled, name) ? String(filled[name]) : whole,
  )
}

export type { Key } from './en.js'
