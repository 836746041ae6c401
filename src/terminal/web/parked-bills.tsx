import type { VNode } from 'preact'
import { Action } from '../../pages/action.js'
import { time } from '../../pages/format.js'
import { amount } from './money.js'
import type { Bill } from './shapes.js'
import { billsError, lookAgain, others, takeUp } from './state/parked.js'
import { t } from './texts.js'

/** Parked and open bills of the shop, to be taken up here. */
export function ParkedBills(): VNode {
  const waiting = others()
  return (
    <section id="waiting" aria-labelledby="waiting-title">
      <div class="title-row">
        <h2 id="waiting-title">{t.value.parkedBills}</h2>
        <Action id="look-for-bills" aria-keyshortcuts="F8" work={lookAgain}>
          {t.value.lookAgain} <kbd aria-hidden="true">F8</kbd>
        </Action>
      </div>
      <p class="hint">{t.value.parkedBillsAbout}</p>
      <p id="waiting-error" class="error" role="alert">
        {billsError.value}
      </p>
      <ul id="bills" class="list">
        {waiting.map((bill) => (
          <Row key={bill.id} bill={bill} />
        ))}
        {waiting.length === 0 ? <li class="hint">{t.value.none}</li> : null}
      </ul>
    </section>
  )
}

function Row({ bill }: { readonly bill: Bill }): VNode {
  const { id, status, opened, lines, priced, label, customer } = bill
  const name = label ?? customer?.name ?? t.value.billOf(time(opened.at))
  const facts = [
    ...(opened.training ? [t.value.trainingBill] : []),
    t.value.billStates[status],
    `${opened.terminal}, ${opened.by}, ${time(opened.at)}`,
    t.value.lines(lines.filter(({ voided }) => !voided).length),
    priced ? amount(priced.totals.payable) : '–',
  ]
  return (
    <li>
      <span class="name">{name}</span>
      <span class="hint">{facts.join(' · ')}</span>
      <Action aria-label={t.value.recallNamed(name)} work={() => takeUp(id)}>
        {t.value.recall}
      </Action>
    </li>
  )
}
