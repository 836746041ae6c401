import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Held } from './held.js'

interface Answer {
  readonly status?: number
  readonly type?: string
  readonly text: string
}

let server: Server
let held: Held
let answer: Answer

beforeEach(async () => {
  server = createServer((_request, response) => {
    const { status = 200, type = 'application/json', text } = answer
    response.writeHead(status, { 'content-type': type }).end(text)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  held = await Held.begin()
  held.watch(urlOf(''), 'terminal')
})
afterEach(async () => {
  held.end()
  await new Promise((resolve) => server.close(resolve))
})

const urlOf = (path: string): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`

async function wrongWith(path: string, answered: Answer, method = 'GET'): Promise<string[]> {
  answer = answered
  await (await fetch(urlOf(path), { method })).text()
  await held.settled()
  return held.wrong
}

const problem = {
  type: 'counterfoil:unknown-bill',
  title: 'Not found',
  status: 404,
  detail: 'There is none.',
}
const lines = (...values: readonly object[]): Answer => ({
  type: 'application/x-ndjson',
  text: values.map((value) => `${JSON.stringify(value)}\n`).join(''),
})
const event = (name: string, data: object): Answer => ({
  type: 'text/event-stream',
  text: `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`,
})

describe('an answer', () => {
  test('that is as its document says is seen, and nothing is wrong', async () => {
    expect(await wrongWith('/v1/work/cancel', { text: '{"cancelled":true}' }, 'POST')).toEqual([])
    expect(await wrongWith('/v1/me', { text: '{"person":null}' })).toEqual([])
    const refused = { status: 404, type: 'application/problem+json', text: JSON.stringify(problem) }
    expect(await wrongWith('/v1/bills/x', refused)).toEqual([])
    expect(await wrongWith('/v1/items', lines({ progress: { done: 1, total: 2 } }), 'POST')).toEqual([])
    expect(await wrongWith('/v1/events', event('sealed', { number: null }))).toEqual([])
    expect([...held.seen].toSorted()).toEqual([
      'terminal GET /v1/bills/{bill} 404',
      'terminal GET /v1/events 200',
      'terminal GET /v1/events 200 sealed',
      'terminal GET /v1/me 200',
      'terminal POST /v1/items 200',
      'terminal POST /v1/work/cancel 200',
    ])
  })

  test.each<[string, string, Answer, string]>([
    ['has a member more', 'GET /v1/me', { text: '{"person":null,"more":1}' }, 'additional properties'],
    ['lacks a member', 'GET /v1/me', { text: '{}' }, 'required property'],
    ['has another type', 'GET /v1/day', { text: '[]' }, 'must be object'],
    ['has another status', 'GET /v1/me', { status: 201, text: '{"person":null}' }, 'says nothing'],
    ['comes as another type', 'GET /v1/me', { type: 'text/plain', text: 'null' }, 'says nothing'],
    ['refuses otherwise', 'GET /v1/me', { status: 401, text: '{"error":1}' }, 'says nothing'],
    ['tells of a route that is in no document', 'GET /v1/more', { text: '{}' }, 'no such route'],
    ['has a line nobody described', 'POST /v1/sync', lines({ progress: { phase: 'dreaming' } }), 'phase'],
    ['is an event nobody described', 'GET /v1/events', event('alarm', {}), 'additional properties'],
  ])('that %s is found out', async (_what, route, answered, found) => {
    const [method = '', path = ''] = route.split(' ')
    expect((await wrongWith(path, answered, method)).join()).toContain(found)
  })
})
