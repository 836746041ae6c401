import type {
  CashierList,
  CashierNameRequest,
  CashierPinRequest,
  CashierRequest,
} from '../docs/generated/types.js'
import { bodyOf, queryOf } from '../protocol/http.js'
import { Refused } from '../protocol/problem.js'
import { mustBeOwnShop, nameOf, type Machine, type SignedIn } from './caller.js'
import { Cashiers } from './cashiers.js'
import type { Relay } from './relay.js'
import type { Routes } from './routes.js'

/** Who signs in at the terminals of a shop: decided by an operator, or by the shop's manager. */
export function cashierApi(routes: Routes, relay: Relay): void {
  const cashiers = new Cashiers({ shops: relay.shops, random: relay.random })
  const body = 'relay-api.schema.json#/$defs/'
  const mustBeOwn = (caller: SignedIn | Machine, shop: string): void =>
    mustBeOwnShop(caller, relay.shops.byName(shop)?.id)

  const listOf = async (shop: string): Promise<CashierList> => {
    const people = await cashiers.list(shop)
    return {
      shop,
      signInNeeded: people.length > 0,
      cashiers: people.map(({ name, role }) => ({ name, role })),
    }
  }

  routes.on('cashiers', async (request, response, caller) => {
    const shop = queryOf(request, 'shop')
    if (shop === undefined) throw new Refused('invalid', 'invalid-query', 'Name the shop: ?shop=…')
    mustBeOwn(caller, shop)
    response.json(await listOf(shop))
  })

  routes.on('cashierAdd', async (request, response, caller) => {
    const asked = bodyOf<CashierRequest>(request, `${body}CashierRequest`)
    const { shop, name, role = 'cashier', pin } = asked
    mustBeOwn(caller, shop)
    await cashiers.add(shop, name, role, pin, { by: nameOf(caller) })
    relay.log.info({ shop, person: name, role, by: nameOf(caller) }, 'cashier added')
    response.status(201).json(await listOf(shop))
  })

  routes.on('cashierPin', async (request, response, caller) => {
    const { shop, name, pin } = bodyOf<CashierPinRequest>(request, `${body}CashierPinRequest`)
    mustBeOwn(caller, shop)
    await cashiers.changePin(shop, name, pin, { by: nameOf(caller) })
    relay.log.info({ shop, person: name, by: nameOf(caller) }, 'PIN of a cashier changed')
    response.json(await listOf(shop))
  })

  routes.on('cashierRemove', async (request, response, caller) => {
    const { shop, name } = bodyOf<CashierNameRequest>(request, `${body}CashierNameRequest`)
    mustBeOwn(caller, shop)
    await cashiers.remove(shop, name, { by: nameOf(caller) })
    relay.log.info({ shop, person: name, by: nameOf(caller) }, 'cashier removed')
    response.json(await listOf(shop))
  })
}
