import { Router } from 'express'
import type {
  Cancelled,
  ForcePreview,
  ForceRequest,
  ForceResult,
  OnlineRequest,
  OnlyBy,
  SyncResult,
  WorkProgress,
} from '../../docs/generated/types.js'
import { answerLong, bodyOf, queryOf } from '../../protocol/http.js'
import { Refused } from '../../protocol/problem.js'
import type { Told } from '../../protocol/told.js'
import type { Agent } from '../agent.js'
import { personOf, TERMINAL_API } from './person.js'

/** The sync actions. Each answers when it has ended; with Accept: application/x-ndjson it tells how far it is. */
export function syncApi(agent: Agent): Router {
  const api = Router()

  api.post('/sync', async (request, response) => {
    await answerLong<WorkProgress, Told<SyncResult>>(request, response, (progress, signal) =>
      agent.sync(progress, signal),
    )
  })
  api.post('/online', async (request, response) => {
    if (typeof request.body === 'object' && request.body !== null && !('confirm' in request.body)) {
      throw new Refused(
        'invalid',
        'not-confirmed',
        'Working as online client syncs and then stays connected. Confirm it with {"confirm":true}.',
      )
    }
    const body = bodyOf<OnlineRequest>(request, `${TERMINAL_API}OnlineRequest`)
    await answerLong<WorkProgress, Told<SyncResult>>(request, response, (progress, signal) =>
      agent.goOnline(personOf(agent, response, body), progress, signal),
    )
  })
  api.post('/disconnect', async (request, response) => {
    await agent.disconnect(personOf(agent, response, bodyOf<OnlyBy>(request, `${TERMINAL_API}OnlyBy`)))
    response.json(await agent.status())
  })
  api.post('/force', async (request, response) => {
    const body = bodyOf<ForceRequest>(request, `${TERMINAL_API}ForceRequest`)
    await answerLong<WorkProgress, Told<ForceResult>>(request, response, (progress) =>
      agent.forceComplete(personOf(agent, response, body), body.keepCatalogue ?? true, progress),
    )
  })
  api.get('/force/preview', async (request, response) => {
    const keepCatalogue = queryOf(request, 'keepCatalogue') !== 'false'
    const [{ unreceipted, receipted }, bills, handoff] = await Promise.all([
      agent.status(),
      agent.desk.unsealed(),
      agent.force.preview(keepCatalogue),
    ])
    const answer: ForcePreview = {
      invoices: unreceipted.invoices + receipted.invoices,
      creditNotes: unreceipted.creditNotes + receipted.creditNotes,
      payable: unreceipted.payable + receipted.payable,
      unreceipted: unreceipted.invoices + unreceipted.creditNotes,
      openBills: bills.length,
      ...handoff,
    }
    response.json(answer)
  })
  api.post('/work/cancel', async (_request, response) => {
    const answer: Cancelled = { cancelled: await agent.cancel() }
    response.json(answer)
  })
  api.post('/mark-synced', async (request, response) => {
    response.json(
      await agent.markSynced(personOf(agent, response, bodyOf<OnlyBy>(request, `${TERMINAL_API}OnlyBy`))),
    )
  })

  api.get('/log', (_request, response) => {
    response.json(agent.disk.checkpoints.seen)
  })
  api.post('/log/settle', async (request, response) => {
    response.json(
      await agent.settleLog(personOf(agent, response, bodyOf<OnlyBy>(request, `${TERMINAL_API}OnlyBy`))),
    )
  })

  return api
}
