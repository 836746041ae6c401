import { createHash } from 'node:crypto'
import type { Invoice } from './invoices.js'
import type { Item } from './items.js'

/** SHA-256 in hex of an invoice's or item's content, whatever order its fields come back in. */
export function digestOf(content: Invoice | Item): string {
  return createHash('sha256').update(canonical(content)).digest('hex')
}

/** JSON with the fields of every object in order. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`)
  return `{${fields.join()}}`
}
