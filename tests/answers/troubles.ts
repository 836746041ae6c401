import { expect } from 'vitest'
import type { ForceResult, SyncResult, TerminalStatus } from '../../src/docs/generated/types.js'
import type { Agent } from '../../src/terminal/agent.js'
import { tea, type RunningRelay } from '../support/world.js'
import type { Asking } from './asking.js'

const LINES = { accept: 'application/x-ndjson' }

/** A terminal with what its agent is asked at. */
export interface Till {
  readonly agent: Agent
  readonly asking: Asking
}

/** What an operator decides about a terminal, and sees of it then. */
async function decide(operator: Asking, what: string, terminal: string, more: object = {}): Promise<void> {
  const body = { shop: 'Main', terminal, by: 'Olga', reason: 'as agreed', ...more }
  await operator.good(`POST /v1/admin/terminals/${what}`, { body })
}

/** Two live copies of a terminal were seen; then it is revoked, and hands in what it has. */
export async function forkedAndRevoked(relay: RunningRelay, operator: Asking, till: Till): Promise<void> {
  const { agent, asking } = till
  const { terminal, name, epoch } = agent.identity
  const detail = `GET /v1/admin/fleet/${terminal}`
  await agent.till.sell(tea())
  await relay.relay.fleet.forks.note(terminal, epoch, 'diverged', 'two records at position 3')
  await operator.good('GET /v1/admin/status')
  await asking.ask('POST /v1/sync')
  expect(await asking.good<TerminalStatus>('GET /v1/status')).toMatchObject({ fork: { epoch } })
  await asking.good('GET /v1/shop')
  await operator.good(detail)
  await decide(operator, 'settle-fork', name)
  await decide(operator, 'revoke', name)
  expect(await asking.ask('POST /v1/sync')).toMatchObject({ status: 403 })
  expect(await asking.good<TerminalStatus>('GET /v1/status')).toMatchObject({ blocked: { why: 'revoked' } })
  await decide(operator, 'intake', name, { seconds: 60 })
  await operator.good(detail)
  expect(await asking.good<SyncResult>('POST /v1/sync')).toMatchObject({ intake: true })
  await decide(operator, 'close-intake', name)
  await decide(operator, 'reinstate', name)
  const again = { body: { shop: 'Main', terminal: name } }
  expect(await operator.ask('POST /v1/admin/terminals/reinstate', again)).toMatchObject({ status: 409 })
}

/** A terminal moves to its next epoch. */
export async function moved(operator: Asking, { agent, asking }: Till): Promise<void> {
  const { terminal, name } = agent.identity
  await decide(operator, 'move-epoch', name)
  await operator.good(`GET /v1/admin/fleet/${terminal}`)
  expect(await asking.good<SyncResult>('POST /v1/sync')).toMatchObject({ newEpoch: 'B' })
  await asking.good('GET /v1/shop')
}

/** The relay is gone, and a till says so. */
export async function alone({ agent, asking }: Till): Promise<void> {
  await agent.till.sell(tea())
  await asking.good<TerminalStatus>('GET /v1/status')
  expect(await asking.ask('POST /v1/sync')).toMatchObject({ status: 503 })
  expect((await asking.ask<string>('POST /v1/sync', { headers: LINES })).body).toContain('"problem"')
  expect(await asking.ask<ForceResult>('POST /v1/force')).toMatchObject({ status: 503 })
  // Begun, and to go on when the relay is there.
  expect((await asking.good<TerminalStatus>('GET /v1/status')).force).toMatchObject({ running: false })
}
