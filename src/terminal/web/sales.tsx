import type { VNode } from 'preact'
import { useRef } from 'preact/hooks'
import { Action } from '../../pages/action.js'
import { time } from '../../pages/format.js'
import { openDay } from './day-dialog.js'
import { openInvoice } from './invoice-dialog.js'
import { amount } from './money.js'
import type { Sale } from './shapes.js'
import { sales, salesError, stateOf } from './state/sales.js'
import { t } from './texts.js'

/** The last sales with where each of them is, and any by its number. */
export function Sales(): VNode {
  const number = useRef<HTMLInputElement>(null)
  return (
    <section id="sales" aria-labelledby="sales-title">
      <div class="title-row">
        <h2 id="sales-title">{t.value.lastInvoices}</h2>
        <Action id="open-day" aria-keyshortcuts="F10" work={openDay}>
          {t.value.day} <kbd aria-hidden="true">F10</kbd>
        </Action>
      </div>
      <form
        id="lookup-form"
        class="inline-form"
        autocomplete="off"
        onSubmit={(event) => {
          event.preventDefault()
          const text = number.current?.value.trim() ?? ''
          if (text !== '') void openInvoice(text)
        }}
      >
        <label>
          {t.value.invoiceNumber} <kbd aria-hidden="true">F6</kbd>{' '}
          <input
            id="lookup"
            ref={number}
            autocomplete="off"
            maxLength={16}
            size={16}
            aria-keyshortcuts="F6"
          />
        </label>
        <button type="submit">{t.value.lookUp}</button>
      </form>
      <p id="sales-error" class="error" role="alert">
        {salesError.value}
      </p>
      <ul id="invoices" class="list">
        {sales.value.map((sale) => (
          <Row key={sale.hash} sale={sale} />
        ))}
        {sales.value.length === 0 ? <li class="hint">{t.value.noneHere}</li> : null}
      </ul>
    </section>
  )
}

function Row({ sale }: { readonly sale: Sale }): VNode {
  const state = stateOf(sale)
  return (
    <li>
      <Action class="link" work={() => openInvoice(sale.number)}>
        {sale.number}
      </Action>
      <span class="state" data-state={state}>
        {t.value.saleStates[state]}
      </span>
      <span class="hint">
        {[...(sale.type === 'credit-note' ? [t.value.creditNote] : []), time(sale.sealedAt)].join(' · ')}
      </span>
      <span class="amount">{amount(sale.total.minor)}</span>
    </li>
  )
}
