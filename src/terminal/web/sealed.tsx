import type { VNode } from 'preact'
import { time } from '../../pages/format.js'
import { amount } from './money.js'
import { printSale } from './slip.js'
import { lastSold } from './state/tenders.js'
import { t } from './texts.js'

/** Says what was sealed: only what the agent has answered (D1). */
export function Sealed(): VNode {
  const sold = lastSold.value
  return (
    <section id="sealed" aria-live="assertive" aria-label={t.value.lastSealed}>
      {sold ? <SoldNote sold={sold} /> : null}
    </section>
  )
}

function SoldNote({
  sold: { invoice, change },
}: {
  readonly sold: NonNullable<typeof lastSold.value>
}): VNode {
  const isInvoice = invoice.type === 'invoice'
  return (
    <>
      <p>
        {isInvoice
          ? t.value.invoiceSealedAt(time(invoice.sealedAt))
          : t.value.noteSealedAt(time(invoice.sealedAt))}{' '}
        <strong class="number">{invoice.number}</strong>
      </p>
      <p>
        {amount(invoice.total.minor)} ·{' '}
        <strong>
          {isInvoice ? t.value.changeIs(amount(change)) : t.value.giveBack(amount(-invoice.total.minor))}
        </strong>
      </p>
      <p class="buttons">
        <button type="button" onClick={() => printSale(invoice)}>
          {t.value.printSlip}
        </button>
      </p>
    </>
  )
}
