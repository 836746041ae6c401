import type { Request } from 'express'
import type { DocumentId } from '../docs/naming.js'
import { queryOf } from '../protocol/http.js'
import { Refused } from '../protocol/problem.js'
import { dayRangeOf } from '../protocol/queries.js'
import { auditExceptions } from './audit/exceptions.js'
import { auditRecord } from './audit/record.js'
import { searchRecords } from './audit/search.js'
import { mustBeOwnShop, shopBoundTo, type Machine, type SignedIn } from './caller.js'
import type { Relay } from './relay.js'
import type { Routes } from './routes.js'

const PAGE = 50
const MOST = 200
const TEXT_LENGTH = 200

/** What those who audit look for and into. */
export function auditApi(routes: Routes, relay: Relay): void {
  const { sealed, facts } = relay

  routes.on('records', async (request, response, caller) => {
    const query = {
      shop: shopAsked(request, caller),
      ...dayRangeOf(request),
      number: textOf(request, 'number')?.toUpperCase(),
      least: wholeOf(request, 'least'),
      most: wholeOf(request, 'most'),
      sku: textOf(request, 'sku'),
      by: textOf(request, 'by'),
      terminal: textOf(request, 'terminal')?.toUpperCase(),
      what: textOf(request, 'what'),
      cursor: textOf(request, 'cursor'),
      limit: Math.min(MOST, Math.max(1, wholeOf(request, 'limit') ?? PAGE)),
    }
    response.json(await searchRecords(sealed, facts, query))
  })

  routes.on('record', async (request, response, caller) => {
    const id = String(request.params['document'])
    const position = Number(request.params['position'])
    const name = relay.registry.get(id)
    const own = shopBoundTo(caller)
    // Whether there is one in another shop is not told to a manager (A2).
    const isHere = name?.kind === 'daybook' && (own === undefined || name.shop === own)
    if (!isHere || !Number.isSafeInteger(position) || position < 1)
      throw new Refused(
        'notFound',
        'unknown-record',
        `There is no day book ${id} with a record ${position} here.`,
      )
    response.json(await auditRecord(sealed, relay.shops, id as DocumentId, name, position))
  })

  routes.on('audit', async (request, response, caller) => {
    const shop = shopAsked(request, caller)
    response.json(await auditExceptions(sealed, facts, relay.arrivals, shop, relay.now()))
  })
}

/** The shop that is asked about; a manager's own, whatever is asked. @throws Refused `not-your-shop` */
function shopAsked(request: Request, caller: SignedIn | Machine): string | undefined {
  const own = shopBoundTo(caller)
  const asked = textOf(request, 'shop')
  if (own !== undefined && asked !== undefined) mustBeOwnShop(caller, asked)
  return own ?? asked
}

function textOf(request: Request, name: string): string | undefined {
  const value = queryOf(request, name)
  if (value !== undefined && value.length > TEXT_LENGTH)
    throw new Refused('invalid', 'invalid-query', `${name} is too long: at most ${TEXT_LENGTH} letters.`)
  return value === '' ? undefined : value
}

function wholeOf(request: Request, name: string): number | undefined {
  const value = textOf(request, name)
  if (value === undefined) return undefined
  if (!/^-?\d{1,15}$/.test(value))
    throw new Refused('invalid', 'invalid-query', `"${value}" is no ${name}: give a whole number.`)
  return Number(value)
}
