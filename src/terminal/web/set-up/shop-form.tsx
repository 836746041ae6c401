import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { Form } from '../../../pages/action.js'
import { put } from '../api.js'
import { learnPrinting, seller } from '../state/printing.js'
import { t } from '../texts.js'

/** What stands on every slip about the shop; the relay keeps it. */
export function ShopForm(): VNode {
  const address = useRef<HTMLInputElement>(null)
  const taxId = useRef<HTMLInputElement>(null)
  const [saved, setSaved] = useState('')
  const save = async (): Promise<void> => {
    setSaved('')
    const typed = { address: address.current?.value.trim() ?? '', taxId: taxId.current?.value.trim() ?? '' }
    await put('/v1/setup/shop', {
      ...(typed.address === '' ? {} : { address: typed.address }),
      ...(typed.taxId === '' ? {} : { taxId: typed.taxId }),
    })
    await learnPrinting()
    setSaved(t.value.saved)
  }
  return (
    <Form submit={save}>
      <h3>{t.value.shopOnSlips}</h3>
      <div class="fields">
        <label>
          {t.value.address} <input ref={address} maxLength={200} defaultValue={seller.value?.address ?? ''} />
        </label>
        <label>
          {t.value.shopTaxId} <input ref={taxId} maxLength={40} defaultValue={seller.value?.taxId ?? ''} />
        </label>
      </div>
      <p class="buttons">
        <button type="submit" class="primary">
          {t.value.save}
        </button>
        <span role="status">{saved}</span>
      </p>
    </Form>
  )
}
