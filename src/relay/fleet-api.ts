import { Router } from 'express'
import type { FleetOrder, IntakeOrder } from '../docs/generated/types.js'
import type { ShopTerminal } from '../docs/shop.js'
import { bodyOf } from '../protocol/http.js'
import type { Decided } from './fleet.js'
import type { Relay } from './relay.js'

/** What an operator decides about terminals. Mounted behind the check that it is an operator who asks. */
export function fleetApi(relay: Relay): Router {
  const api = Router()
  const body = 'relay-api.schema.json#/$defs/'
  const { revocation, intake, forks } = relay.fleet

  api.post('/terminals/revoke', async (request, response) => {
    const order = bodyOf<FleetOrder>(request, `${body}FleetOrder`)
    response.json(standing(await revocation.revoke(order.shop, order.terminal, decided(order))))
  })

  api.post('/terminals/reinstate', async (request, response) => {
    const order = bodyOf<FleetOrder>(request, `${body}FleetOrder`)
    await intake.close(order.shop, order.terminal, decided(order))
    response.json(standing(await revocation.reinstate(order.shop, order.terminal, decided(order))))
  })

  api.post('/terminals/intake', async (request, response) => {
    const order = bodyOf<IntakeOrder>(request, `${body}IntakeOrder`)
    response.json(await intake.open(order.shop, order.terminal, order.seconds, decided(order)))
  })

  api.post('/terminals/close-intake', async (request, response) => {
    const order = bodyOf<FleetOrder>(request, `${body}FleetOrder`)
    response.json(standing(await intake.close(order.shop, order.terminal, decided(order))))
  })

  api.post('/terminals/settle-fork', async (request, response) => {
    const order = bodyOf<FleetOrder>(request, `${body}FleetOrder`)
    response.json(standing(await forks.settle(order.shop, order.terminal, decided(order))))
  })

  return api
}

function decided({ by = 'relay operator', reason }: FleetOrder): Decided {
  return { by, reason }
}

function standing({ id, code, name, epoch, revoked, intake, fork }: ShopTerminal) {
  return { id, code, name, epoch, revoked: revoked ?? null, intake: intake ?? null, fork: fork ?? null }
}
