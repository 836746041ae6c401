import { readFile } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { once, type EventEmitter } from 'node:events'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HealthResponse } from '../../../src/docs/generated/types.js'
import { tea, World, type RunningRelay } from '../../support/world.js'
import { OPERATOR } from '../browser.js'
import { ask } from '../raw-http.js'
import { RawTerminal } from '../raw-terminal.js'
import { reportOf } from './reports-of.js'

let world: World
let relay: RunningRelay

beforeAll(async () => {
  world = await World.make()
  relay = await world.relay()
  // The first sample comes when it is known how full the disk is.
  const { watch } = relay.relay
  if (watch.health.response().times.length === 0) await once(watch.streams.events as EventEmitter, 'health')
})
afterAll(() => world.end())

async function health(query = ''): Promise<HealthResponse> {
  const path = `/v1/admin/health${query}`
  return (await ask<HealthResponse>(relay.url, 'GET', path, { token: OPERATOR })).body
}

describe('health', () => {
  test('is a sample a minute, with what was counted since as rates', async () => {
    const began = Date.now()
    let minutes = 0
    world.now = () => new Date(began + minutes * 60_000)
    relay.relay.watch.health.sample()
    const from = (await health()).times.length
    const till = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    await till.till.sell(tea())
    await till.sync()
    minutes = 1
    relay.relay.watch.health.sample()
    const { times, series, stepSeconds } = await health()
    expect(stepSeconds).toBe(60)
    expect(times).toHaveLength(from + 1)
    for (const values of Object.values(series)) expect(values).toHaveLength(times.length)
    expect(series.documents.at(-1)).toBe(relay.relay.registry.size)
    for (const rate of ['records', 'receipts', 'requests'] as const)
      expect(series[rate].at(-1), rate).toBeGreaterThan(0)
    expect(series.refusals.at(-1)).toBe(0)
    expect(series.memory.at(-1)).toBeGreaterThan(1e6)
    expect(series.lag.at(-1)).toBeGreaterThanOrEqual(0)
    expect(series.storageFree.at(-1)).toBeGreaterThan(0)

    const late = await health(`?since=${times.at(-2)}`)
    expect(late.times).toEqual(times.slice(-1))
    world.now = () => new Date()
  })

  test('keeps a day, and no more', async () => {
    for (let samples = 0; samples < 24 * 60 + 5; samples += 1) relay.relay.watch.health.sample()
    expect((await health()).times).toHaveLength(24 * 60)
  })

  test.each(['?since=yesterday', '?since=1&since=2', '?since=-1'])('R1 %s is refused', async (query) => {
    const answer = await ask(relay.url, 'GET', `/v1/admin/health${query}`, { token: OPERATOR })
    expect(answer).toMatchObject({ status: 400, body: { type: 'counterfoil:invalid-query' } })
  })
})

/** As another program would ask: with whatever headers. */
async function scrape(
  to: RunningRelay,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(to.url)
  const asked = request({ hostname, port, path: '/metrics', agent: false, headers })
  asked.end()
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: response.statusCode ?? 0, body: await text(response) }
}

/** Names of what is measured, with their types. */
function familiesIn(body: string): Map<string, string> {
  return new Map([...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]))
}

describe('/metrics', () => {
  test('says of each figure what it is, under names as Prometheus wants them', async () => {
    const till = await RawTerminal.paired(relay, 'T02')
    await till.post('/v1/report', reportOf(new Date(), { damage: 1 }))
    await relay.relay.incidents.note({ kind: 'limit', code: 'x', reason: 'x', address: '10.0.0.1' })
    const { status, body } = await scrape(relay)
    expect(status).toBe(200)
    const families = familiesIn(body)
    expect(families.size).toBeGreaterThan(20)
    for (const [name, type] of families) {
      expect(body, name).toMatch(new RegExp(`^# HELP ${name} \\S.{10,}$`, 'm'))
      expect(name).toMatch(/^(counterfoil|process)_[a-z_]+$/)
      if (type === 'counter') expect(name).toMatch(/_total$/)
      else expect(name).not.toMatch(/_total$/)
    }
    for (const line of [
      /^counterfoil_build_info\{version="\d+\.\d+\.\d+"\} 1$/m,
      /^counterfoil_terminals\{standing="active"\} 2$/m,
      /^counterfoil_terminals_alarmed\{alarm="damage"\} 1$/m,
      /^counterfoil_terminals_alarmed\{alarm="fork"\} 0$/m,
      /^counterfoil_unreceipted_sales 4$/m,
      /^counterfoil_unreceipted_oldest_timestamp_seconds \d+$/m,
      /^counterfoil_incidents_total\{kind="limit"\} 1$/m,
      /^counterfoil_reports_total [1-9]/m,
      /^counterfoil_receipts_total [1-9]/m,
      /^counterfoil_http_request_duration_seconds_count\{route="\/v1\/report",status="2xx"\} [1-9]/m,
    ])
      expect(body).toMatch(line)
  })

  test('the dashboard in docs asks for nothing that is not measured', async () => {
    const families = familiesIn((await scrape(relay)).body)
    const file = new URL('../../../docs/grafana-dashboard.json', import.meta.url)
    const dashboard = JSON.parse(await readFile(file, 'utf8')) as {
      panels: { title: string; targets?: { expr: string }[] }[]
    }
    const asked = new Set<string>()
    for (const { targets = [] } of dashboard.panels)
      for (const { expr } of targets)
        for (const [name] of expr.matchAll(/\b(?:counterfoil|process)_[a-z_]+/g)) asked.add(name)
    expect(asked.size).toBeGreaterThan(12)
    const known = [...families].flatMap(([name, type]) =>
      type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    )
    expect([...asked].filter((name) => !known.includes(name))).toEqual([])
  })

  test('A1 is told to this machine only, and not through a proxy on it', async () => {
    const foreign: Readonly<Record<string, string>>[] = [
      { 'x-forwarded-for': '203.0.113.9' },
      { forwarded: 'for=203.0.113.9' },
      { via: '1.1 proxy' },
      { host: 'attacker.example' },
    ]
    for (const headers of foreign) {
      const { status, body } = await scrape(relay, headers)
      expect([status, body.includes('counterfoil_')], JSON.stringify(headers)).toEqual([401, false])
      expect(body).toContain('metricsToken')
    }
    const proxied = await world.relay({ name: 'proxied', proxies: ['127.0.0.1'] })
    expect((await scrape(proxied)).status).toBe(401)
    expect((await scrape(proxied, { authorization: `Bearer ${OPERATOR}` })).status).toBe(200)
  })

  test('A1 is told elsewhere to who has the token of the config file', async () => {
    const metricsToken = 'a-token-for-prometheus'
    const other = await world.relay({ name: 'with-token', proxies: ['127.0.0.1'], metricsToken })
    expect((await scrape(other, { authorization: `Bearer ${metricsToken}` })).status).toBe(200)
    for (const wrong of [`Bearer ${metricsToken}x`, 'Bearer ', metricsToken])
      expect((await scrape(other, { authorization: wrong })).status).toBe(401)
  })
})
