import type {
  IncidentList,
  PairingRequest,
  PairingResponse,
  RelayStatus,
  ShopOptions,
  ShopSettled,
  TerminalBrief,
} from '../docs/generated/types.js'
import { csvParts } from '../docs/export.js'
import type { ShopTerminal } from '../docs/shop.js'
import { bodyOf, queryOf } from '../protocol/http.js'
import { Refused } from '../protocol/problem.js'
import { dayRangeOf } from '../protocol/queries.js'
import { sendJsonList, sendParts } from '../protocol/streams.js'
import type { Told } from '../protocol/told.js'
import { VERSION } from '../protocol/version.js'
import { mustBeOwnShop, nameOf, shopBoundTo } from './caller.js'
import type { Relay } from './relay.js'
import type { Routes } from './routes.js'

const body = 'relay-api.schema.json#/$defs/'

/** What people and the operator's commands may ask: an operator of all, a manager of one shop. */
export function adminApi(routes: Routes, relay: Relay): void {
  routes.on('pairings', async (request, response, caller) => {
    const { shop, terminal, role = 'till' } = bodyOf<PairingRequest>(request, `${body}PairingRequest`)
    relay.shops.mayPair(shop, terminal)
    const by = nameOf(caller)
    // The shop is founded now, so that a mistake in its settings is told to the operator and not to the cashier.
    if (!relay.shops.byName(shop)) await relay.shops.configure(shop, {}, by)
    const { code, expiresAt } = await relay.pairings.create(shop, terminal, role, by)
    relay.log.info({ shop, terminal, role, by }, 'pairing code made')
    const answer: PairingResponse = {
      code,
      shop,
      terminal,
      role,
      expiresAt: new Date(expiresAt).toISOString(),
    }
    response.status(201).json(answer)
  })

  routes.on('shops', async (request, response, caller) => {
    const name = queryOf(request, 'name')
    if (!name || name.length > 500) throw new Refused('invalid', 'invalid-query', 'Name the shop: ?name=…')
    mustBeOwnShop(caller, relay.shops.byName(name)?.id)
    const options = bodyOf<ShopOptions>(request, `${body}ShopOptions`)
    const shop = await relay.shops.configure(name, options, nameOf(caller))
    const answer: Told<ShopSettled> = { ...shop, terminals: [...shop.terminals.values()].map(withoutKeys) }
    response.json(answer)
  })

  routes.on('status', (_request, response, caller) => {
    const own = shopBoundTo(caller)
    const ownName = own === undefined ? undefined : relay.shops.get(own).name
    const isShown = ({ shop }: { readonly shop: string }): boolean =>
      ownName === undefined || shop === ownName
    const answer: Told<RelayStatus> = {
      relay: relay.identity.id,
      organisation: relay.identity.organisation,
      publicKey: relay.identity.signer.publicKey,
      version: VERSION,
      // What concerns the whole relay says something of other shops.
      ...(own === undefined
        ? {
            documents: relay.registry.size,
            receipts: relay.issued.serial,
            damage: relay.durable.storage.damage(),
            log: { size: relay.merkleLog.size, damaged: relay.merkleLog.broken ?? null },
          }
        : {}),
      forks: relay.fleet.forks.open().filter(isShown),
      behind: relay.fleet.behind.list().filter(isShown),
      shops: relay.shops
        .all()
        .filter(({ id }) => own === undefined || id === own)
        .map((shop) => ({
          id: shop.id,
          name: shop.name,
          currency: shop.policy.currency,
          terminals: [...shop.terminals.values()].map((terminal) => ({
            ...withoutKeys(terminal),
            connected: relay.isConnected(terminal.id),
          })),
        })),
    }
    response.json(answer)
  })

  routes.on('export', async (request, response, caller) => {
    const invoices = relay.invoices.all(dayRangeOf(request), shopBoundTo(caller))
    if (queryOf(request, 'format') === 'csv') {
      await sendParts(
        response,
        'text/csv',
        csvParts(invoices, ({ terminal }) => relay.minorDigits(terminal)),
      )
      return
    }
    await sendJsonList(response, 'invoices', invoices)
  })

  routes.on('incidents', (_request, response) => {
    const answer: Told<IncidentList> = { incidents: relay.incidents.list() }
    response.json(answer)
  })

  routes.on('evidence', async (request, response) => {
    const serial = String(request.params['serial'])
    const bytes = /^\d{1,15}$/.test(serial) ? await relay.incidents.evidence(Number(serial)) : undefined
    if (!bytes) {
      throw new Refused('notFound', 'no-evidence', `Of an incident ${serial} nothing is kept here.`)
    }
    // It is what an attacker sent: a browser must save it and never show it.
    response.set({
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename="incident-${serial}.bin"`,
    })
    response.end(bytes)
  })
}

function withoutKeys({ id, code, name, role, epoch, revoked, intake }: ShopTerminal): TerminalBrief {
  return {
    id,
    code,
    name,
    role,
    epoch,
    ...(revoked === undefined ? {} : { revoked }),
    ...(intake === undefined ? {} : { intake }),
  }
}
