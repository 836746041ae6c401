import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { REPOSITORY } from './places.js'

/** A sale of examples/online-retail.csv. */
export interface FileSale {
  readonly ref: string
  readonly customer: string | undefined
  readonly lines: readonly {
    readonly sku: string
    readonly name: string
    readonly quantity: string
    /** Minor units for one. */
    readonly price: number
  }[]
}

/** Longest bill taken of it: some run over several hundred lines, and a till's bill does not. */
const MOST_LINES = 100

let read: readonly FileSale[] | undefined

/** The invoices of the file, without cancellations and what cannot be sold: no price, no description, no quantity. */
export function salesFileInvoices(): readonly FileSale[] {
  read ??= parse(readFileSync(join(REPOSITORY, 'examples', 'online-retail.csv'), 'utf8'))
  return read
}

function parse(text: string): FileSale[] {
  const sales = new Map<
    string,
    { ref: string; customer: string | undefined; lines: FileSale['lines'][number][] }
  >()
  for (const row of text.split('\n').slice(1)) {
    const [ref = '', sku = '', name = '', quantity = '', , price = '', customer = ''] = cellsOf(row)
    const count = Number(quantity)
    const minor = Math.round(Number(price) * 100)
    if (ref === '' || ref.startsWith('C') || sku === '' || name.trim() === '') continue
    if (!Number.isInteger(count) || count <= 0 || !(minor > 0)) continue
    const sale = sales.get(ref) ?? { ref, customer: customer === '' ? undefined : customer, lines: [] }
    if (sale.lines.length < MOST_LINES)
      sale.lines.push({ sku, name: name.trim(), quantity: String(count), price: minor })
    sales.set(ref, sale)
  }
  return [...sales.values()]
}

/** RFC 4180, for rows without line breaks in a cell. */
function cellsOf(row: string): string[] {
  return [...row.trimEnd().matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
  )
}
