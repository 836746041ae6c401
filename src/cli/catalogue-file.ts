import { parseDecimal, toMinor } from '../docs/decimal.js'
import type { ItemEdit } from '../docs/generated/types.js'
import { formatTaxSpec, parseTaxSpec } from '../docs/tax.js'
import { validate } from '../docs/validate.js'
import { Refused } from '../protocol/problem.js'
import { csvRows, missingColumns, type Cells } from './csv.js'

/** Names a column may have, the first being ours. */
const COLUMNS = {
  sku: ['sku', 'stockcode', 'code'],
  name: ['name', 'description'],
  price: ['price', 'unitprice'],
  tax: ['tax'],
  unit: ['unit'],
  hsn: ['hsn'],
  barcodes: ['barcodes', 'barcode'],
  received: ['received', 'stock'],
  withdrawn: ['withdrawn'],
} as const

type Column = keyof typeof COLUMNS
const REQUIRED = ['sku', 'name', 'price'] as const

/** So many mistakes are listed; a person mends them in one go. */
const MISTAKES_LISTED = 10

export interface CatalogueFile {
  readonly items: ItemEdit[]
  readonly received: { sku: string; quantity: string }[]
}

/**
 * Reads a catalogue file: sku, name, price and, if there, tax, unit, hsn, barcodes (by spaces), received, withdrawn.
 * An empty cell of an existing item changes nothing.
 * @throws Refused naming every row that cannot be used; nothing is imported then
 */
export async function readCatalogueFile(path: string, minorDigits: number): Promise<CatalogueFile> {
  const items = new Map<string, ItemEdit>()
  const received = new Map<string, string>()
  const mistakes: string[] = []
  const rows = csvRows(path, (columns) => {
    const missing = REQUIRED.filter((column) => nameIn(columns.map(plain), column) === undefined)
    if (missing.length > 0) throw missingColumns(path, missing, columns)
  })
  for await (const { row, cells } of rows) {
    const cell = reader(cells)
    try {
      const item = itemOf(cell, minorDigits)
      if (items.has(item.sku)) throw new Error(`"${item.sku}" stands in the file twice`)
      items.set(item.sku, item)
      const quantity = cell('received')
      if (quantity) received.set(item.sku, parseDecimal(quantity, 'received'))
    } catch (error) {
      mistakes.push(`row ${row}: ${(error as Error).message.replace(/\.$/, '')}`)
    }
  }
  if (mistakes.length > 0) {
    const more = mistakes.length > MISTAKES_LISTED ? `; and ${mistakes.length - MISTAKES_LISTED} more` : ''
    throw new Refused(
      'invalid',
      'bad-rows',
      `Nothing was imported. ${mistakes.slice(0, MISTAKES_LISTED).join('; ')}${more}.`,
    )
  }
  if (items.size === 0) throw new Refused('invalid', 'empty-file', `${path} holds no items.`)
  return { items: [...items.values()], received: [...received].map(([sku, quantity]) => ({ sku, quantity })) }
}

function plain(column: string): string {
  return column.trim().toLowerCase()
}

function nameIn(columns: readonly string[], column: Column): string | undefined {
  return COLUMNS[column].find((candidate) => columns.includes(candidate))
}

function reader(cells: Cells): (column: Column) => string | undefined {
  const byName = new Map(Object.entries(cells).map(([name, value]) => [plain(name), value]))
  return (column) => {
    const name = nameIn([...byName.keys()], column)
    return name === undefined ? undefined : (byName.get(name) ?? '').trim()
  }
}

function itemOf(cell: (column: Column) => string | undefined, minorDigits: number): ItemEdit {
  const sku = cell('sku')
  if (!sku) throw new Error('it has no SKU')
  const name = cell('name')
  const price = cell('price')
  const tax = cell('tax')
  const unit = cell('unit')
  const hsn = cell('hsn')
  const barcodes = cell('barcodes')
  const withdrawn = cell('withdrawn')
  const parsed = price ? toMinor(price, minorDigits) : undefined
  if (parsed && parsed.minor < 0) throw new Error(`the price ${price} is negative`)
  const item: ItemEdit = {
    sku,
    ...(name ? { name } : {}),
    ...(parsed ? { price: parsed } : {}),
    ...(tax ? { tax: formatTaxSpec(parseTaxSpec(tax)) } : {}),
    ...(unit ? { unit } : {}),
    ...(hsn ? { hsn } : {}),
    ...(barcodes ? { barcodes: barcodes.split(/\s+/) } : {}),
    ...(withdrawn ? { withdrawn: yesOrNo(withdrawn) } : {}),
  }
  validate<ItemEdit>('terminal-api.schema.json#/$defs/ItemEdit', item, 'row as an item')
  return item
}

function yesOrNo(text: string): boolean {
  if (/^(1|yes|true)$/i.test(text)) return true
  if (/^(0|no|false)$/i.test(text)) return false
  throw new Error(`"${text}" is neither yes nor no`)
}
