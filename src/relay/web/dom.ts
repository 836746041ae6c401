/** Properties an element may be made with; those that parse HTML are left out, so that text stays text. */
type Properties<E extends HTMLElement> = Partial<Omit<E, 'innerHTML' | 'outerHTML' | 'style'>>

export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Properties<HTMLElementTagNameMap[K]> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  Object.assign(element, properties)
  element.append(...children)
  return element
}

/** An element of index.html. */
export function part<E extends HTMLElement>(id: string, type: abstract new () => E): E {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`index.html lacks #${id}`)
  return element
}

/** Tells a person what went wrong; the same text again is told again. */
export function alarm(text: string): void {
  part('alert', HTMLElement).textContent = ''
  part('alert', HTMLElement).textContent = text
}

/** A button that runs work; while it runs, pressing it again does nothing, and a failure is told. */
export function button(text: string, label: string, work: () => Promise<void>): HTMLButtonElement {
  const made = make('button', { type: 'button', ariaLabel: label }, text)
  made.addEventListener('click', () => void guarded(made, work))
  return made
}

const running = new WeakSet<object>()

/** Runs work one at a time for each owner; a failure is told. */
export async function guarded(owner: object, work: () => Promise<void>): Promise<void> {
  if (running.has(owner)) return
  running.add(owner)
  try {
    alarm('')
    await work()
  } catch (error) {
    alarm(error instanceof Error ? error.message : String(error))
  } finally {
    running.delete(owner)
  }
}
