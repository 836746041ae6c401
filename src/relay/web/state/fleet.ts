import { signal } from '@preact/signals'
import type { FleetChange, FleetResponse, FleetRow, FleetShop } from '../../../docs/generated/types.js'
import { ask } from '../../../pages/ask.js'

/** Terminals by id, and shops by id. New maps at each change. */
export const rows = signal<ReadonlyMap<string, FleetRow>>(new Map())
export const shops = signal<ReadonlyMap<string, FleetShop>>(new Map())
/** Whether the fleet was read at all. */
export const known = signal(false)

export async function readFleet(): Promise<void> {
  const answer = await ask<FleetResponse>('GET', '/v1/admin/fleet')
  shops.value = new Map(answer.shops.map((shop) => [shop.id, shop]))
  rows.value = new Map(answer.terminals.map((row) => [row.terminal, row]))
  known.value = true
}

export function applyChange(change: FleetChange): void {
  const nextShops = new Map(shops.value)
  for (const shop of change.shops) nextShops.set(shop.id, shop)
  const next = new Map(rows.value)
  for (const row of change.terminals) next.set(row.terminal, row)
  shops.value = nextShops
  rows.value = next
}

export function shopName(id: string): string {
  return shops.value.get(id)?.name ?? id
}

export function forgetFleet(): void {
  rows.value = new Map()
  shops.value = new Map()
  known.value = false
}
