import type { InvoiceLookup } from '../../docs/generated/types.js'
import { post, Problem } from './api.js'
import type { Sold } from './bill.js'
import { creditableLines, creditLine, leftText, type Creditable } from './credit.js'
import { readDecimal, toMillionths } from './decimals.js'
import { formIn, labelled, makeDialog, opened } from './dialogs.js'
import { make } from './dom.js'
import { priceText } from './money.js'

interface Row {
  readonly creditable: Creditable
  readonly input: HTMLInputElement
}

/** Takes back what was sold, wholly or in part: quantities, the reason, and how the money goes back. */
export async function creditDialog(
  { invoice, corrections }: InvoiceLookup,
  sealed: (sold: Sold) => void,
): Promise<void> {
  const dialog = makeDialog(`Credit note for ${invoice.number}`)
  const rows: Row[] = creditableLines(invoice, corrections).map((creditable) => ({
    creditable,
    input: make('input', { inputMode: 'decimal', size: 6, disabled: creditable.left <= 0n }),
  }))
  const reason = make('input', { maxLength: 200, autocomplete: 'off' })
  const refund = make(
    'select',
    {},
    make('option', { value: 'cash' }, 'Cash'),
    make('option', { value: 'card' }, 'Card'),
    make('option', { value: 'other' }, 'Other'),
  )
  const name = make('input', { maxLength: 80, autocomplete: 'off' })
  const nameLabel = labelled('Name of the refund tender', name)
  nameLabel.hidden = true
  refund.addEventListener('change', () => {
    nameLabel.hidden = refund.value !== 'other'
  })
  const { fields } = formIn(dialog, 'Seal credit note', async () => {
    const lines = rows.flatMap(({ creditable, input }) => lineOf(creditable, input.value))
    if (lines.length === 0) throw new Error('Say how much of which line is taken back.')
    if (reason.value.trim() === '') throw new Error('Say why it is taken back: it stands on the credit note.')
    const named = refund.value === 'other' ? { name: name.value.trim() } : {}
    if (named.name === '') throw new Error('Say what the refund is paid by, such as UPI or voucher.')
    const note = {
      lines,
      ...(invoice.customer === undefined ? {} : { customer: invoice.customer }),
      reason: reason.value.trim(),
      corrects: { number: invoice.number },
      tenders: { exactly: { type: refund.value, ...named } },
    }
    sealed(await post<Sold>('/v1/credit-notes', note).catch(unknownOutcome))
    dialog.close()
  })
  fields.append(
    ...rows.map(({ creditable, input }) =>
      labelled(
        `${creditable.line.name}, ${priceText(creditable.line.price)}: take back of ${leftText(creditable)}`,
        input,
      ),
    ),
    labelled('Reason', reason),
    labelled('Refund by', refund),
    nameLabel,
    make('p', { className: 'hint' }, 'What is to be given back is shown when the credit note is sealed.'),
  )
  await opened(dialog, rows.find(({ input }) => !input.disabled)?.input)
}

function lineOf(creditable: Creditable, typed: string) {
  if (typed.trim() === '') return []
  const quantity = readDecimal(typed, 'quantity')
  if (quantity === '0') return []
  if (toMillionths(quantity) > creditable.left)
    throw new Error(`Only ${leftText(creditable)} of “${creditable.line.name}” can be taken back.`)
  return [creditLine(creditable, quantity)]
}

/** A bill is never sealed twice, but a second credit note may be meant. */
function unknownOutcome(error: unknown): never {
  if (error instanceof Problem && error.code === 'agent-gone')
    throw new Error(
      `${error.message} Whether it was sealed is not known: look at the invoice before you try again.`,
    )
  throw error
}
