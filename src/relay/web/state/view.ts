import { signal } from '@preact/signals'

export const VIEWS = ['fleet', 'exceptions', 'incidents', 'audit', 'health'] as const
export type View = (typeof VIEWS)[number]

/** What the address says after `#`. */
export const view = signal<View>(fromAddress())

function fromAddress(): View {
  const named = location.hash.slice(1)
  return VIEWS.find((one) => one === named) ?? 'fleet'
}

addEventListener('hashchange', () => (view.value = fromAddress()))
