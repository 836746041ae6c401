import { isIntakeOpen, isRevoked, pendingMove } from '../../docs/fleet.js'
import type { FleetAlarm, FleetRow, FleetShop, ReceivedReport } from '../../docs/generated/types.js'
import type { Shop, ShopTerminal } from '../../docs/shop.js'
import { isOlder, VERSION } from '../../protocol/version.js'
import { isOpen } from '../incidents.js'
import type { Relay } from '../relay.js'

/** A clock that is further off stamps invoices with a time somebody will ask about. Milliseconds. */
export const CLOCK_MS = 2 * 60_000

/** Of one shop, or of all. */
export function fleetRows(relay: Relay, shop: string | undefined): FleetRow[] {
  const refused = openRefusals(relay)
  return relay.shops
    .all()
    .filter(({ id }) => shop === undefined || id === shop)
    .flatMap((one) =>
      [...one.terminals.values()].map((terminal) => rowOf(relay, one, terminal, refused.has(terminal.id))),
    )
}

/** Of these terminals; those nobody knows are left out. */
export function rowsFor(relay: Relay, terminals: Iterable<string>): FleetRow[] {
  const refused = openRefusals(relay)
  const rows: FleetRow[] = []
  for (const id of terminals) {
    const found = relay.shops.terminal(id)
    if (found) rows.push(rowOf(relay, found.shop, found.terminal, refused.has(id)))
  }
  return rows
}

export function fleetShop({ id, name, policy }: Shop): FleetShop {
  return { id, name, currency: policy.currency, minorDigits: policy.minorDigits }
}

/** Terminals of which something was refused that nobody has accepted. */
function openRefusals(relay: Relay): Set<string> {
  const found = new Set<string>()
  for (const incident of relay.incidents.list())
    if (incident.terminal !== undefined && isOpen(incident)) found.add(incident.terminal)
  return found
}

function rowOf(relay: Relay, shop: Shop, terminal: ShopTerminal, isRefused: boolean): FleetRow {
  const { id, name, code, role, epoch } = terminal
  const heard = relay.watch.reports.of(id)
  const receipt = relay.issued.givenTo(id)
  return {
    terminal: id,
    shop: shop.id,
    name,
    code,
    role,
    epoch,
    standing: isIntakeOpen(terminal, relay.now()) ? 'intake' : isRevoked(terminal) ? 'revoked' : 'active',
    link: relay.isConnected(id) ? 'up' : 'down',
    ...heard,
    ...(receipt ? { receipt } : {}),
    alarms: [...alarmsOf(relay, terminal, isRefused), ...alarmsReported(heard?.last)],
    ...(pendingMove(terminal) ? { moving: true } : {}),
  }
}

function alarmsOf(relay: Relay, { id, fork }: ShopTerminal, isRefused: boolean): FleetAlarm[] {
  return [
    ...(fork && !fork.settled ? (['fork'] as const) : []),
    ...(isRefused ? (['refused'] as const) : []),
    ...(relay.fleet.behind.of(id) ? (['behind'] as const) : []),
  ]
}

function alarmsReported(last: ReceivedReport | undefined): FleetAlarm[] {
  if (!last) return []
  const { skewMs, report } = last
  return [
    ...(isOlder(report.version, VERSION) ? (['old-version'] as const) : []),
    ...(Math.abs(skewMs) > CLOCK_MS ? (['clock'] as const) : []),
    ...(report.logAlarm === undefined ? [] : (['log'] as const)),
    ...(report.blocked === undefined ? [] : (['blocked'] as const)),
    ...(report.damage > 0 ? (['damage'] as const) : []),
    ...(report.storageFailure === undefined ? [] : (['storage'] as const)),
  ]
}
