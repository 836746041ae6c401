import type {
  AcceptOrder,
  Done,
  ExceptionsResponse,
  FleetResponse,
  TerminalReport,
} from '../docs/generated/types.js'
import { bodyOf, queryOf } from '../protocol/http.js'
import { Refused } from '../protocol/problem.js'
import { VERSION } from '../protocol/version.js'
import { mustBeOwnShop, nameOf, shopBoundTo, type Machine, type SignedIn } from './caller.js'
import { isOpen } from './incidents.js'
import type { Relay } from './relay.js'
import type { Routes } from './routes.js'
import { fleetDetail } from './watch/fleet-detail.js'
import { fleetRows, fleetShop } from './watch/fleet-rows.js'

/** What terminals tell of themselves, and what those who watch over them are shown. */
export function watchApi(routes: Routes, relay: Relay): void {
  const { watch } = relay

  routes.on('report', (request, response, { identity }) => {
    const report = bodyOf<TerminalReport>(request, 'report.schema.json#/$defs/TerminalReport')
    mustBeTimes(report)
    watch.report(identity.terminal, report)
    const answer: Done = {}
    response.json(answer)
  })

  routes.on('fleet', (_request, response, caller) => {
    const own = shopBoundTo(caller)
    const answer: FleetResponse = {
      at: relay.now().toISOString(),
      version: VERSION,
      shops: shopsOf(relay, own).map(fleetShop),
      terminals: fleetRows(relay, own),
    }
    response.json(answer)
  })

  routes.on('fleetOne', async (request, response, caller) => {
    const id = String(request.params['terminal'])
    const found = relay.shops.terminal(id)
    // Whether there is one in another shop is not told to a manager (A2).
    if (shopBoundTo(caller) !== undefined) mustBeOwnShop(caller, found?.shop.id)
    if (!found)
      throw new Refused('notFound', 'unknown-terminal', `There is no terminal with the id ${id} here.`)
    response.json(await fleetDetail(relay, found, mayInspect(caller)))
  })

  routes.on('events', (request, response, caller) => {
    watch.streams.open(request, response, caller, mayInspect(caller))
  })

  routes.on('exceptions', async (_request, response, caller) => {
    const own = shopBoundTo(caller)
    const answer: ExceptionsResponse = {
      at: relay.now().toISOString(),
      shops: await Promise.all(shopsOf(relay, own).map((shop) => watch.exceptions.of(shop))),
      ...(mayInspect(caller) ? { refused: relay.incidents.list().filter(isOpen) } : {}),
      quarantined: watch.exceptions.quarantined(own),
    }
    response.json(answer)
  })

  routes.on('healthSeries', (request, response) => {
    const since = queryOf(request, 'since')
    if (since !== undefined && !/^\d{1,12}$/.test(since))
      throw new Refused('invalid', 'invalid-query', 'since must be a time in whole seconds since 1970.')
    response.json(watch.health.response(Number(since ?? 0)))
  })

  routes.on('acceptIncident', async (request, response, caller) => {
    const order = bodyOf<AcceptOrder>(request, 'operator-api.schema.json#/$defs/AcceptOrder')
    const by = caller.kind === 'machine' && order.by !== undefined ? order.by : nameOf(caller)
    const incident = await relay.incidents.accept(order.serial, { by, reason: order.reason })
    relay.log.info({ incident: incident.serial, by, reason: order.reason }, 'an incident was accepted')
    response.json(incident)
  })
}

/** A date no calendar has, such as the 45th, passes the pattern of an instant. @throws Refused `bad-time` */
function mustBeTimes({ at, unreceipted: { oldest } }: TerminalReport): void {
  for (const time of [at, ...(oldest === undefined ? [] : [oldest])]) {
    if (!Number.isFinite(Date.parse(time)))
      throw new Refused('invalid', 'bad-time', `${time} is no time: no calendar has it.`)
  }
}

function shopsOf(relay: Relay, own: string | undefined) {
  return relay.shops.all().filter(({ id }) => own === undefined || id === own)
}

/** As the access table has it of `incidents`: a manager sees none. */
function mayInspect(caller: SignedIn | Machine): boolean {
  return caller.kind === 'machine' || caller.person.role !== 'manager'
}
