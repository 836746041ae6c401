import { signal } from '@preact/signals'

/** What "ago" is reckoned from; looked at every ten seconds while the page is seen. Milliseconds. */
export const now = signal(Date.now())

setInterval(() => {
  if (!document.hidden) now.value = Date.now()
}, 10_000)
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) now.value = Date.now()
})
