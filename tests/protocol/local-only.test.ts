import type { Request, Response } from 'express'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { localOnly } from '../../src/protocol/local-only.js'
import { Refused } from '../../src/protocol/problem.js'
import { outside } from '../../src/cli/outside.js'
import { serveTerminal, type ServedTerminal } from '../../src/terminal/serve.js'
import { exchange } from '../relay/raw-http.js'
import { World } from '../support/world.js'

const PORT = 8701

/** What becomes of a request with these headers: undefined when it is let in, else the code of the refusal. */
function verdict(headers: Readonly<Record<string, string>>): string | undefined {
  const request = { headers, get: (name: string) => headers[name] } as unknown as Request
  let passed = false
  try {
    localOnly(() => PORT)(request, {} as Response, () => {
      passed = true
    })
  } catch (error) {
    if (error instanceof Refused) return error.code
    throw error
  }
  return passed ? undefined : 'nothing'
}

const HOST = `localhost:${PORT}`

/** Headers, and what becomes of a request that has them. */
const REQUESTS: readonly (readonly [Readonly<Record<string, string>>, string | undefined])[] = [
  [{ host: HOST }, undefined],
  [{ host: '127.0.0.1:8701' }, undefined],
  [{ host: '[::1]:8701' }, undefined],
  [{ host: 'LOCALHOST' }, undefined],
  // A command forwarded through a tunnel comes by another port; the name is what counts.
  [{ host: 'localhost:1234' }, undefined],
  [{ host: HOST, origin: 'http://localhost:8701' }, undefined],
  [{ host: HOST, origin: 'http://127.0.0.1:8701', 'sec-fetch-site': 'same-origin' }, undefined],
  [{ host: HOST, 'sec-fetch-site': 'none' }, undefined],
  [{}, 'foreign-host'],
  [{ host: '' }, 'foreign-host'],
  [{ host: 'till.example' }, 'foreign-host'],
  [{ host: 'localhost.example' }, 'foreign-host'],
  [{ host: '127.0.0.1.example' }, 'foreign-host'],
  [{ host: 'example#localhost' }, 'foreign-host'],
  [{ host: '192.168.1.10:8701' }, 'foreign-host'],
  [{ host: '[::ffff:192.168.1.10]' }, 'foreign-host'],
  [{ host: '0.0.0.0:8701' }, 'foreign-host'],
  [{ host: 'http://localhost' }, 'foreign-host'],
  [{ host: HOST, origin: 'http://till.example' }, 'foreign-origin'],
  [{ host: HOST, origin: 'http://localhost:8702' }, 'foreign-origin'],
  [{ host: HOST, origin: 'http://localhost' }, 'foreign-origin'],
  [{ host: HOST, origin: 'https://localhost:8701' }, 'foreign-origin'],
  [{ host: HOST, origin: 'null' }, 'foreign-origin'],
  [{ host: HOST, origin: '' }, 'foreign-origin'],
  [{ host: HOST, origin: 'http://localhost:8701.example' }, 'foreign-origin'],
  [{ host: HOST, 'sec-fetch-site': 'cross-site' }, 'foreign-origin'],
  [{ host: HOST, 'sec-fetch-site': 'same-site' }, 'foreign-origin'],
  [{ host: HOST, origin: 'http://localhost:8701', 'sec-fetch-site': 'cross-site' }, 'foreign-origin'],
]

describe('only this machine', () => {
  test.each(REQUESTS)('R1 %j comes to %s', (headers, expected) => {
    expect(verdict(headers)).toBe(expected)
  })

  test('R1 no host but the three names of this machine is let in', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.domain(), fc.webAuthority({ withPort: true })), (host) => {
        fc.pre(!/localhost|127\.|0x7f|2130706433|017700000001|\[?::1\]?/i.test(host))
        expect(verdict({ host })).toBe('foreign-host')
      }),
      { numRuns: 500 },
    )
  })
})

describe('the API of a terminal', () => {
  let world: World
  let served: ServedTerminal
  let port = ''

  beforeAll(async () => {
    world = await World.make()
    const relay = await world.relay()
    const agent = await world.terminal(relay, 'T01', { mode: 'disconnected' })
    served = await serveTerminal(agent, { port: 0, secret: 'secret-of-the-directory', outside })
    port = new URL(served.url).port
  })
  afterAll(async () => {
    await served.stop()
    await world.end()
  })

  function request(method: string, path: string, headers: readonly string[]): Promise<string> {
    const head = [`${method} ${path} HTTP/1.1`, ...headers, 'Connection: close', 'Content-Length: 0']
    return exchange(served.url, `${head.join('\r\n')}\r\n\r\n`)
  }

  const ROUTES = ['GET /v1/status', 'GET /', 'POST /v1/sync', 'GET /v1/events', 'GET /nothing']

  test.each(ROUTES)('R1 %s is not for another site, nor by another name', async (route) => {
    const [method = '', path = ''] = route.split(' ')
    for (const headers of [
      ['Host: till.example'],
      [`Host: localhost:${port}`, 'Origin: http://till.example'],
      [`Host: localhost:${port}`, 'Sec-Fetch-Site: cross-site'],
      [`Host: localhost:${port}`, 'Origin: http://localhost:1'],
    ]) {
      const answer = await request(method, path, headers)
      expect(answer, headers.join()).toMatch(/^HTTP\/1\.1 403 /)
      expect(answer).toMatch(/content-type: application\/problem\+json/i)
      expect(answer).toMatch(/counterfoil:foreign-(host|origin)/)
      expect(answer).not.toMatch(/access-control-allow/i)
    }
  })

  test('is for this machine’s own page and commands', async () => {
    const origin = [
      `Host: 127.0.0.1:${port}`,
      `Origin: http://127.0.0.1:${port}`,
      'Sec-Fetch-Site: same-origin',
    ]
    for (const headers of [[`Host: localhost:${port}`], origin]) {
      expect(await request('GET', '/v1/status', headers)).toMatch(/^HTTP\/1\.1 200 /)
    }
  })

  test('R1 another site may not ask first either', async () => {
    const answer = await request('OPTIONS', '/v1/sync', [
      `Host: localhost:${port}`,
      'Origin: http://till.example',
      'Access-Control-Request-Method: POST',
    ])
    expect(answer).toMatch(/^HTTP\/1\.1 403 /)
  })
})
