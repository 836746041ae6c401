import type { VNode } from 'preact'
import { useRef } from 'preact/hooks'
import type { Tender } from '../../docs/generated/types.js'
import { amount } from './money.js'
import { Sealed } from './sealed.js'
import { bill, hasLines } from './state/bill.js'
import {
  addTender,
  changeTender,
  given,
  removeTender,
  sealBill,
  tenderError,
  tenders,
  type TypedTender,
} from './state/tenders.js'
import { training } from './state/training.js'
import { Terms } from './terms.js'
import { t } from './texts.js'

/** What is to be paid, how it is paid, and the button that seals. */
export function Payment(): VNode {
  const form = useRef<HTMLFormElement>(null)
  return (
    <section id="payment" aria-labelledby="payment-title">
      <h2 id="payment-title">{t.value.toPay}</h2>
      <p id="payable" aria-live="polite">
        {bill.value?.priced ? amount(bill.value.priced.totals.payable) : '–'}
      </p>
      <Totals />
      <form
        id="tender-form"
        ref={form}
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault()
          void sealBill()
        }}
      >
        <div id="tenders" role="group" aria-label={t.value.tenders}>
          {tenders.value.map((one, index) => (
            <TenderRow key={one.id} tender={one} removable={index > 0} />
          ))}
        </div>
        <p class="buttons">
          <button
            type="button"
            id="add-tender"
            onClick={() => {
              addTender()
              requestAnimationFrame(() =>
                form.current?.querySelector<HTMLElement>('.tender:last-child input.amount')?.focus(),
              )
            }}
          >
            {t.value.addTender}
          </button>
        </p>
        <Change />
        <p id="tender-error" class="error" role="alert">
          {tenderError.value}
        </p>
        <button type="submit" id="seal" class="primary" aria-keyshortcuts="F4" disabled={!hasLines.value}>
          {training.value ? t.value.practise : t.value.seal} <kbd aria-hidden="true">F4</kbd>
        </button>
      </form>
      <Sealed />
    </section>
  )
}

function Totals(): VNode {
  const priced = bill.value?.priced
  if (!priced) return <dl id="totals" />
  const { totals, taxes } = priced
  return (
    <Terms
      id="totals"
      pairs={[
        [t.value.gross, amount(totals.gross)],
        ...(totals.discount === 0 ? [] : [[t.value.discount, amount(-totals.discount)] as const]),
        [t.value.taxable, amount(totals.taxable)],
        ...taxes.map(({ name, rate, minor }) => [`${name} ${rate}%`, amount(minor)] as const),
        [t.value.total, amount(totals.total)],
        ...(totals.roundOff === 0 ? [] : [[t.value.roundOff, amount(totals.roundOff)] as const]),
      ]}
    />
  )
}

function TenderRow({
  tender,
  removable,
}: {
  readonly tender: TypedTender
  readonly removable: boolean
}): VNode {
  const { id, type } = tender
  return (
    <div class="tender">
      <select
        aria-label={t.value.tender}
        value={type}
        onChange={(event) => changeTender(id, { type: event.currentTarget.value as Tender['type'] })}
      >
        {(['cash', 'card', 'other'] as const).map((one) => (
          <option key={one} value={one}>
            {t.value.tenderTypes[one]}
          </option>
        ))}
      </select>
      {type === 'other' ? (
        <input
          aria-label={t.value.tenderName}
          placeholder={t.value.tenderNamePlaceholder}
          maxLength={80}
          size={9}
          value={tender.name}
          onInput={(event) => changeTender(id, { name: event.currentTarget.value })}
        />
      ) : null}
      <input
        aria-label={t.value.amountGiven}
        inputMode="decimal"
        size={9}
        class="amount"
        placeholder={given.value?.rest ?? ''}
        value={tender.amount}
        onInput={(event) => changeTender(id, { amount: event.currentTarget.value })}
      />
      {removable ? (
        <button type="button" aria-label={t.value.removeTender} onClick={() => removeTender(id)}>
          ×
        </button>
      ) : null}
    </div>
  )
}

function Change(): VNode {
  const change = given.value?.change
  return (
    <p id="change" aria-live="polite">
      {change === undefined
        ? ''
        : change < 0
          ? t.value.stillToPay(amount(-change))
          : t.value.changeIs(amount(change))}
    </p>
  )
}
