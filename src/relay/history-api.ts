import type { AuditReadsResponse } from '../docs/generated/types.js'
import { answerHistory, asOf } from '../protocol/history-queries.js'
import { queryOf } from '../protocol/http.js'
import { Refused } from '../protocol/problem.js'
import { limitOf } from '../protocol/queries.js'
import { shopBoundTo } from './caller.js'
import type { Relay } from './relay.js'
import type { Routes } from './routes.js'

/** Who changed what, what was known where and when, and who looked. */
export function historyApi(routes: Routes, relay: Relay): void {
  routes.on('history', (request, response, caller) =>
    answerHistory(request, response, relay.histories.shelf(shopBoundTo(caller))),
  )

  routes.on('asOf', async (request, response, caller) => {
    response.json(await asOf(request, relay.histories.shelf(shopBoundTo(caller)), { of: 'relay' }))
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
