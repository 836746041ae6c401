import { computed, effect, signal, type ReadonlySignal } from '@preact/signals'

/** Languages the pages speak, each named in itself. */
export const LANGUAGES = { en: 'English', hi: 'हिन्दी' } as const
export type Language = keyof typeof LANGUAGES

const KEPT_AS = 'counterfoil-language'

function firstLanguage(): Language {
  if (typeof localStorage === 'undefined') return 'en'
  const kept = localStorage.getItem(KEPT_AS)
  if (kept === 'en' || kept === 'hi') return kept
  return navigator.language.toLowerCase().startsWith('hi') ? 'hi' : 'en'
}

export const language = signal<Language>(firstLanguage())

/** For `Intl`: Hindi as in India; English as the person's browser is set. */
export const locale = computed(() => (language.value === 'hi' ? 'hi-IN' : undefined))

/** Takes effect at once, and is kept by this browser. */
export function speak(chosen: Language): void {
  language.value = chosen
  localStorage.setItem(KEPT_AS, chosen)
}

/** The texts of a page in the language that is chosen; a language that lacks a text does not compile. */
export function messagesIn<M>(texts: Readonly<Record<Language, M>>): ReadonlySignal<M> {
  return computed(() => texts[language.value])
}

/** Tells the browser, and whoever reads the page aloud, which language it is in. */
export function announceLanguage(): void {
  effect(() => {
    document.documentElement.lang = language.value
  })
}

/** Text with a variable part, after a count that decides between one and many. */
export function plural(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
