import { Router, type Response } from 'express'
import type {
  PrintingRequest,
  ShopFacts,
  ShopFactsRequest,
  UserNameRequest,
  UserPinRequest,
  UserRequest,
} from '../../docs/generated/types.js'
import { bodyOf } from '../../protocol/http.js'
import { Refused } from '../../protocol/problem.js'
import { within } from '../../protocol/within.js'
import type { Agent } from '../agent.js'
import type { PrintingSettings } from '../printing.js'
import type { RelaySession } from '../relay-session.js'
import { personOf, TERMINAL_API } from './person.js'

/** A manager waits for it. Milliseconds. */
const ANSWER_MS = 20_000

/** What managers set up: people and the shop at the relay, in online mode; printing on this terminal. */
export function setupApi(agent: Agent, printing: PrintingSettings): Router {
  const api = Router()

  /** Asks the relay, which keeps it; every terminal of the shop learns it with its next sync, this one at once. */
  const atRelay = async <R>(work: (session: RelaySession, signal: AbortSignal) => Promise<R>): Promise<R> => {
    mustBeOnline(agent)
    return within(ANSWER_MS, [], (signal) => agent.link.use((session) => work(session, signal), signal))
  }
  const change = async <R>(work: (session: RelaySession, signal: AbortSignal) => Promise<R>): Promise<R> => {
    const answer = await atRelay(work)
    await agent.sync()
    return answer
  }
  const by = (response: Response, body: { readonly by?: string }): string => personOf(agent, response, body)

  api.get('/setup/users', async (_request, response) => {
    response.json(await atRelay((session, signal) => session.cashiers(signal)))
  })
  api.post('/setup/users', async (request, response) => {
    const body = bodyOf<UserRequest>(request, `${TERMINAL_API}UserRequest`)
    const asked = { ...body, by: by(response, body) }
    response.status(201).json(await change((session, signal) => session.addCashier(asked, signal)))
  })
  api.put('/setup/users/pin', async (request, response) => {
    const body = bodyOf<UserPinRequest>(request, `${TERMINAL_API}UserPinRequest`)
    const asked = { ...body, by: by(response, body) }
    response.json(await change((session, signal) => session.changePin(asked, signal)))
  })
  api.post('/setup/users/remove', async (request, response) => {
    const body = bodyOf<UserNameRequest>(request, `${TERMINAL_API}UserNameRequest`)
    const asked = { ...body, by: by(response, body) }
    response.json(await change((session, signal) => session.removeCashier(asked, signal)))
  })

  api.put('/setup/shop', async (request, response) => {
    const body = bodyOf<ShopFactsRequest>(request, `${TERMINAL_API}ShopFactsRequest`)
    const asked = { ...body, by: by(response, body) }
    await change((session, signal) => session.changeShop(asked, signal))
    const { name, address, taxId } = agent.documents.shop()
    const answer: ShopFacts = { name, address: address ?? null, taxId: taxId ?? null }
    response.json(answer)
  })

  api.get('/setup/printing', async (_request, response) => {
    response.json(await printing.read())
  })
  api.put('/setup/printing', async (request, response) => {
    const { by: _by, ...settings } = bodyOf<PrintingRequest>(request, `${TERMINAL_API}PrintingRequest`)
    mustBeOnline(agent)
    await printing.write(settings)
    response.json(settings)
  })

  return api
}

function mustBeOnline({ mode }: Agent): void {
  if (mode === 'online') return
  throw new Refused(
    'forbidden',
    'online-only',
    'Set-Up is there in online mode only, so that managers see each other’s edits. Work as online client first.',
  )
}
