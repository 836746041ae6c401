import type {
  FleetOrder,
  IntakeOrder,
  IntakeWindow,
  RenameOrder,
  TerminalStanding,
} from '../docs/generated/types.js'
import { pendingMove } from '../docs/fleet.js'
import type { ShopTerminal } from '../docs/shop.js'
import { bodyOf } from '../protocol/http.js'
import { nameOf, type Machine, type SignedIn } from './caller.js'
import type { Decided } from './fleet.js'
import type { Relay } from './relay.js'
import type { Routes } from './routes.js'

/** What an operator decides about terminals. */
export function fleetApi(routes: Routes, relay: Relay): void {
  const body = 'relay-api.schema.json#/$defs/'
  const { revocation, intake, forks, moves } = relay.fleet

  routes.on('revoke', async (request, response, caller) => {
    const order = bodyOf<FleetOrder>(request, `${body}FleetOrder`)
    response.json(standing(await revocation.revoke(order.shop, order.terminal, decided(caller, order))))
  })

  routes.on('reinstate', async (request, response, caller) => {
    const order = bodyOf<FleetOrder>(request, `${body}FleetOrder`)
    await intake.close(order.shop, order.terminal, decided(caller, order))
    response.json(standing(await revocation.reinstate(order.shop, order.terminal, decided(caller, order))))
  })

  routes.on('intake', async (request, response, caller) => {
    const order = bodyOf<IntakeOrder>(request, `${body}IntakeOrder`)
    const answer: IntakeWindow = await intake.open(
      order.shop,
      order.terminal,
      order.seconds,
      decided(caller, order),
    )
    response.json(answer)
  })

  routes.on('closeIntake', async (request, response, caller) => {
    const order = bodyOf<FleetOrder>(request, `${body}FleetOrder`)
    response.json(standing(await intake.close(order.shop, order.terminal, decided(caller, order))))
  })

  routes.on('settleFork', async (request, response, caller) => {
    const order = bodyOf<FleetOrder>(request, `${body}FleetOrder`)
    response.json(standing(await forks.settle(order.shop, order.terminal, decided(caller, order))))
  })

  routes.on('moveEpoch', async (request, response, caller) => {
    const order = bodyOf<FleetOrder>(request, `${body}FleetOrder`)
    response.json(standing(await moves.order(order.shop, order.terminal, decided(caller, order))))
  })

  routes.on('rename', async (request, response, caller) => {
    const order = bodyOf<RenameOrder>(request, 'operator-api.schema.json#/$defs/RenameOrder')
    const { shop, terminal, name: given } = order
    const name = given.normalize('NFC').trim().replaceAll(/\s+/g, ' ')
    const { by } = decided(caller, order)
    const after = await relay.shops.rename(shop, terminal, name, by)
    // A code that was made for one of the names would pair another terminal than the one meant.
    for (const ended of [terminal, name]) await relay.pairings.end(shop, ended)
    relay.log.info({ terminal: after.id, before: terminal, name, by }, 'renamed')
    response.json(standing(after))
  })
}

/** Who is signed in decides in the own name; a command on the relay's machine says in whose. */
function decided(caller: SignedIn | Machine, { by, reason }: FleetOrder): Decided {
  return { by: caller.kind === 'machine' && by !== undefined ? by : nameOf(caller), reason }
}

function standing(terminal: ShopTerminal): TerminalStanding {
  const { id, code, name, epoch, revoked, intake, fork } = terminal
  return {
    id,
    code,
    name,
    epoch,
    revoked: revoked ?? null,
    intake: intake ?? null,
    fork: fork ?? null,
    move: pendingMove(terminal) ?? null,
  }
}
