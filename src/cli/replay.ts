import { setTimeout as delay } from 'node:timers/promises'
import { negate } from '../docs/credit.js'
import type {
  ExportedInvoice,
  Policy,
  SealedNumber,
  ShopView,
  TaxComponent,
  Tender,
} from '../docs/generated/types.js'
import { priceBill } from '../docs/pricing.js'
import { Refused } from '../protocol/problem.js'
import type { ServiceClient } from './client.js'
import { planCorrections } from './corrections.js'
import type { Progress } from './progress.js'
import { readSalesFile, type FileSale, type SkippedRow } from './sales-file.js'

export interface ReplayOptions {
  readonly file: string
  /** At most so many invoices and credit notes of the file. */
  readonly limit: number | undefined
  /** Invoices a second. */
  readonly rate: number | undefined
  /** Borne by every line. */
  readonly taxes: readonly TaxComponent[]
  readonly by: string | undefined
  readonly progress: Progress
  /** Ends it between two invoices. */
  readonly signal: AbortSignal
}

/** What was sealed now, what had been before, and what it all comes to. */
export interface ReplaySummary {
  readonly sealed: number
  readonly creditNotes: number
  readonly sealedBefore: number
  /** Credit notes whose invoice the file does not hold; they name it as outside of this store. */
  readonly correctingOutside: number
  readonly skippedRows: readonly SkippedRow[]
  /** Net total of the file's invoices and credit notes that are sealed, now or before. */
  readonly total: { readonly minor: number; readonly currency: string }
  readonly interrupted: boolean
}

const EXACTLY: { readonly exactly: Omit<Tender, 'minor'> } = {
  exactly: { type: 'other', name: 'as in the source' },
}

/** Seals the sales of a file through a till's API, in file order. What was sealed before is not sealed again. */
export async function replay(client: ServiceClient, options: ReplayOptions): Promise<ReplaySummary> {
  const { policy } = await client.get<ShopView>('/v1/shop')
  const file = await readSalesFile(options.file, policy, options.taxes)
  const corrections = planCorrections(file.sales)
  const sales = file.sales.slice(0, options.limit)
  const counts = { sealed: 0, creditNotes: 0, sealedBefore: 0, correctingOutside: 0 }
  let total = 0
  let done = 0
  for (const sale of sales) {
    if (options.signal.aborted) break
    const outcome = await sealOne(client, sale, corrections.get(sale.ref), options.by)
    const expected = expectedTotal(sale, policy)
    if (outcome.invoice && outcome.invoice.total.minor !== expected) {
      throw new Refused(
        'failed',
        'does-not-reconcile',
        `${sale.ref} comes to ${expected} minor units in the file and was sealed as ${outcome.invoice.number} with ${outcome.invoice.total.minor}. Was it replayed under another policy or with another --tax?`,
      )
    }
    total += expected
    if (outcome.again) counts.sealedBefore += 1
    else if (sale.type === 'invoice') counts.sealed += 1
    else counts.creditNotes += 1
    if (outcome.outside && !outcome.again) counts.correctingOutside += 1
    done += 1
    options.progress.update('sealed', done, sales.length)
    if (options.rate !== undefined && done < sales.length) await pause(1000 / options.rate, options.signal)
  }
  options.progress.end()
  return {
    ...counts,
    skippedRows: file.skippedRows,
    total: { minor: total, currency: policy.currency },
    interrupted: done < sales.length,
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined)
}

function expectedTotal(sale: FileSale, policy: Policy): number {
  const priced = priceBill(sale, policy)
  return (sale.type === 'invoice' ? priced : negate(priced)).totals.payable
}

interface Outcome {
  /** Undefined where the record was purged: that it was sealed is known. */
  readonly invoice?: ExportedInvoice
  readonly again: boolean
  readonly outside?: boolean
}

async function sealOne(
  client: ServiceClient,
  sale: FileSale,
  correctedRef: string | undefined,
  by: string | undefined,
): Promise<Outcome> {
  const body = {
    lines: sale.lines,
    externalRef: sale.ref,
    tenders: EXACTLY,
    ...(by === undefined ? {} : { by }),
    ...(sale.date === undefined ? {} : { externalDate: sale.date }),
    ...(sale.customer === undefined ? {} : { customer: { reference: sale.customer } }),
  }
  if (sale.type === 'invoice') return send(client, '/v1/sales', body)
  const number = correctedRef === undefined ? undefined : await numberOf(client, correctedRef)
  if (number !== undefined) {
    try {
      return await send(client, '/v1/credit-notes', { ...body, corrects: { number } })
    } catch (error) {
      // It was purged and the relay cannot be asked, or corrected by somebody else meanwhile.
      if (!(error instanceof Refused) || !['unknown-invoice', 'more-than-sold'].includes(error.code))
        throw error
    }
  }
  const outside =
    sale.customer === undefined
      ? 'a sale that the file does not hold'
      : `a sale to customer ${sale.customer} that the file does not hold`
  return { ...(await send(client, '/v1/credit-notes', { ...body, corrects: { outside } })), outside: true }
}

async function numberOf(client: ServiceClient, ref: string): Promise<string | undefined> {
  const { number } = await client.get<SealedNumber>(`/v1/sealed?externalRef=${encodeURIComponent(ref)}`)
  return number ?? undefined
}

async function send(client: ServiceClient, path: string, body: unknown): Promise<Outcome> {
  try {
    return await client.send<Outcome>('POST', path, body)
  } catch (error) {
    if (error instanceof Refused && error.code === 'sealed-before') return { again: true }
    throw error
  }
}
