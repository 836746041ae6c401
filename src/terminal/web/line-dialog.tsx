import { useRef } from 'preact/hooks'
import type { VNode } from 'preact'
import { Dialog, openDialog } from '../../pages/dialogs.js'
import { Form } from '../../pages/action.js'
import { discountText, plainAmount, priceText, readAmount, readDiscount } from './money.js'
import type { BillLine } from './shapes.js'
import { editLine } from './state/bill.js'
import { t } from './texts.js'

/** Discount on a line, and another price with its reason. */
export function editLineDialog(line: BillLine): Promise<void> {
  return openDialog((close) => <LineDialog line={line} close={close} />)
}

function LineDialog({ line, close }: { readonly line: BillLine; readonly close: () => void }): VNode {
  const discount = useRef<HTMLInputElement>(null)
  const price = useRef<HTMLInputElement>(null)
  const reason = useRef<HTMLInputElement>(null)
  const save = async (): Promise<void> => {
    await editLine(line.id, {
      discount: readDiscount(discount.current?.value ?? ''),
      override: overrideOf(price.current?.value ?? '', reason.current?.value ?? ''),
    })
    close()
  }
  return (
    <Dialog name="line" title={t.value.changeLine(line.item.name)} close={close}>
      <Form submit={save}>
        <div class="fields">
          <label>
            {t.value.lineDiscount}
            <input
              ref={discount}
              data-focus
              maxLength={200}
              autocomplete="off"
              defaultValue={discountText(line.discount)}
            />
          </label>
          <label>
            {t.value.otherPrice(priceText(line.item.price))}
            <input
              ref={price}
              maxLength={200}
              autocomplete="off"
              defaultValue={line.override ? plainAmount(line.override.price.minor) : ''}
            />
          </label>
          <label>
            {t.value.otherPriceReason}
            <input
              ref={reason}
              maxLength={200}
              autocomplete="off"
              defaultValue={line.override?.reason ?? ''}
            />
          </label>
        </div>
        <p class="buttons">
          <button type="submit" class="primary">
            {t.value.save}
          </button>
          <button type="button" onClick={close}>
            {t.value.close}
          </button>
        </p>
      </Form>
    </Dialog>
  )
}

function overrideOf(price: string, reason: string) {
  if (price.trim() === '') return null
  if (reason.trim() === '') throw new Error(t.value.sayWhyPrice)
  return { price: { minor: readAmount(price, t.value.priceWord) }, reason: reason.trim() }
}
