import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'
import type { DialogName } from '../../../pages/dialog-names.js'
import { t } from '../messages/language.js'
import { useWork } from '../parts/button.js'
import { Modal } from '../parts/modal.js'
import { closeDialog } from '../state/dialogs.js'

export interface OrderFormProps {
  readonly name: DialogName
  readonly title: string
  /** In one sentence, what it will do. */
  readonly what: string
  readonly grave?: boolean
  readonly children: ComponentChildren
  /** Does it; the dialog closes once it is done. */
  readonly work: () => Promise<unknown>
}

/** A decision that asks first: what it will do, and whether to do it. */
export function OrderForm({ name, title, what, grave = false, children, work }: OrderFormProps) {
  const form = useId()
  const { run, busy } = useWork(async () => {
    await work()
    closeDialog()
  })
  return (
    <Modal
      name={name}
      title={title}
      closing={t('cancel')}
      actions={
        <button type="submit" form={form} class={grave ? 'grave' : 'main'} aria-busy={busy}>
          {title}
        </button>
      }
    >
      <p>{what}</p>
      <form
        id={form}
        class="narrow"
        onSubmit={(event) => {
          event.preventDefault()
          void run()
        }}
      >
        {children}
      </form>
    </Modal>
  )
}
