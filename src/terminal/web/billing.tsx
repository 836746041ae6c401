import type { VNode } from 'preact'
import { confirmed } from '../../pages/dialogs.js'
import { Action } from '../../pages/action.js'
import { time } from '../../pages/format.js'
import { BillFields } from './bill-fields.js'
import { LineRow } from './line-row.js'
import { Search } from './search.js'
import type { Bill } from './shapes.js'
import { bill, hasLines } from './state/bill.js'
import { putAway } from './state/deeds.js'
import { billError } from './state/notes.js'
import { t } from './texts.js'

/** The bill at hand: its lines, and whom it is for. */
export function Billing(): VNode {
  return (
    <section id="billing" aria-labelledby="bill-title">
      <Search />
      <div class="title-row">
        <h2 id="bill-title">{t.value.bill}</h2>
        <BillAbout />
        <p class="buttons">
          <Action id="park" aria-keyshortcuts="F2" disabled={!hasLines.value} work={() => putAway('parked')}>
            {t.value.park} <kbd aria-hidden="true">F2</kbd>
          </Action>
          <Action id="cancel" disabled={!bill.value} work={askToCancel}>
            {t.value.cancelBill}
          </Action>
        </p>
      </div>
      <BillError />
      <Lines />
      <BillFields />
    </section>
  )
}

function BillAbout(): VNode {
  const opened = bill.value?.opened
  return (
    <p id="bill-about" class="hint">
      {opened ? t.value.billOpened(time(opened.at), opened.terminal, opened.by) : ''}
    </p>
  )
}

function BillError(): VNode {
  return (
    <>
      <p id="bill-error" class="error" role="alert">
        {billError.value || problemOf(bill.value)}
      </p>
      <Oversold />
    </>
  )
}

/** Selling more than there is is an exception to look into, never a reason to refuse a sale. */
function Oversold(): VNode | null {
  const oversold = bill.value?.oversold ?? []
  if (oversold.length === 0) return null
  const named = new Map(bill.value?.lines.map(({ item }) => [item.sku, item.name]))
  return (
    <ul id="oversold" class="warning" aria-label={t.value.oversold}>
      {oversold.map(({ sku, onHand, wanted }) => (
        <li key={sku}>{t.value.oversoldLine(named.get(sku) ?? sku, wanted, onHand)}</li>
      ))}
    </ul>
  )
}

async function askToCancel(): Promise<void> {
  if (!bill.value) return
  const sure = await confirmed({
    name: 'cancel-bill',
    title: t.value.cancelBillTitle,
    sentences: [t.value.cancelBillAbout],
    yes: t.value.cancelBillYes,
    no: t.value.notNow,
  })
  if (sure) await putAway('cancelled')
}

function Lines(): VNode {
  const shown = bill.value
  const lines = shown?.lines ?? []
  const priced = new Map(shown?.priced?.lines.map((line) => [line.id, line]))
  return (
    <>
      <table id="lines">
        <caption class="off-screen">{t.value.linesOfBill}</caption>
        <thead>
          <tr>
            <th scope="col">{t.value.item}</th>
            <th scope="col" class="amount">
              {t.value.price}
            </th>
            <th scope="col">
              {t.value.quantity} <kbd aria-hidden="true">F9</kbd>
            </th>
            <th scope="col" class="amount">
              {t.value.total}
            </th>
            <th scope="col">
              <span class="off-screen">{t.value.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody id="line-rows">
          {lines.map((line) => (
            <LineRow key={`${shown?.id} ${line.id}`} line={line} priced={priced.get(line.id)} />
          ))}
        </tbody>
      </table>
      <p id="bill-empty" class="hint" hidden={lines.length > 0}>
        {t.value.billEmpty}
      </p>
    </>
  )
}

/** Why the bill cannot be priced as it stands. */
function problemOf(shown: Bill | undefined): string {
  if (shown?.problem === undefined) return ''
  return t.value.refusals[shown.reason ?? ''] ?? shown.problem
}
