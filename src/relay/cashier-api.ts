import { Router } from 'express'
import type {
  CashierList,
  CashierNameRequest,
  CashierPinRequest,
  CashierRequest,
} from '../docs/generated/types.js'
import { bodyOf, queryOf } from '../protocol/http.js'
import { Refused } from '../protocol/problem.js'
import { Cashiers } from './cashiers.js'
import type { Relay } from './relay.js'

/** Who signs in at the terminals of a shop, as the relay's operator decides it. */
export function cashierApi(relay: Relay): Router {
  const api = Router()
  const cashiers = new Cashiers({ shops: relay.shops, random: relay.random })
  const body = 'relay-api.schema.json#/$defs/'

  const listOf = async (shop: string): Promise<CashierList> => {
    const people = await cashiers.list(shop)
    return {
      shop,
      signInNeeded: people.length > 0,
      cashiers: people.map(({ name, role }) => ({ name, role })),
    }
  }

  api.get('/cashiers', async (request, response) => {
    const shop = queryOf(request, 'shop')
    if (shop === undefined) throw new Refused('invalid', 'invalid-query', 'Name the shop: ?shop=…')
    response.json(await listOf(shop))
  })
  api.post('/cashiers', async (request, response) => {
    const asked = bodyOf<CashierRequest>(request, `${body}CashierRequest`)
    const { shop, name, role = 'cashier', pin } = asked
    await cashiers.add(shop, name, role, pin)
    relay.log.info({ shop, person: name, role }, 'cashier added')
    response.status(201).json(await listOf(shop))
  })
  api.put('/cashiers/pin', async (request, response) => {
    const { shop, name, pin } = bodyOf<CashierPinRequest>(request, `${body}CashierPinRequest`)
    await cashiers.changePin(shop, name, pin)
    relay.log.info({ shop, person: name }, 'PIN of a cashier changed')
    response.json(await listOf(shop))
  })
  api.post('/cashiers/remove', async (request, response) => {
    const { shop, name } = bodyOf<CashierNameRequest>(request, `${body}CashierNameRequest`)
    await cashiers.remove(shop, name)
    relay.log.info({ shop, person: name }, 'cashier removed')
    response.json(await listOf(shop))
  })

  return api
}
