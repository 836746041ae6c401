import type { VNode } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Customer } from '../../docs/generated/types.js'
import { messageOf } from './api.js'
import type { Field } from './field.js'
import { discountText, readDiscount } from './money.js'
import { bill, edit, openedHere } from './state/bill.js'
import { billError } from './state/notes.js'
import { t } from './texts.js'
import { useField } from './use-field.js'

/** Whom the bill is for, what it is called while it is parked, and a discount on all of it. */
export function BillFields(): VNode {
  const customer = useField((text) => editCustomer('name', text))
  const taxId = useField((text) => editCustomer('taxId', text))
  const label = useField((text) => edit({ label: text.trim() === '' ? null : text.trim() }))
  const discount = useField((text) => edit({ discount: readDiscount(text) }))
  useBillIn([customer, taxId, label, discount])
  const shown = bill.value
  useEffect(() => {
    customer.show(shown?.customer?.name ?? '')
    taxId.show(shown?.customer?.taxId ?? '')
    label.show(shown?.label ?? '')
    discount.show(discountText(shown?.discount))
  }, [shown])
  return (
    <div class="fields">
      <label>
        {t.value.customer} <input id="customer" ref={customer.attach} autocomplete="off" maxLength={200} />
      </label>
      <label>
        {t.value.customerTaxId}{' '}
        <input id="customer-tax-id" ref={taxId.attach} autocomplete="off" maxLength={40} />
      </label>
      <label>
        {t.value.parkLabel} <input id="label" ref={label.attach} autocomplete="off" maxLength={200} />
      </label>
      <label>
        {t.value.billDiscount}{' '}
        <input
          id="bill-discount"
          ref={discount.attach}
          autocomplete="off"
          placeholder={t.value.discountPlaceholder}
        />
      </label>
    </div>
  )
}

/** Fields belong to one bill; what was typed before the first item belongs to the bill that the item opens. */
function useBillIn(fields: readonly Field[]): void {
  const shown = useRef<string | undefined>(undefined)
  const now = bill.value
  useEffect(() => {
    const opens = shown.current === undefined && now !== undefined && now.id === openedHere()
    shown.current = now?.id
    billError.value = ''
    if (!opens) {
      for (const field of fields) field.clear()
      return
    }
    for (const field of fields) {
      field.commit().catch((error: unknown) => {
        billError.value = messageOf(error)
      })
    }
  }, [now?.id])
}

function editCustomer(key: keyof Customer, text: string): Promise<boolean> {
  const { [key]: _before, ...rest } = bill.value?.customer ?? {}
  const customer = text.trim() === '' ? rest : { ...rest, [key]: text.trim() }
  return edit({ customer: Object.keys(customer).length === 0 ? null : customer })
}
