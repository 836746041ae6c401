import { signal } from '@preact/signals'
import { get, messageOf, Problem } from '../api.js'
import type { FoundItem, Item } from '../shapes.js'
import { t } from '../texts.js'
import { add, type Wanted } from './bill.js'
import { note, refuse } from './notes.js'

const HITS = 12

export interface Found {
  readonly items: readonly FoundItem[]
  /** Items that match in all; undefined where the agent did not count. */
  readonly total?: number
}

/** The list below the input. */
export const hits = signal<readonly FoundItem[]>([])
/** An item that was added last and has values in conflict. */
export const inConflict = signal<Item | undefined>(undefined)
/** What was typed and refused, to be mended. */
export const returned = signal<{ readonly text: string } | undefined>(undefined)

let asked = 0
let entering: Promise<void> = Promise.resolve()

/** Resolves when everything that was entered is on the bill, or was refused. */
export function entered(): Promise<void> {
  return entering
}

export async function search(query: string, limit: number, offset = 0): Promise<Found> {
  const parameters = new URLSearchParams({ query, limit: String(limit), offset: String(offset) })
  return get<Found>(`/v1/items?${parameters}`)
}

export function closeHits(): void {
  asked += 1
  hits.value = []
  note('')
}

/** Lists what a person is typing. */
export async function list(text: string): Promise<void> {
  asked += 1
  const own = asked
  try {
    const { items } = await search(text, HITS)
    // A later search, or the end of this one, has overtaken the answer.
    if (own !== asked) return
    hits.value = items
    note(items.length === 0 ? t.value.nothingFound(text) : t.value.found(items.length))
  } catch (error) {
    if (own === asked) note(messageOf(error))
  }
}

/** A scanner types fast and ends with Enter: the text is taken at once, so that the next scan starts clean. */
export function enter(text: string): void {
  closeHits()
  entering = entering.then(() => take({ scanned: text }, text))
}

export function pick({ sku }: FoundItem): void {
  closeHits()
  entering = entering.then(() => take({ sku }, sku))
}

async function take(wanted: Wanted, text: string): Promise<void> {
  try {
    const { sku, name, inConflict: conflicts } = await add(wanted)
    note(t.value.added(name))
    inConflict.value = conflicts ? await itemOf(sku) : undefined
  } catch (error) {
    refuse(isUnknown(error) ? t.value.noSuchItem(text) : messageOf(error))
    returned.value = { text }
  }
}

function isUnknown(error: unknown): boolean {
  return error instanceof Problem && error.code === 'unknown-sku'
}

export function itemOf(sku: string): Promise<Item> {
  return get<Item>(`/v1/items/${encodeURIComponent(sku)}`)
}
