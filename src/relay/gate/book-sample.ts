import { generateKeyPairSync } from 'node:crypto'
import { encodeBookChange, type BookRecord } from '../../docs/book-change.js'
import { noteText } from '../../docs/change-note.js'
import { CHAIN_START, sealRecord, type InvoiceRecord } from '../../docs/record.js'
import { signerFromPem } from '../../docs/keys.js'
import { priceBill } from '../../docs/pricing.js'
import { formatNumber } from '../../docs/series.js'
import type { BookTask } from './book-task.js'

const DAY = '2026-01-02'
const POLICY = {
  version: 1,
  currency: 'INR',
  minorDigits: 2,
  pricesIncludeTax: false,
  rounding: 'line',
  payableStep: 100,
} as const
const RATES = [[], ['5'], ['9', '9'], ['14', '14']] as const
const EPOCH_TIME = Date.parse(`${DAY}T09:00:00.000Z`)

/**
 * A day book of nobody, as a terminal would bring it: sales of one to four lines, of texts and taxes of all kinds. With
 * it a reader of day books is made ready.
 */
export function sampleBook(records: number): Extract<BookTask, { is: 'run' }> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const signer = signerFromPem(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
  const sealed: BookRecord[] = []
  let prev = CHAIN_START
  for (let position = 1; position <= records; position += 1) {
    const { stored, record } = sealRecord(sampleInvoice(position, prev), signer)
    sealed.push({ position, stored })
    prev = record.hash
  }
  const change = encodeBookChange({
    actor: '00'.repeat(16),
    seq: 1,
    startOp: 1,
    time: EPOCH_TIME / 1000,
    message: noteText({ terminal: 'X01', by: 'nobody', did: 'seal' }),
    deps: [],
    records: sealed,
  })
  const name = {
    kind: 'daybook',
    shop: 'shop_00000000000000000000',
    terminal: 'term_00000000000000000000',
    code: 'X01',
    epoch: 'A',
    day: DAY,
    part: 0,
  } as const
  return {
    is: 'run',
    changes: change.bytes,
    context: {
      name,
      publicKey: signer.publicKey,
      catalogueShards: 16,
      currency: POLICY.currency,
      head: undefined,
    },
  }
}

function sampleInvoice(position: number, prev: string): InvoiceRecord {
  const lines = Array.from({ length: 1 + (position % 4) }, (_, at) => ({
    id: `l${at + 1}`,
    sku: `SKU-${position * 7 + at}`,
    name: at % 2 === 0 ? 'Tea, 250 g' : 'Crème brûlée – 2 × 90 g',
    quantity: at === 2 ? '0.375' : String(1 + (position % 5)),
    price: { minor: 995 + position },
    taxes: (RATES[(position + at) % RATES.length] ?? []).map((rate, half) => ({
      name: half === 0 ? 'CGST' : 'SGST',
      rate,
    })),
  }))
  const priced = priceBill({ lines }, POLICY)
  return {
    v: 1,
    type: 'invoice',
    chain: { terminal: 'X01', epoch: 'A', position, prev },
    number: formatNumber({ code: 'X01', epoch: 'A', type: 'invoice', year: '2526' }, position),
    day: DAY,
    at: new Date(EPOCH_TIME + position * 60_000).toISOString(),
    by: 'nobody',
    bill: `bill_${String(position).padStart(20, '0')}`,
    ...(position % 2 === 0 ? { externalRef: `sample-${position}` } : {}),
    ...(position % 3 === 0 ? { customer: { name: 'Somebody', reference: `C-${position}` } } : {}),
    seller: { id: 'shop_00000000000000000000', name: 'Sample', address: '1 Sample Street' },
    policy: POLICY,
    lines: [...priced.lines],
    taxes: [...priced.taxes],
    totals: priced.totals,
    tenders: [{ type: 'cash', minor: priced.totals.payable }],
    change: 0,
  }
}
