import type { Stored } from 'pouchdb'
import { digestOf } from '../../digest.js'
import type { Invoice } from '../../invoices.js'
import type { Item } from '../../items.js'

/** An invoice without its id, which is its document's. */
export type InvoiceFields = Omit<Invoice, 'id'>
export type ItemFields = Omit<Item, 'sku'>

export function documentOfInvoice({ id, ...fields }: Invoice): Stored<InvoiceFields> {
  return { ...fields, _id: id }
}

export function documentOfItem({ sku, ...fields }: Item): Stored<ItemFields> {
  return { ...fields, _id: sku }
}

/** An id with the digest of what the document holds. */
export function invoiceEntry({ _id: id, _rev, ...fields }: Stored<InvoiceFields>): [string, string] {
  return [id, digestOf({ ...fields, id })]
}

export function itemEntry({ _id: sku, _rev, ...fields }: Stored<ItemFields>): [string, string] {
  return [sku, digestOf({ ...fields, sku })]
}
