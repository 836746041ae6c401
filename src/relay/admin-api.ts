import { timingSafeEqual } from 'node:crypto'
import express, { Router, type RequestHandler } from 'express'
import type { PairingRequest, PairingResponse, ShopOptions } from '../docs/generated/types.js'
import { csvParts } from '../docs/export.js'
import { historyAbout } from '../docs/history-query.js'
import type { ShopTerminal } from '../docs/shop.js'
import { bodyOf, queryOf } from '../protocol/http.js'
import { sendJsonList, sendParts } from '../protocol/streams.js'
import { Refused } from '../protocol/problem.js'
import { VERSION } from '../protocol/version.js'
import { dayRangeOf } from '../protocol/queries.js'
import { fleetApi } from './fleet-api.js'
import type { Relay } from './relay.js'

/** Only who can read the relay's directory knows the token: commands run by the operator on the same machine. */
function operatorsOnly(token: string): RequestHandler {
  const expected = Buffer.from(`Bearer ${token}`)
  return (request, _response, next) => {
    const given = Buffer.from(request.get('authorization') ?? '')
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new Refused(
        'unauthenticated',
        'operators-only',
        'This is for the relay operator, on the relay’s machine.',
      )
    }
    next()
  }
}

/** What the relay's operator may ask, through the command. */
export function adminApi(relay: Relay, token: string): Router {
  const api = Router()
  api.use(operatorsOnly(token))
  api.use(express.json({ limit: '64kb' }))
  const body = 'relay-api.schema.json#/$defs/'

  api.post('/pairings', async (request, response) => {
    const { shop, terminal, role = 'till' } = bodyOf<PairingRequest>(request, `${body}PairingRequest`)
    relay.shops.mayPair(shop, terminal)
    // The shop is founded now, so that a mistake in its settings is told to the operator and not to the cashier.
    if (!relay.shops.byName(shop)) await relay.shops.configure(shop, {})
    const { code, expiresAt } = await relay.pairings.create(shop, terminal, role)
    relay.log.info({ shop, terminal, role }, 'pairing code made')
    const answer: PairingResponse = {
      code,
      shop,
      terminal,
      role,
      expiresAt: new Date(expiresAt).toISOString(),
    }
    response.status(201).json(answer)
  })

  api.put('/shops', async (request, response) => {
    const name = queryOf(request, 'name')
    if (!name || name.length > 500) throw new Refused('invalid', 'invalid-query', 'Name the shop: ?name=…')
    const shop = await relay.shops.configure(name, bodyOf<ShopOptions>(request, `${body}ShopOptions`))
    response.json({ ...shop, terminals: [...shop.terminals.values()].map(withoutKeys) })
  })

  api.use(fleetApi(relay))

  api.get('/status', (_request, response) => {
    response.json({
      relay: relay.identity.id,
      organisation: relay.identity.organisation,
      publicKey: relay.identity.signer.publicKey,
      version: VERSION,
      documents: relay.registry.size,
      receipts: relay.issued.serial,
      damage: relay.durable.storage.damage(),
      forks: relay.fleet.forks.open(),
      behind: relay.fleet.behind.list(),
      shops: relay.shops.all().map((shop) => ({
        id: shop.id,
        name: shop.name,
        currency: shop.policy.currency,
        terminals: [...shop.terminals.values()].map((terminal) => ({
          ...withoutKeys(terminal),
          connected: relay.isConnected(terminal.id),
        })),
      })),
    })
  })

  api.get('/export', async (request, response) => {
    const range = dayRangeOf(request)
    if (queryOf(request, 'format') === 'csv') {
      await sendParts(
        response,
        'text/csv',
        csvParts(relay.invoices.all(range), ({ terminal }) => relay.minorDigits(terminal)),
      )
      return
    }
    await sendJsonList(response, 'invoices', relay.invoices.all(range))
  })

  api.get('/history', async (request, response) => {
    await sendJsonList(
      response,
      'history',
      historyAbout(relay.library, queryOf(request, 'about'), relay.shardsOf),
    )
  })

  return api
}

function withoutKeys({ id, code, name, role, epoch, revoked, intake }: ShopTerminal) {
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
