import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { SaleCopy } from '../../docs/generated/types.js'
import { Action } from '../../pages/action.js'
import { Dialog, openDialog } from '../../pages/dialogs.js'
import { dateTime } from '../../pages/format.js'
import { get, messageOf, post } from './api.js'
import { openCredit } from './credit-dialog.js'
import { amount, priceText } from './money.js'
import type { SaleLookup } from './shapes.js'
import { printSale, saleText } from './slip.js'
import { changeOf } from './slip-text.js'
import { salesError, stateOf } from './state/sales.js'
import { Terms } from './terms.js'
import { t } from './texts.js'

/** Looks an invoice or credit note up and shows it. */
export async function openInvoice(number: string): Promise<void> {
  salesError.value = ''
  try {
    const found = await get<SaleLookup>(`/v1/invoices?${new URLSearchParams({ number })}`)
    await openDialog((close) => <InvoiceDialog found={found} close={close} />)
  } catch (error) {
    salesError.value = messageOf(error)
  }
}

interface Props {
  readonly found: SaleLookup
  readonly close: () => void
}

function InvoiceDialog({ found, close }: Props): VNode {
  const { invoice } = found
  const isInvoice = invoice.type === 'invoice'
  const [error, setError] = useState('')

  /** Every copy is counted and recorded before it is printed. */
  const reprint = async (use: (copy: SaleCopy) => void): Promise<void> => {
    setError('')
    try {
      use(await post<SaleCopy>('/v1/invoices/reprint', { number: invoice.number }))
    } catch (problem) {
      setError(messageOf(problem))
    }
  }

  return (
    <Dialog
      name="invoice"
      title={isInvoice ? t.value.invoiceNamed(invoice.number) : t.value.noteNamed(invoice.number)}
      close={close}
    >
      <ul class="list">
        {invoice.lines.map(({ id, name, quantity, price, total }) => (
          <li key={id}>
            <span>
              {name}: {quantity} × {priceText(price)}
            </span>
            <span class="amount">{amount(total)}</span>
          </li>
        ))}
      </ul>
      <Terms pairs={factsOf(found)} />
      <p class="error" role="alert">
        {error}
      </p>
      <p class="buttons">
        <Action data-focus work={() => reprint((copy) => printSale(copy, { duplicate: copy.duplicate }))}>
          {t.value.printCopy}
        </Action>
        <Action work={() => reprint((copy) => saveText(copy.number, saleText(copy, copy.duplicate)))}>
          {t.value.saveCopyAsText}
        </Action>
        {isInvoice ? (
          <Action
            work={async () => {
              close()
              await openCredit(found)
            }}
          >
            {t.value.makeCreditNote}
          </Action>
        ) : null}
        <button type="button" onClick={close}>
          {t.value.close}
        </button>
      </p>
    </Dialog>
  )
}

function factsOf({ invoice, corrections }: SaleLookup): [string, string][] {
  const { corrects, customer, totals, tenders, taxes } = invoice
  return [
    [t.value.sealedWord, t.value.sealedBy(dateTime(invoice.sealedAt), invoice.by)],
    [t.value.businessDay, invoice.day],
    [t.value.state, t.value.saleStatesLong[stateOf(invoice)]],
    ...(customer?.name === undefined ? [] : [[t.value.customer, customer.name] as [string, string]]),
    ...(customer?.taxId === undefined ? [] : [[t.value.customerTaxId, customer.taxId] as [string, string]]),
    ...(corrects
      ? [[t.value.corrects, 'number' in corrects ? corrects.number : corrects.outside] as [string, string]]
      : []),
    [t.value.taxable, amount(totals.taxable)],
    ...taxes.map(({ name, rate, minor }): [string, string] => [`${name} ${rate}%`, amount(minor)]),
    [t.value.payable, amount(totals.payable)],
    ...tenders.map(({ type, name, minor }): [string, string] => [
      t.value.paidBy(name ?? t.value.tenderTypes[type]),
      amount(minor),
    ]),
    ...(changeOf(invoice) === 0
      ? []
      : [[t.value.slip.change, amount(changeOf(invoice))] as [string, string]]),
    ...corrections.map(({ number, total }): [string, string] => [
      t.value.correctedBy,
      `${number}, ${amount(total.minor)}`,
    ]),
    [t.value.hash, invoice.shortHash ?? invoice.hash.slice(0, 16)],
  ]
}

/** Hands a text to the browser as a file. */
function saveText(number: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${number.replaceAll('/', '-')}.txt`
  link.click()
  URL.revokeObjectURL(url)
}
