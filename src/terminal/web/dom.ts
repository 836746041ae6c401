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

/** Sets a text only where it differs: a live region that is written again is read aloud again. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** A button that runs work; while it runs the same button does not start it twice. */
export function button(
  text: string,
  work: () => Promise<void> | void,
  properties: Properties<HTMLButtonElement> = {},
): HTMLButtonElement {
  const made = make('button', { type: 'button', ...properties }, text)
  onPress(made, work)
  return made
}

export function onPress(pressed: HTMLButtonElement, work: () => Promise<void> | void): void {
  let running = false
  pressed.addEventListener('click', () => {
    if (running) return
    running = true
    void Promise.resolve(work()).finally(() => {
      running = false
    })
  })
}

/** Terms and their values, as a description list holds them. */
export function terms(pairs: readonly (readonly [string, string])[]): HTMLElement[] {
  return pairs.flatMap(([term, value]) => [make('dt', {}, term), make('dd', {}, value)])
}
