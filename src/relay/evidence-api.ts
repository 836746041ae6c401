import { viewOf } from '../evidence/view-of.js'
import { answerLong, queryOf } from '../protocol/http.js'
import { dayRangeOf } from '../protocol/queries.js'
import { sendParts } from '../protocol/streams.js'
import type { Relay } from './relay.js'
import type { Routes } from './routes.js'

/** What can be carried away and verified elsewhere, and what the relay finds when it verifies itself. */
export function evidenceApi(routes: Routes, relay: Relay): void {
  routes.on('bundle', async (request, response) => {
    const { from, to } = dayRangeOf(request)
    const format = queryOf(request, 'format') ?? 'records'
    viewOf(format)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    // What was receipted last is to be in it, with its proof.
    await relay.merkleLog.checkpoint()
    const pieces = relay.evidence.bundle({ format, from: from ?? null, to: to ?? null }, gone.signal)
    response.set('content-disposition', `attachment; filename="counterfoil-${format}.zip"`)
    await sendParts(response, 'application/zip', pieces)
  })

  routes.on('verification', async (request, response) => {
    await relay.merkleLog.checkpoint()
    await answerLong(request, response, (progress: (event: { records: number }) => void, signal) =>
      relay.evidence.verify(progress, signal),
    )
  })
}
