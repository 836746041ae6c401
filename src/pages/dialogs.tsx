import { signal } from '@preact/signals'
import type { ComponentChildren, VNode } from 'preact'
import { useId, useLayoutEffect, useRef } from 'preact/hooks'
import { dialogId, type DialogName } from './dialog-names.js'

interface Shown {
  readonly id: number
  readonly draw: (close: () => void) => VNode
  readonly closed: () => void
}

const shown = signal<readonly Shown[]>([])
let ids = 0

/** Shows a dialog above what is there; resolves when it is closed. */
export function openDialog(draw: (close: () => void) => VNode): Promise<void> {
  return new Promise((resolve) => {
    ids += 1
    shown.value = [...shown.value, { id: ids, draw, closed: resolve }]
  })
}

function close(id: number): void {
  const found = shown.value.find((dialog) => dialog.id === id)
  shown.value = shown.value.filter((dialog) => dialog.id !== id)
  found?.closed()
}

export function closeDialogs(): void {
  for (const { id } of shown.value) close(id)
}

/** Where dialogs are drawn; once on a page. */
export function Dialogs(): VNode {
  return (
    <>
      {shown.value.map(({ id, draw }) => (
        <Framed key={id} draw={draw} close={() => close(id)} />
      ))}
    </>
  )
}

function Framed({ draw, close }: { draw: Shown['draw']; close: () => void }): VNode {
  return draw(close)
}

interface DialogProps {
  readonly name: DialogName
  readonly title: string
  readonly close: () => void
  readonly wide?: boolean
  readonly children: ComponentChildren
}

/** A modal dialog. Escape closes it; what has `autofocus` gets the focus, which goes back to where it was in the end. */
export function Dialog({ name, title, close, wide = false, children }: DialogProps): VNode {
  const element = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  // Before the dialog leaves the page: whoever types on must not have the focus taken away once it has gone.
  useLayoutEffect(() => {
    const before = document.activeElement
    const dialog = element.current
    dialog?.showModal()
    dialog?.querySelector<HTMLElement>('[data-focus]')?.focus()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  return (
    <dialog
      ref={element}
      id={dialogId(name)}
      class={wide ? 'wide' : undefined}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault()
        close()
      }}
    >
      <h2 id={titleId}>{title}</h2>
      {children}
    </dialog>
  )
}

interface Question {
  readonly name: DialogName
  readonly title: string
  readonly sentences: readonly string[]
  readonly yes: string
  readonly no: string
}

/**
 * Asks before something that cannot be taken back, or that a person should know of.
 * @returns whether it was confirmed; closing the dialog does not
 */
export async function confirmed({ name, title, sentences, yes, no }: Question): Promise<boolean> {
  let answer = false
  await openDialog((close) => (
    <Dialog name={name} title={title} close={close}>
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <p class="buttons">
        <button
          type="button"
          class="primary"
          data-focus
          onClick={() => {
            answer = true
            close()
          }}
        >
          {yes}
        </button>
        <button type="button" onClick={close}>
          {no}
        </button>
      </p>
    </Dialog>
  ))
  return answer
}
