import type { Sold } from './bill.js'
import { button, make, part } from './dom.js'
import { amount } from './money.js'
import { invoiceLines, print } from './slip.js'
import { time } from './time.js'

/** Says what was sealed. It is called only with what the agent has answered (D1). */
export function showSealed({ invoice, change }: Sold): void {
  const isInvoice = invoice.type === 'invoice'
  const due = isInvoice ? `Change: ${amount(change)}` : `Give back: ${amount(-invoice.total.minor)}`
  part('sealed', HTMLElement).replaceChildren(
    make(
      'p',
      {},
      `${isInvoice ? 'Invoice' : 'Credit note'} sealed at ${time(invoice.sealedAt)}: `,
      make('strong', { className: 'number' }, invoice.number),
    ),
    make('p', {}, `${amount(invoice.total.minor)} · `, make('strong', {}, due)),
    make(
      'p',
      { className: 'buttons' },
      button('Print slip', () => print(invoiceLines(invoice))),
    ),
  )
}
