export interface Deeds {
  readonly search: () => void
  readonly park: () => void
  /** First to the tenders, then seals. */
  readonly pay: () => void
  readonly recall: () => void
  readonly quantity: () => void
  /** Signs out. */
  readonly lock: () => void
}

/** What the keyboard does anywhere on the page, so that a cashier needs no mouse. */
export function onKeys(deeds: Deeds): void {
  const byKey: Readonly<Record<string, () => void>> = {
    Escape: deeds.search,
    F2: deeds.park,
    F4: deeds.pay,
    F7: deeds.lock,
    F8: deeds.recall,
    F9: deeds.quantity,
  }
  document.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return
    // A dialog has its own keys, of which Escape closes it; and where nobody is signed in there is nothing to do.
    if (document.querySelector('dialog[open], main[hidden]')) return
    const deed = byKey[event.key]
    if (deed) {
      event.preventDefault()
      if (!event.repeat) deed()
      return
    }
    // A scanner types wherever the focus is; what it types is an item, unless a field is being filled in.
    const typing = event.key.length === 1 && event.key !== ' '
    if (typing && !takesText(event.target)) deeds.search()
  })
}

function takesText(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLSelectElement ||
    target instanceof HTMLTextAreaElement
  )
}
