import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { JSON_BODY_BYTES } from '../../src/protocol/limits.js'
import { CONNECTIONS, SIGN_IN_BODY_BYTES } from '../../src/terminal/http-limits.js'
import type { ServedTerminal } from '../../src/terminal/serve.js'
import { exchange } from '../relay/raw-http.js'
import { served, tell } from '../support/till-api.js'
import { World } from '../support/world.js'

let world: World
let till: ServedTerminal

beforeAll(async () => {
  world = await World.make()
  const agent = await world.terminal(await world.relay(), 'T01', { mode: 'disconnected' })
  till = await served(world, agent)
})
afterAll(async () => {
  await till.stop()
  await world.end()
})

const open = async (): Promise<Socket> => {
  const socket = connect({ port: Number(new URL(till.url).port), host: '127.0.0.1' })
  // Being cut off is what is expected here.
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

describe('limits of a terminal’s HTTP server', () => {
  test('R1 headers that do not come to an end are ended after five seconds, and others are served meanwhile', async () => {
    const begun = Date.now()
    const slow = exchange(till.url, 'GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: ')
    expect((await tell(till.url, 'GET /v1/status')).status).toBe(200)
    expect(await slow).toMatch(/^HTTP\/1\.1 408 /)
    expect(Date.now() - begun).toBeGreaterThan(4_000)
    expect(Date.now() - begun).toBeLessThan(20_000)
  })

  test('R1 headers that are too large are refused', async () => {
    const headers = `GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'x'.repeat(17 * 1024)}\r\n\r\n`
    expect(await exchange(till.url, headers)).toMatch(/^HTTP\/1\.1 431 /)
  })

  test('R1 a body that is too large is refused, and the next is taken', async () => {
    const large = { body: `{"by":"${'x'.repeat(JSON_BODY_BYTES)}"}` }
    expect(await tell(till.url, 'POST /v1/bills', large)).toMatchObject({
      status: 413,
      code: 'body-too-large',
    })
    const name = { body: { name: 'x'.repeat(SIGN_IN_BODY_BYTES), pin: '1' } }
    expect(await tell(till.url, 'POST /v1/sign-in', name)).toMatchObject({
      status: 413,
      code: 'body-too-large',
    })
    expect((await tell(till.url, 'POST /v1/bills', { body: {} })).status).toBe(201)
  })

  test('R1 connections beyond the limit are closed, and when others end there is room again', async () => {
    const held: Socket[] = []
    while (held.length < CONNECTIONS) held.push(await open())
    const beyond = await open()
    await once(beyond, 'close')
    await expect(tell(till.url, 'GET /v1/status')).rejects.toThrow(/ECONNRESET|socket hang up/)
    const gone = held.map((socket) => once(socket, 'close'))
    for (const socket of held) socket.destroy()
    await Promise.all(gone)
    // The server hears of it a moment later than this side.
    let status = 0
    while (status !== 200)
      status = (await tell(till.url, 'GET /v1/status').catch(() => ({ status: 0 }))).status
    expect(status).toBe(200)
  })
})
