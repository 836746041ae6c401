import { Router } from 'express'
import { csvParts } from '../../docs/export.js'
import type { ExportNote, ExportNoted, SealedEvent } from '../../docs/generated/types.js'
import { answerHistory, asOf } from '../../protocol/history-queries.js'
import { bodyOf, queryOf } from '../../protocol/http.js'
import { dayRangeOf } from '../../protocol/queries.js'
import { sendJsonList, sendParts } from '../../protocol/streams.js'
import type { Agent } from '../agent.js'
import { EVENTS_BACKLOG_BYTES } from '../http-limits.js'
import type { SignIns } from '../sign-ins.js'
import { askingOf } from './guard.js'
import { personOf, TERMINAL_API } from './person.js'

/** A comment line keeps the stream open through whatever sits between. Milliseconds. */
const HEARTBEAT_MS = 15_000
/** Changes that come together are told together. Milliseconds. */
const STATUS_AFTER_MS = 50

/** Status, events, exports and history. */
export function reportsApi(agent: Agent, signIns: SignIns): Router {
  const api = Router()

  api.get('/status', async (_request, response) => {
    response.json(await agent.status())
  })

  api.get('/events', (_request, response) => {
    const { token } = askingOf(response)
    const mayHear = (): boolean =>
      !signIns.needed || (token !== undefined && signIns.find(token) !== undefined)
    response.status(200).type('text/event-stream').set('cache-control', 'no-store')
    response.flushHeaders()
    const write = (text: string): void => {
      // A stream is one request: that its session still is has to be looked at again each time.
      if (response.writableEnded) return
      if (!mayHear()) response.end()
      else if (response.writableLength > EVENTS_BACKLOG_BYTES) response.destroy()
      else response.write(text)
    }
    const send = (event: string, data: unknown): void =>
      write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    let waiting: NodeJS.Timeout | undefined
    const onStatus = (): void => {
      waiting ??= setTimeout(() => {
        waiting = undefined
        agent.status().then(
          (status) => send('status', status),
          (error: unknown) =>
            agent.log.error({ error: (error as Error).message }, 'the status could not be read'),
        )
      }, STATUS_AFTER_MS)
    }
    const onSealed = (number: string | undefined): void =>
      send('sealed', { number: number ?? null } satisfies SealedEvent)
    const onProgress = (event: unknown): void => send('progress', event)
    const heartbeat = setInterval(() => write(':\n\n'), HEARTBEAT_MS)
    agent.on('status', onStatus).on('sealed', onSealed).on('progress', onProgress)
    onStatus()
    response.on('close', () => {
      clearInterval(heartbeat)
      clearTimeout(waiting)
      agent.off('status', onStatus).off('sealed', onSealed).off('progress', onProgress)
    })
  })

  api.get('/export', async (request, response) => {
    const range = dayRangeOf(request)
    const { from = '', to = '' } = range
    const format = queryOf(request, 'format') ?? 'json'
    // What a failing disk still holds must be had from it.
    await agent.journal.tell(personOf(agent, response, undefined), 'export', { format, from, to })
    if (format === 'csv') {
      const { minorDigits } = agent.documents.shop().policy
      await sendParts(
        response,
        'text/csv',
        csvParts(agent.lookup.all(range), () => minorDigits),
      )
      return
    }
    await sendJsonList(response, 'invoices', agent.lookup.all(range))
  })

  api.post('/exports', async (request, response) => {
    const { by, format, from = '', to = '' } = bodyOf<ExportNote>(request, `${TERMINAL_API}ExportNote`)
    const person = personOf(agent, response, { by })
    await agent.journal.tell(person, 'export', { format, from, to })
    const answer: ExportNoted = { by: person, format }
    response.status(201).json(answer)
  })

  api.get('/history', (request, response) => answerHistory(request, response, agent.histories.shelf()))

  api.get('/as-of', async (request, response) => {
    response.json(await asOf(request, agent.histories.shelf(), agent.histories.view))
  })

  return api
}
