import type { VNode } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { Form } from '../../pages/action.js'
import { Dialog, openDialog } from '../../pages/dialogs.js'
import type { Tender } from '../../docs/generated/types.js'
import { isGone, messageOf, post } from './api.js'
import { creditableLines, creditLine, leftText, type Creditable } from './credit.js'
import { readDecimal, toMillionths } from './decimals.js'
import { priceText } from './money.js'
import type { SaleLookup } from './shapes.js'
import type { Sold } from './state/bill.js'
import { sold } from './state/tenders.js'
import { t } from './texts.js'

/** Takes back what was sold, wholly or in part: quantities, the reason, and how the money goes back. */
export function openCredit(found: SaleLookup): Promise<void> {
  return openDialog((close) => <CreditDialog found={found} close={close} />)
}

interface Props {
  readonly found: SaleLookup
  readonly close: () => void
}

function CreditDialog({ found: { invoice, corrections }, close }: Props): VNode {
  const rows = creditableLines(invoice, corrections)
  const quantities = useRef(new Map<string, string>())
  const reason = useRef<HTMLInputElement>(null)
  const name = useRef<HTMLInputElement>(null)
  const [refund, setRefund] = useState<Tender['type']>('cash')

  const seal = async (): Promise<void> => {
    const lines = rows.flatMap((row) => lineOf(row, quantities.current.get(row.line.id) ?? ''))
    if (lines.length === 0) throw new Error(t.value.sayHowMuch)
    const why = reason.current?.value.trim() ?? ''
    if (why === '') throw new Error(t.value.sayWhyBack)
    const named = refund === 'other' ? { name: name.current?.value.trim() ?? '' } : {}
    if (named.name === '') throw new Error(t.value.sayRefund)
    const note = {
      lines,
      ...(invoice.customer === undefined ? {} : { customer: invoice.customer }),
      reason: why,
      corrects: { number: invoice.number },
      tenders: { exactly: { type: refund, ...named } },
    }
    sold(await post<Sold>('/v1/credit-notes', note).catch(unknownOutcome))
    close()
  }

  return (
    <Dialog name="credit-note" title={t.value.creditNoteFor(invoice.number)} close={close}>
      <Form submit={seal}>
        <div class="fields">
          {rows.map((row, index) => (
            <label key={row.line.id}>
              {t.value.takeBack(row.line.name, priceText(row.line.price), leftText(row))}{' '}
              <input
                inputMode="decimal"
                size={6}
                disabled={row.left <= 0n}
                data-focus={index === 0 ? '' : undefined}
                onInput={(event) => quantities.current.set(row.line.id, event.currentTarget.value)}
              />
            </label>
          ))}
          <label>
            {t.value.reason} <input ref={reason} maxLength={200} autocomplete="off" />
          </label>
          <label>
            {t.value.refundBy}{' '}
            <select
              value={refund}
              onChange={(event) => setRefund(event.currentTarget.value as Tender['type'])}
            >
              {(['cash', 'card', 'other'] as const).map((type) => (
                <option key={type} value={type}>
                  {t.value.tenderTypes[type]}
                </option>
              ))}
            </select>
          </label>
          {refund === 'other' ? (
            <label>
              {t.value.refundName} <input ref={name} maxLength={80} autocomplete="off" />
            </label>
          ) : null}
          <p class="hint">{t.value.creditHint}</p>
        </div>
        <p class="buttons">
          <button type="submit" class="primary">
            {t.value.sealCreditNote}
          </button>
          <button type="button" onClick={close}>
            {t.value.close}
          </button>
        </p>
      </Form>
    </Dialog>
  )
}

function lineOf(creditable: Creditable, typed: string) {
  if (typed.trim() === '') return []
  const quantity = readDecimal(typed, t.value.quantityWord)
  if (quantity === '0') return []
  if (toMillionths(quantity) > creditable.left)
    throw new Error(t.value.onlySoMuchBack(leftText(creditable), creditable.line.name))
  return [creditLine(creditable, quantity)]
}

/** A bill is never sealed twice, but a second credit note may be meant. */
function unknownOutcome(error: unknown): never {
  if (isGone(error)) throw new Error(`${messageOf(error)} ${t.value.creditUnknown}`)
  throw error
}
