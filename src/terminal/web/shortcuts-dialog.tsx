import type { VNode } from 'preact'
import { Dialog, openDialog } from '../../pages/dialogs.js'
import { t } from './texts.js'

/** Every key of the till with what it does. */
export function showShortcuts(): Promise<void> {
  return openDialog((close) => <Shortcuts close={close} />)
}

function Shortcuts({ close }: { readonly close: () => void }): VNode {
  return (
    <Dialog name="keys" title={t.value.keysTitle} close={close}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.value.key}</th>
            <th scope="col">{t.value.doesWhat}</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(t.value.shortcuts).map(([key, does]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="buttons">
        <button type="button" data-focus onClick={close}>
          {t.value.close}
        </button>
      </p>
    </Dialog>
  )
}
