import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { dialogId, type DialogName } from '../../../pages/dialog-names.js'
import { t } from '../messages/language.js'
import { alert } from '../state/alert.js'
import { closeDialog } from '../state/dialogs.js'
import { Button } from './button.js'

export interface ModalProps {
  readonly name: DialogName
  readonly title: string
  readonly children: ComponentChildren
  /** Beside the button that closes it. */
  readonly actions?: ComponentChildren
  /** What the closing button says. */
  readonly closing?: string
  readonly wide?: boolean
}

/** A dialog over the page: the browser keeps the focus inside, Escape closes it, and the focus goes back where it was. */
export function Modal({ name, title, children, actions, closing, wide = false }: ModalProps) {
  const element = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const dialog = element.current
    dialog?.showModal()
    return () => dialog?.close()
  }, [])
  return (
    <dialog
      ref={element}
      id={dialogId(name)}
      class={wide ? 'wide' : ''}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        closeDialog()
      }}
    >
      <h2 id={id}>{title}</h2>
      {children}
      <p class="error" role="alert">
        {alert}
      </p>
      <div class="row end">
        <Button work={closeDialog}>{closing ?? t('close')}</Button>
        {actions}
      </div>
    </dialog>
  )
}
