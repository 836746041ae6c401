import { advance, newChain, type ChainState } from '../../../src/docs/chain-state.js'
import {
  composeCreditNote,
  composeDayClose,
  composeEvent,
  composeInvoice,
  type SaleDraft,
} from '../../../src/docs/compose.js'
import type { LineInput } from '../../../src/docs/pricing.js'
import { sealRecord, type RecordBody, type SealedRecord } from '../../../src/docs/record.js'
import { newSigner } from '../../support/keys.js'
import { SHOP } from '../../support/shop.js'
import { GST18, numbered, taxesOf } from '../priced-bills.js'

/** Lines of every kind a view tells apart: two rates, none, a unit, no HSN, names that must be escaped. */
export const LINES: readonly LineInput[] = numbered(
  {
    sku: 'TEA',
    name: 'Tea <b>&"strong"</b>',
    hsn: '0902',
    unit: 'KG',
    quantity: '1.5',
    price: { minor: 10_000 },
    taxes: GST18,
  },
  { sku: 'PEN', name: '=SUM(A1)', price: { minor: 1_050 }, quantity: '3', taxes: taxesOf(['IGST', '5']) },
  { sku: 'BAG', name: 'Bag; cloth', price: { minor: 500 }, taxes: [] },
)

/** A day of one terminal: invoices to a consumer and a business, a credit note, an event, its close; one more after it. */
export function aDay(): SealedRecord[] {
  const signer = newSigner()
  let state: ChainState = newChain('T01', 'A')
  let at = Date.parse('2026-11-24T06:30:00Z')
  const records: SealedRecord[] = []
  const seal = (
    compose: (state: ChainState, moment: { shop: typeof SHOP; at: Date }) => RecordBody,
  ): void => {
    at += 60_000
    const { record } = sealRecord(compose(state, { shop: SHOP, at: new Date(at) }), signer)
    state = advance(state, record)
    records.push(record)
  }
  const draft = (count: number, lines: readonly LineInput[], minor: number): SaleDraft => ({
    bill: `bill_${String(count).padStart(20, '0')}`,
    by: 'Asha',
    lines,
    tenders: [{ type: 'cash', minor }],
  })
  seal((chain, moment) => composeInvoice(chain, moment, draft(1, LINES, 50_000)))
  seal((chain, moment) =>
    composeInvoice(chain, moment, {
      ...draft(2, LINES, 50_000),
      customer: { name: 'Ravi & Sons', taxId: '29ABCDE1234F1Z5' },
    }),
  )
  seal((chain, moment) => composeEvent(chain, moment, 'Asha', 'drawer'))
  seal((chain, moment) => composeEvent(chain, moment, 'Mira', 'training-start'))
  const practised = { bill: 'bill_00000000000000000009', lines: 1, payable: 999, currency: 'INR' }
  seal((chain, moment) => composeEvent(chain, moment, 'Ravi', 'training-sale', practised))
  seal((chain, moment) => composeEvent(chain, moment, 'Ravi', 'training-end'))
  const [bag] = LINES.slice(2)
  seal((chain, moment) =>
    composeCreditNote(chain, moment, {
      ...draft(3, bag ? [bag] : [], 500),
      corrects: { outside: 'paper 7' },
      reason: 'torn',
    }),
  )
  seal((chain, moment) => composeDayClose(chain, moment, 'Asha', false))
  seal((chain, moment) => composeInvoice(chain, moment, draft(4, LINES.slice(2), 500)))
  return records
}
