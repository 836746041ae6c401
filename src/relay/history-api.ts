import type { Request } from 'express'
import type { AuditReadsResponse } from '../docs/generated/types.js'
import type { Shelf } from '../docs/shelf.js'
import { answerHistory, asOf } from '../protocol/history-queries.js'
import { queryOf } from '../protocol/http.js'
import { Refused } from '../protocol/problem.js'
import { limitOf } from '../protocol/queries.js'
import { shopBoundTo } from './caller.js'
import type { Relay } from './relay.js'
import type { CallerFor, Routes } from './routes.js'

/** Who changed what, what was known where and when, and who looked. */
export function historyApi(routes: Routes, relay: Relay): void {
  routes.on('history', (request, response, caller) =>
    answerHistory(request, response, shelfOf(request, relay, caller)),
  )

  routes.on('asOf', async (request, response, caller) => {
    response.json(await asOf(request, shelfOf(request, relay, caller), { of: 'relay' }))
  })

  routes.on('reads', async (request, response) => {
    const cursor = queryOf(request, 'cursor')
    if (cursor !== undefined && !/^\d{1,15}$/.test(cursor))
      throw new Refused('invalid', 'invalid-query', 'cursor must be the `next` of the page before.')
    const before = cursor === undefined ? undefined : Number(cursor)
    const { reads, next } = await relay.auditReads.page(queryOf(request, 'by'), before, limitOf(request))
    const answer: AuditReadsResponse = { reads, ...(next === undefined ? {} : { next: String(next) }) }
    response.json(answer)
  })
}

/** What the caller may look through; of one shop where the request names it by id or name. @throws Refused `unknown-shop` */
function shelfOf(request: Request, { histories }: Relay, caller: CallerFor<'history' | 'asOf'>): Shelf {
  const all = histories.shelf(shopBoundTo(caller))
  const wanted = queryOf(request, 'shop')
  if (wanted === undefined) return all
  const shop = all.shop(wanted)
  if (shop === undefined) throw new Refused('notFound', 'unknown-shop', `There is no shop "${wanted}" here.`)
  return histories.shelf(shop)
}
