import type { SubjectKind } from '../../../docs/subject-kinds.js'
import { money } from '../format.js'
import { shops } from '../state/fleet.js'

/** What changes are asked for: of an item, an invoice or a document; of one shop, where several have it. */
export type Asked = {
  readonly about: string
  /** What that is, where the text itself does not tell. */
  readonly kind?: SubjectKind
  /** Its id. */
  readonly shop?: string
}

/** A value as an auditor reads it: a price is kept in minor units, and is written as its shop writes money. */
export function spell(value: string | number | boolean | null, what: string, shop: string): string {
  const { currency, minorDigits } = shops.value.get(shop) ?? {}
  const text = String(value)
  const price = /^item .+ price$/.test(what) ? /^(\d+)(?:\/(\d+))?$/.exec(text) : null
  if (!price || currency === undefined) return text
  const [, minor, per] = price
  const amount = money(Number(minor), currency, minorDigits ?? 2)
  return per === undefined ? amount : `${amount} / ${per}`
}

/** A cell that says of which shop something is, where there are several. */
export const shopCell = (text: string): string[] => (shops.value.size > 1 ? [text] : [])
