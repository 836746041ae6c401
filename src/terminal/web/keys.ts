export interface Deeds {
  readonly search: () => void
  readonly park: () => void
  /** First to the tenders, then seals. */
  readonly pay: () => void
  readonly recall: () => void
  readonly quantity: () => void
  /** Discount and another price of the last line. */
  readonly change: () => void
  /** Signs out. */
  readonly lock: () => void
  readonly grid: () => void
  readonly lookup: () => void
  readonly day: () => void
  readonly help: () => void
}

/** What the keyboard does anywhere on the till, so that a cashier needs no mouse. */
export function onKeys(deeds: Deeds): void {
  const byKey = new Map<string, () => void>([
    ['Escape', deeds.search],
    ['F1', deeds.help],
    ['F2', deeds.park],
    ['F3', deeds.grid],
    ['F4', deeds.pay],
    ['F6', deeds.lookup],
    ['F7', deeds.lock],
    ['F8', deeds.recall],
    ['F9', deeds.quantity],
    ['F10', deeds.day],
    ['Insert', deeds.change],
  ])
  document.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return
    // A dialog has its own keys, of which Escape closes it; and where nobody is signed in there is nothing to do.
    if (document.querySelector('dialog[open], #till[hidden]')) return
    const deed = byKey.get(event.key)
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
