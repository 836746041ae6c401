import { button, make } from './dom.js'

/**
 * Asks before something that cannot be taken back, or that a person should know of.
 * @returns whether it was confirmed; closing the dialog does not
 */
export function confirmed(title: string, sentences: readonly string[], yes: string): Promise<boolean> {
  const dialog = makeDialog(title)
  dialog.append(...sentences.map((sentence) => make('p', {}, sentence)))
  let answer = false
  const accept = button(
    yes,
    () => {
      answer = true
      dialog.close()
    },
    { className: 'primary' },
  )
  dialog.append(
    make(
      'p',
      { className: 'buttons' },
      accept,
      button('Not now', () => dialog.close()),
    ),
  )
  return opened(dialog, accept).then(() => answer)
}

let titles = 0

export function makeDialog(title: string): HTMLDialogElement {
  const dialog = make('dialog')
  const heading = make('h2', { id: `dialog-title-${(titles += 1)}` }, title)
  dialog.setAttribute('aria-labelledby', heading.id)
  dialog.append(heading)
  return dialog
}

/** Shows a dialog made for one use; resolves when it is closed. */
export function opened(dialog: HTMLDialogElement, focus?: HTMLElement): Promise<void> {
  document.body.append(dialog)
  dialog.showModal()
  focus?.focus()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve()
    })
  })
}

/** A form inside a dialog: what it refuses is said there, and what was typed stays. */
export function formIn(
  dialog: HTMLDialogElement,
  submit: string,
  save: () => Promise<void>,
): { readonly form: HTMLFormElement; readonly fields: HTMLElement } {
  const fields = make('div', { className: 'fields' })
  const error = make('p', { className: 'error', role: 'alert' })
  const form = make(
    'form',
    { autocomplete: 'off' },
    fields,
    error,
    make(
      'p',
      { className: 'buttons' },
      make('button', { type: 'submit', className: 'primary' }, submit),
      button('Close', () => dialog.close()),
    ),
  )
  let saving = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (saving) return
    saving = true
    error.textContent = ''
    save()
      .catch((problem: unknown) => {
        error.textContent = problem instanceof Error ? problem.message : String(problem)
      })
      .finally(() => {
        saving = false
      })
  })
  dialog.append(form)
  return { form, fields }
}

export function labelled(text: string, input: HTMLElement): HTMLLabelElement {
  return make('label', {}, `${text} `, input)
}
