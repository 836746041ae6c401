import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { Action } from '../../pages/action.js'
import type { SealedLine } from '../../docs/generated/types.js'
import { messageOf } from './api.js'
import { readDecimal } from './decimals.js'
import { editLineDialog } from './line-dialog.js'
import { amount, priceText } from './money.js'
import type { BillLine } from './shapes.js'
import { editLine } from './state/bill.js'
import { billError } from './state/notes.js'
import { t } from './texts.js'
import { useField } from './use-field.js'

interface Props {
  readonly line: BillLine
  readonly priced: SealedLine | undefined
}

/** A line of the bill at hand; what is being typed in it survives every update. */
export function LineRow({ line, priced }: Props): VNode {
  const { id, voided, quantity } = line
  const { name, sku, unit, price } = line.item
  const field = useField(async (text) => {
    await editLine(id, { quantity: readDecimal(text, t.value.quantityWord) })
    return true
  })
  useEffect(() => field.show(quantity), [quantity])
  const toggle = async (): Promise<void> => {
    try {
      await editLine(id, { voided: !voided })
    } catch (error) {
      billError.value = messageOf(error)
    }
  }
  return (
    <tr class={voided ? 'voided' : undefined}>
      <td>
        <span class="name">{name}</span> <span class="hint">{aboutOf(line, sku)}</span>
      </td>
      <td class="amount">{priceText(line.override?.price ?? price)}</td>
      <td>
        <input
          ref={field.attach}
          class="quantity"
          inputMode="decimal"
          size={5}
          autocomplete="off"
          disabled={voided}
          aria-label={t.value.quantityOf(name)}
        />{' '}
        <span class="hint">{unit ?? ''}</span>
      </td>
      <td class="amount">{voided ? t.value.removed : priced ? amount(priced.total) : '–'}</td>
      <td>
        <div class="buttons">
          {voided ? null : (
            <Action class="change" aria-label={t.value.changeLine(name)} work={() => editLineDialog(line)}>
              {t.value.change}
            </Action>
          )}
          <Action aria-label={voided ? t.value.putBackLine(name) : t.value.removeLine(name)} work={toggle}>
            {voided ? t.value.putBack : t.value.remove}
          </Action>
        </div>
      </td>
    </tr>
  )
}

function aboutOf({ discount, override, item }: BillLine, sku: string): string {
  const parts = [sku]
  if (discount)
    parts.push(t.value.discountOf('percent' in discount ? `${discount.percent}%` : amount(discount.minor)))
  if (override) parts.push(t.value.insteadOf(priceText(item.price), override.reason))
  return parts.join(' · ')
}
