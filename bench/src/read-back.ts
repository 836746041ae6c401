import type { ReadBack } from './contestant.js'
import { digestOf } from './digest.js'
import { invoicesOf, type InvoiceSpec } from './invoices.js'
import { catalogueOf, type CatalogueSpec } from './items.js'

/** What was read back is not what was made: no figure of this run counts. */
export class ReadBackFailed extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ReadBackFailed'
  }
}

/**
 * @param stamped ids of invoices that a till stamped with its own time, so that only their id can be told
 * @throws ReadBackFailed unless these and only these invoices came back, each once and each as it was made
 */
export function checkInvoices(
  made: readonly InvoiceSpec[],
  back: ReadBack,
  stamped: readonly string[] = [],
): void {
  const exact = made.flatMap((spec) =>
    [...invoicesOf(spec)].map((invoice) => [invoice.id, digestOf(invoice)] as const),
  )
  const found = new Map(back.entries)
  const byId = stamped.map((id) => [id, found.get(id) ?? ''] as const)
  check('invoices', [...exact, ...byId], back)
}

/** @throws ReadBackFailed unless the terminal has exactly this catalogue */
export function checkItems(spec: CatalogueSpec, back: ReadBack): void {
  check(
    'items',
    [...catalogueOf(spec)].map((item) => [item.sku, digestOf(item)] as const),
    back,
  )
}

function check(what: string, expected: readonly (readonly [string, string])[], { entries }: ReadBack): void {
  const found = new Map(entries)
  if (found.size !== entries.length)
    throw new ReadBackFailed(`${entries.length - found.size} ${what} came back twice`)
  const missing = expected.filter(([id]) => !found.has(id)).map(([id]) => id)
  if (missing.length > 0)
    throw new ReadBackFailed(`${missing.length} of ${expected.length} ${what} are lost: ${some(missing)}`)
  const other = expected.filter(([id, digest]) => found.get(id) !== digest).map(([id]) => id)
  if (other.length > 0)
    throw new ReadBackFailed(`${other.length} ${what} came back with other content: ${some(other)}`)
  if (found.size !== expected.length)
    throw new ReadBackFailed(`${found.size} ${what} came back, and ${expected.length} were made`)
}

function some(ids: readonly string[]): string {
  return ids.length > 5 ? `${ids.slice(0, 5).join(', ')} …` : ids.join(', ')
}
