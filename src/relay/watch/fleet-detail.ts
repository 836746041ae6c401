import type { FleetDetail, GivenEpoch } from '../../docs/generated/types.js'
import { epochBefore } from '../../docs/series.js'
import type { Shop, ShopTerminal } from '../../docs/shop.js'
import type { Relay } from '../relay.js'
import { fleetShop, rowsFor } from './fleet-rows.js'

/** Incidents of one terminal that are told; the list of all has more. */
const INCIDENTS = 100

/** Everything the relay can say of one terminal. @param mayInspect whether the asker sees incidents */
export async function fleetDetail(
  relay: Relay,
  { shop, terminal }: { readonly shop: Shop; readonly terminal: ShopTerminal },
  mayInspect: boolean,
): Promise<FleetDetail> {
  const [row] = rowsFor(relay, [terminal.id])
  if (!row) throw new Error(`There is no terminal ${terminal.id}`)
  const { revoked, intake, fork, behind, move } = terminal
  const { oversold } = await relay.watch.exceptions.of(shop)
  return {
    row,
    shop: fleetShop(shop),
    epochs: epochsOf(terminal),
    dayBooks: dayBooksOf(relay, terminal.id),
    ...(revoked ? { revoked } : {}),
    ...(intake ? { intake } : {}),
    ...(fork ? { fork } : {}),
    ...(behind ? { behind } : {}),
    ...(move ? { move } : {}),
    ...(mayInspect
      ? {
          incidents: relay.incidents
            .list()
            .filter((incident) => incident.terminal === terminal.id)
            .slice(0, INCIDENTS),
        }
      : {}),
    oversold: oversold.filter(({ soldBy }) => soldBy.some(({ code }) => code === terminal.code)),
  }
}

function epochsOf({ keys, given }: ShopTerminal): GivenEpoch[] {
  return [...keys.keys()]
    .toSorted((a, b) => (epochBefore(a, b) ? -1 : 1))
    .map((epoch) => {
      const { at, reason, from } = given.get(epoch) ?? {}
      return {
        epoch,
        ...(at === undefined ? {} : { at }),
        ...(reason === undefined ? {} : { reason }),
        ...(from === undefined ? {} : { from }),
      }
    })
}

function dayBooksOf(relay: Relay, terminal: string): FleetDetail['dayBooks'] {
  let count = 0
  let last: string | undefined
  for (const [, name] of relay.registry.entries()) {
    if (name.kind !== 'daybook' || name.terminal !== terminal) continue
    count += 1
    if (last === undefined || name.day > last) last = name.day
  }
  return { count, ...(last === undefined ? {} : { last }) }
}
