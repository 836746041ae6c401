import { signal } from '@preact/signals'
import type { AuditedRecord, AuditSearch } from '../../../docs/generated/types.js'
import { ask } from '../../../pages/ask.js'
import { shops } from '../state/fleet.js'

/** What an auditor typed, by the names of the API; amounts in major units. */
export const typed = signal<Readonly<Record<string, string>>>({})

/** What was found so far; undefined before the first search. */
export const found = signal<readonly AuditedRecord[] | undefined>(undefined)
export const cursor = signal<string | undefined>(undefined)

let asked: Readonly<Record<string, string>> = {}

export async function search(): Promise<void> {
  asked = queryOf(typed.value)
  const { records, cursor: next } = await ask<AuditSearch>('GET', pathOf(asked))
  found.value = records
  cursor.value = next
}

export async function more(): Promise<void> {
  if (cursor.value === undefined) return
  const page = await ask<AuditSearch>('GET', pathOf({ ...asked, cursor: cursor.value }))
  found.value = [...(found.value ?? []), ...page.records]
  cursor.value = page.cursor
}

function pathOf(query: Readonly<Record<string, string>>): string {
  return `/v1/admin/records?${new URLSearchParams(query)}`
}

function queryOf(fields: Readonly<Record<string, string>>): Record<string, string> {
  const query: Record<string, string> = {}
  for (const [name, text] of Object.entries(fields)) {
    const clean = text.trim()
    if (clean !== '') query[name] = name === 'least' || name === 'most' ? minorOf(clean) : clean
  }
  return query
}

/** All shops of a relay count in few digits; where they differ, the first one's are taken. What is no amount the relay refuses. */
function minorOf(text: string): string {
  const digits = [...shops.value.values()][0]?.minorDigits ?? 2
  const match = /^(-?\d{1,12})(?:[.,](\d{1,4}))?$/.exec(text)
  if (!match) return text
  const [, whole = '', fraction = ''] = match
  return `${whole}${fraction.padEnd(digits, '0').slice(0, digits)}`
}
