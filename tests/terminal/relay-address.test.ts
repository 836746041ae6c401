import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ChallengeRequest, ChallengeResponse } from '../../src/docs/generated/types.js'
import type { Signer } from '../../src/docs/keys.js'
import { prove } from '../../src/protocol/proof.js'
import { nodeDisk } from '../../src/storage/disk.js'
import { changeIdentity, readIdentity } from '../../src/terminal/identity.js'
import { isInsecure, relayUrl } from '../../src/terminal/relay-address.js'
import { newSigner } from '../support/keys.js'
import { tea, World, type RunningRelay } from '../support/world.js'

describe('the address of a relay', () => {
  test.each([
    'https://relay.example.com',
    'https://192.168.1.10:8700',
    'http://127.0.0.1:8700',
    'http://127.8.9.10',
    'http://127.1:8700',
    'http://0x7f000001',
    'http://localhost:8700',
    'http://LOCALHOST',
    'http://[::1]:8700',
    'http://[0:0:0:0:0:0:0:1]',
  ])('A1 %s needs no permission', (text) => {
    expect(isInsecure(relayUrl(text))).toBe(false)
  })

  test.each([
    'http://192.168.1.10:8700',
    'http://relay.example.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://127.0.0.1@relay.example.com',
    'http://10.0.0.1',
    'http://0.0.0.0:8700',
    'http://128.0.0.1',
    'http://[::2]',
    'http://[::ffff:10.0.0.1]',
  ])('A1 %s has no TLS and leaves this machine', (text) => {
    expect(isInsecure(relayUrl(text))).toBe(true)
  })

  test.each(['ftp://127.0.0.1', 'relay', 'ws://127.0.0.1', ''])('R1 "%s" is none', (text) => {
    expect(() => relayUrl(text)).toThrow(expect.objectContaining({ code: 'bad-relay-url' }) as Error)
  })
})

let world: World
let relay: RunningRelay
let impostor: Server | undefined

beforeEach(async () => {
  world = await World.make()
  relay = await world.relay()
})
afterEach(async () => {
  impostor?.close()
  impostor?.closeAllConnections()
  impostor = undefined
  await world.end()
})

/** Something that answers where the relay is looked for. What it is asked is kept. */
async function standIn(answer: (path: string, body: string) => Promise<unknown>) {
  const asked: string[] = []
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await textOf(request)
    asked.push(request.url ?? '')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(await answer(request.url ?? '', body)))
  }
  const server = createServer((request, response) => void respond(request, response))
  impostor = server
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const part of request) text += String(part)
  return text
}

describe('connecting', () => {
  test('A1 a paired directory with an address that leaves this machine without TLS connects only where that was allowed; billing goes on', async () => {
    const directory = await world.paired(relay, 'T01')
    const first = await world.agent(directory)
    await first.sync()
    await first.disconnect('Asha')
    await world.stop(first)
    // 0.0.0.0 is no loopback address, and reaches this machine all the same.
    const elsewhere = relay.url.replace('127.0.0.1', '0.0.0.0')
    await changeIdentity(directory, nodeDisk, { relayUrl: elsewhere })
    const agent = await world.agent(directory)
    await expect(agent.sync()).rejects.toMatchObject({
      kind: 'invalid',
      code: 'insecure-relay',
      message: expect.stringContaining('pair with --insecure') as string,
    })
    expect((await agent.till.sell(tea())).again).toBe(false)
    await world.stop(agent)

    await changeIdentity(directory, nodeDisk, { insecure: true })
    const allowed = await world.agent(directory)
    expect(await allowed.sync()).toMatchObject({ complete: true })
    await world.stop(allowed)
    expect(await readIdentity(directory, nodeDisk)).toMatchObject({ insecure: true, relayUrl: elsewhere })
  })

  test.each([
    ['another key', () => newSigner(), {}],
    [
      'the right key for another nonce of the terminal',
      (own: Signer) => own,
      { terminalNonce: 'A'.repeat(43) },
    ],
    ['the right key for another terminal', (own: Signer) => own, { terminal: 'term_00000000000000000000' }],
  ])(
    'A1 what answers with %s is not the relay, and nothing is signed for it',
    async (_with, signerOf, over) => {
      const directory = await world.paired(relay, 'T01')
      const { id, signer } = relay.relay.identity
      const nonce = 'N'.repeat(43)
      const { url, asked } = await standIn(async (_path, body) => {
        const { terminal, nonce: terminalNonce } = JSON.parse(body) as ChallengeRequest
        const claim = {
          context: 'counterfoil challenge 1' as const,
          relay: id,
          terminal,
          terminalNonce,
          nonce,
        }
        const answer: ChallengeResponse = {
          relay: id,
          nonce,
          signature: prove({ ...claim, ...over }, signerOf(signer)),
        }
        return answer
      })
      await changeIdentity(directory, nodeDisk, { relayUrl: url })
      const agent = await world.agent(directory)
      await expect(agent.sync()).rejects.toMatchObject({ kind: 'forbidden', code: 'other-relay' })
      expect(asked).toEqual(['/v1/challenge'])
    },
  )

  test('A1 an answer that was recorded once is worth nothing at the next connection', async () => {
    const directory = await world.paired(relay, 'T01')
    const recorded: unknown[] = []
    const { url, asked } = await standIn(async (path, body) => {
      if (recorded.length > 0) return recorded[0]
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
      const answer: unknown = await (await fetch(`${relay.url}${path}`, init)).json()
      recorded.push(answer)
      return answer
    })
    await changeIdentity(directory, nodeDisk, { relayUrl: url })
    const agent = await world.agent(directory)
    // The first answer is the relay's own, and the terminal goes on to sign.
    await expect(agent.sync()).rejects.toThrow('answer of the relay')
    expect(asked).toEqual(['/v1/challenge', '/v1/connect'])
    await expect(agent.sync()).rejects.toMatchObject({ code: 'other-relay' })
    expect(asked).toHaveLength(3)
  })
})
