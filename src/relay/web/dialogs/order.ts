import type { FleetRow } from '../../../docs/generated/types.js'
import { ask } from '../../../pages/ask.js'
import { readFleet, shopName } from '../state/fleet.js'

/** Whom an order is about, as the API names it. */
export function named({ shop, name }: FleetRow): { readonly shop: string; readonly terminal: string } {
  return { shop: shopName(shop), terminal: name }
}

/** Gives an order about a terminal, and shows what came of it. @param reason left out where it is empty */
export async function order(row: FleetRow, what: string, reason: string, more: object = {}): Promise<void> {
  const body = { ...named(row), ...(reason.trim() === '' ? {} : { reason: reason.trim() }), ...more }
  await ask('POST', `/v1/admin/terminals/${what}`, { body })
  await readFleet()
}
