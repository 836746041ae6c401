import { entered } from './search.js'
import type { Field } from '../field.js'
import { billError } from './notes.js'

/** The fields of the page whose values belong to the bill, in the order in which they appeared. */
const fields = new Set<Field>()

export function hold(field: Field): () => void {
  fields.add(field)
  return () => fields.delete(field)
}

/** Everything that was scanned or typed is saved, so that what is sealed or parked is what stands there. */
export async function commit(): Promise<void> {
  await entered()
  for (const field of fields) await field.commit()
  billError.value = ''
}
