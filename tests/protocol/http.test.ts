import { EventEmitter, once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import express, { Router } from 'express'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { answerLong, bodyOf, notFound, problems, queryOf } from '../../src/protocol/http.js'
import { KINDS, Refused, type Kind } from '../../src/protocol/problem.js'
import { dayRangeOf } from '../../src/protocol/queries.js'
import { sendJsonList, sendParts } from '../../src/protocol/streams.js'
import { ask } from '../relay/raw-http.js'

let server: Server
let url: string
const failures: unknown[] = []
/** Emits `stopped` when the work of a long answer was told to stop. */
const work = new EventEmitter()

beforeAll(async () => {
  const app = express()
  app.use(express.json({ limit: '10kb' }))
  app.use(routes())
  app.use(notFound)
  app.use(problems((error) => failures.push(error)))
  server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})
beforeEach(() => {
  failures.length = 0
})

async function* counted(items: readonly unknown[], failAfter = Number.POSITIVE_INFINITY) {
  for (const [index, item] of items.entries()) {
    if (index >= failAfter) throw new Refused('conflict', 'half-way', 'It failed half-way.')
    yield item
  }
}

function routes(): Router {
  const api = Router()
  api.get('/refuse/:kind', (request) => {
    throw new Refused(request.params['kind'] as Kind, 'some-code', 'It is refused.', { left: 3 })
  })
  api.get('/throw', () => {
    throw new RangeError('nobody foresaw this')
  })
  api.get('/param/:name', (request, response) => {
    response.json(request.params)
  })
  api.post('/body', (request, response) => {
    response.json(bodyOf(request, 'relay-api.schema.json#/$defs/HandoffRequest'))
  })
  api.get('/query', (request, response) => {
    response.json({ name: queryOf(request, 'name') ?? null, days: dayRangeOf(request) })
  })
  api.post('/list', async (request, response) => {
    const { items, failAfter } = request.body as { items: unknown[]; failAfter?: number }
    await sendJsonList(response, 'items', counted(items, failAfter))
  })
  api.get('/text', async (_request, response) => {
    await sendParts(response, 'text/csv', counted(['a\n', 'b\n']) as AsyncGenerator<string>)
  })
  api.get('/long/:outcome', async (request, response) => {
    await answerLong(request, response, async (progress: (event: number) => void, signal) => {
      progress(1)
      progress(2)
      if (request.params['outcome'] === 'wait') {
        await once(signal, 'abort')
        work.emit('stopped')
      }
      if (request.params['outcome'] === 'fail') throw new Refused('conflict', 'no', 'It did not work.')
      return 'done'
    })
  })
  return api
}

const PROBLEM = 'application/problem+json; charset=utf-8'

describe('an error over HTTP', () => {
  test.each(Object.entries(KINDS))(
    'R1 of the kind %s is a problem document',
    async (kind, { status, title }) => {
      const answer = await ask(url, 'GET', `/refuse/${kind}`)
      expect(answer).toEqual({
        status,
        type: PROBLEM,
        body: { type: 'counterfoil:some-code', title, status, detail: 'It is refused.', left: 3 },
      })
      expect(failures).toHaveLength(status >= 500 ? 1 : 0)
    },
  )

  test('R1 that nobody foresaw is a failure, and is reported', async () => {
    const answer = await ask(url, 'GET', '/throw')
    expect(answer).toMatchObject({ status: 500, type: PROBLEM, body: { type: 'counterfoil:failure' } })
    expect(failures).toEqual([new RangeError('nobody foresaw this')])
  })

  test('R1 of a route that is not there says so', async () => {
    const answer = await ask(url, 'DELETE', '/nothing')
    expect(answer).toMatchObject({ status: 404, type: PROBLEM, body: { type: 'counterfoil:no-such-route' } })
    expect(answer.body['detail']).toBe('There is no DELETE /nothing here.')
  })

  test.each([
    ['half a document', '{"size":', {}],
    ['a bare word', 'size', {}],
    ['a charset nobody has', '{}', { 'content-type': 'application/json; charset=klingon' }],
    ['an encoding nobody has', '{}', { 'content-encoding': 'klingon' }],
    ['another type', 'size=1', { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('R1 %s is told not to be JSON, and is no failure', async (_what, body, headers) => {
    const answer = await ask(url, 'POST', '/body', { body, headers })
    expect(answer).toMatchObject({ status: 400, type: PROBLEM, body: { type: 'counterfoil:not-json' } })
    expect(failures).toEqual([])
  })

  test('R1 a body that is too large is told so', async () => {
    const answer = await ask(url, 'POST', '/body', { body: { size: 'x'.repeat(11_000) } })
    expect(answer).toMatchObject({ status: 413, type: PROBLEM, body: { type: 'counterfoil:body-too-large' } })
    expect(failures).toEqual([])
  })

  test('R1 what only says that it is gzip is told so; what is, is measured when it is unpacked', async () => {
    const headers = { 'content-encoding': 'gzip' }
    expect(await ask(url, 'POST', '/body', { body: '{}', headers })).toMatchObject({
      status: 400,
      body: { type: 'counterfoil:bad-request' },
    })
    const bomb = gzipSync(Buffer.alloc(1_000_000, ' '))
    expect(bomb.length).toBeLessThan(2_000)
    expect((await ask(url, 'POST', '/body', { body: new Uint8Array(bomb), headers })).status).toBe(413)
    expect(failures).toEqual([])
  })

  test.each(['%', '%zz', '%E0%A4%A'])(
    'R1 an address with %s is told to be none, and is no failure',
    async (name) => {
      const answer = await ask(url, 'GET', `/param/${name}`)
      expect(answer).toMatchObject({ status: 400, type: PROBLEM, body: { type: 'counterfoil:bad-request' } })
      expect(failures).toEqual([])
    },
  )

  test('R1 a sender that goes away in the middle of its body is no failure', async () => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    socket.write(
      'POST /body HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    )
    const [request] = (await once(server, 'request')) as [NodeJS.EventEmitter]
    const over = new Promise((resolve) => request.once('close', resolve))
    socket.destroy()
    await over
    expect((await ask(url, 'GET', '/query')).status).toBe(200)
    expect(failures).toEqual([])
  })
})

describe('a body', () => {
  test.each([
    [{ size: -1, sha256: '0'.repeat(64) }, 'at /size: must be >= 1'],
    [{ size: 1, sha256: 'x' }, 'at /sha256: must match pattern'],
    [{ size: 1 }, "must have required property 'sha256'"],
    [{ size: 1, sha256: '0'.repeat(64), more: 1 }, 'unknown member "more"'],
    [[], 'must be object'],
  ])('R1 %# that breaks its schema is told where and why', async (body, reason) => {
    const answer = await ask(url, 'POST', '/body', { body })
    expect(answer).toMatchObject({ status: 400, type: PROBLEM, body: { type: 'counterfoil:invalid-input' } })
    expect(answer.body['detail']).toContain(reason)
  })

  test('R1 with __proto__ in it pollutes nothing', async () => {
    const answer = await ask(url, 'POST', '/body', { body: '{"size":1,"__proto__":{"sha256":"0"}}' })
    expect(answer.status).toBe(400)
    expect(({} as Record<string, unknown>)['sha256']).toBeUndefined()
  })
})

describe('a query', () => {
  test('stands once', async () => {
    expect((await ask(url, 'GET', '/query?name=a')).body).toMatchObject({ name: 'a' })
    expect((await ask(url, 'GET', '/query')).body).toMatchObject({ name: null })
    for (const query of ['name=a&name=b', 'name[]=a', 'name[x]=a']) {
      const { status } = await ask(url, 'GET', `/query?${query}`)
      expect(status, query).toBe(query.startsWith('name=') ? 400 : 200)
    }
  })

  test.each(['2026-02-30', '2026-13-01', '2026-1-1', '20260101', 'today', '', '2026-01-01T00:00'])(
    'R1 a day %j is told to be none',
    async (day) => {
      expect(await ask(url, 'GET', `/query?from=${day}`)).toMatchObject({
        status: 400,
        body: { type: 'counterfoil:invalid-date' },
      })
    },
  )

  test('a range may be open at either end', async () => {
    const days = async (query: string) => (await ask(url, 'GET', `/query?${query}`)).body['days']
    expect(await days('from=2024-02-29')).toEqual({ from: '2024-02-29' })
    expect(await days('from=2026-01-01&to=2026-01-31')).toEqual({ from: '2026-01-01', to: '2026-01-31' })
    expect(await days('')).toEqual({})
  })
})

describe('a long answer', () => {
  const get = (outcome: string, accept: string) => fetch(`${url}/long/${outcome}`, { headers: { accept } })
  const lines = async (response: Response) =>
    (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object)

  test('is one document, or lines of progress that end with the result', async () => {
    expect(await (await get('work', 'application/json')).json()).toBe('done')
    expect(await (await get('work', '*/*')).json()).toBe('done')
    expect(await lines(await get('work', 'application/x-ndjson'))).toEqual([
      { progress: 1 },
      { progress: 2 },
      { result: 'done' },
    ])
  })

  test('R1 that fails ends with the problem', async () => {
    expect((await get('fail', 'application/json')).status).toBe(409)
    const told = await lines(await get('fail', 'application/x-ndjson'))
    expect(told.at(-1)).toMatchObject({ problem: { type: 'counterfoil:no', status: 409 } })
  })

  test('its work is told to stop when whoever asked has gone', async () => {
    const stopped = once(work, 'stopped')
    const gone = new AbortController()
    const response = await fetch(`${url}/long/wait`, {
      headers: { accept: 'application/x-ndjson' },
      signal: gone.signal,
    })
    gone.abort()
    await expect(response.text()).rejects.toThrow('aborted')
    expect(await stopped).toEqual([])
  })
})

describe('a list', () => {
  const list = (items: unknown, failAfter?: number) =>
    fetch(`${url}/list`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ items, failAfter }),
    })

  test('is JSON, whatever is in it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 5 }), async (items) => {
        const sent = JSON.parse(JSON.stringify(items)) as unknown
        expect(await (await list(items)).json()).toEqual({ items: sent })
      }),
      { numRuns: 25 },
    )
  })

  test('that fails at its first item is a problem document; later on it is cut off', async () => {
    const first = await list([1, 2], 0)
    expect(first.status).toBe(409)
    expect(first.headers.get('content-type')).toBe(PROBLEM)
    await expect(list([1, 2], 1).then((response) => response.text())).rejects.toThrow('terminated')
  })

  test('of text is sent as it comes', async () => {
    const response = await fetch(`${url}/text`)
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8')
    expect(await response.text()).toBe('a\nb\n')
  })
})
