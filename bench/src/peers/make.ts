import { invoicesOf, type Invoice, type InvoiceSpec } from '../invoices.js'

/** Makes the invoices of a spec one after the other, and takes the time of each store call alone. */
export async function makeAll(
  spec: InvoiceSpec,
  put: (invoice: Invoice) => Promise<void>,
): Promise<{ latenciesMs: number[] }> {
  const latenciesMs: number[] = []
  for (const invoice of invoicesOf(spec)) {
    const begun = performance.now()
    await put(invoice)
    latenciesMs.push(performance.now() - begun)
  }
  return { latenciesMs }
}
