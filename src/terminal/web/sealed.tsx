import type { VNode } from 'preact'
import { time } from '../../pages/format.js'
import { amount } from './money.js'
import type { TrainingSale } from '../../docs/generated/types.js'
import { printSale, printTraining } from './slip.js'
import { lastPractised, lastSold } from './state/tenders.js'
import { t } from './texts.js'

/** Says what was sealed: only what the agent has answered (D1). */
export function Sealed(): VNode {
  const sold = lastSold.value
  const practised = lastPractised.value
  return (
    <section id="sealed" aria-live="assertive" aria-label={t.value.lastSealed}>
      {practised ? <PractisedNote sale={practised} /> : sold ? <SoldNote sold={sold} /> : null}
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

function PractisedNote({ sale }: { readonly sale: TrainingSale }): VNode {
  return (
    <>
      <p>{t.value.practisedAt(time(sale.at))}</p>
      <p>
        {amount(sale.totals.payable)} · <strong>{t.value.changeIs(amount(sale.change))}</strong>
      </p>
      <p class="buttons">
        <button type="button" onClick={() => printTraining(sale)}>
          {t.value.printSlip}
        </button>
      </p>
    </>
  )
}
