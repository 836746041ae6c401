import type {
  CashierList,
  OwnCashierNameRequest,
  OwnCashierPinRequest,
  OwnCashierRequest,
  OwnShopRequest,
  ShopFacts,
} from '../docs/generated/types.js'
import { bodyOf } from '../protocol/http.js'
import { Cashiers, type Deciding } from './cashiers.js'
import { notForIntake } from './fleet.js'
import type { Relay } from './relay.js'
import type { Routes } from './routes.js'
import type { Identity } from './sessions.js'

/**
 * What a manager sets up from a manager's terminal, about its own shop. The relay looks up whether the person is a manager
 * there; that it is this person, whose PIN it checked, the terminal vouches for.
 */
export function ownShopApi(routes: Routes, relay: Relay): void {
  const cashiers = new Cashiers({ shops: relay.shops, random: relay.random })
  const body = 'relay-api.schema.json#/$defs/'

  const shopOf = (identity: Identity): string => {
    notForIntake(identity)
    return relay.shops.get(identity.shop).name
  }
  const listOf = async (shop: string): Promise<CashierList> => {
    const people = await cashiers.list(shop)
    return {
      shop,
      signInNeeded: people.length > 0,
      cashiers: people.map(({ name, role }) => ({ name, role })),
    }
  }
  const note = (identity: Identity, by: string): string => `${by} at ${identity.code}`
  const deciding = (identity: Identity, by: string): Deciding => ({ by: note(identity, by), acting: by })

  routes.on('ownCashiers', async (_request, response, { identity }) => {
    response.json(await listOf(shopOf(identity)))
  })
  routes.on('ownCashierAdd', async (request, response, { identity }) => {
    const { by, name, role, pin } = bodyOf<OwnCashierRequest>(request, `${body}OwnCashierRequest`)
    const shop = shopOf(identity)
    await cashiers.add(shop, name, role, pin, deciding(identity, by))
    relay.log.info({ shop, person: name, role, by, terminal: identity.terminal }, 'cashier added')
    response.status(201).json(await listOf(shop))
  })
  routes.on('ownCashierPin', async (request, response, { identity }) => {
    const { by, name, pin } = bodyOf<OwnCashierPinRequest>(request, `${body}OwnCashierPinRequest`)
    const shop = shopOf(identity)
    await cashiers.changePin(shop, name, pin, deciding(identity, by))
    relay.log.info({ shop, person: name, by, terminal: identity.terminal }, 'PIN of a cashier changed')
    response.json(await listOf(shop))
  })
  routes.on('ownCashierRemove', async (request, response, { identity }) => {
    const { by, name } = bodyOf<OwnCashierNameRequest>(request, `${body}OwnCashierNameRequest`)
    const shop = shopOf(identity)
    await cashiers.remove(shop, name, deciding(identity, by))
    relay.log.info({ shop, person: name, by, terminal: identity.terminal }, 'cashier removed')
    response.json(await listOf(shop))
  })
  routes.on('ownShop', async (request, response, { identity }) => {
    const { by, ...facts } = bodyOf<OwnShopRequest>(request, `${body}OwnShopRequest`)
    const shop = shopOf(identity)
    await cashiers.mustBeManager(shop, by)
    const { name, address, taxId } = await relay.shops.configure(shop, facts, note(identity, by))
    const answer: ShopFacts = { name, address: address ?? null, taxId: taxId ?? null }
    response.json(answer)
  })
}
