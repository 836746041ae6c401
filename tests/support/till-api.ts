import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { Cashiers } from '../../src/relay/cashiers.js'
import type { PersonRole } from '../../src/docs/people.js'
import type { Agent } from '../../src/terminal/agent.js'
import { serveTerminal, type ServedTerminal } from '../../src/terminal/serve.js'
import type { RunningRelay, World } from './world.js'

export const SECRET = 'secret-of-the-directory'
const random = (bytes: number): Uint8Array => new Uint8Array(randomBytes(bytes))

export const cashiersOf = ({ relay }: RunningRelay): Cashiers => new Cashiers({ shops: relay.shops, random })

/** Enters people in the shop "Main", and fetches them. */
export async function enter(
  relay: RunningRelay,
  agent: Agent,
  people: Readonly<Record<string, readonly [PersonRole, string]>>,
): Promise<void> {
  for (const [name, [role, pin]] of Object.entries(people))
    await cashiersOf(relay).add('Main', name, role, pin)
  await agent.sync()
}

export function served(world: World, agent: Agent): Promise<ServedTerminal> {
  return serveTerminal(agent, { port: 0, secret: SECRET, outside: { now: () => world.now(), random } })
}

export interface Told {
  readonly status: number
  /** Of a problem, without `counterfoil:`. */
  readonly code: string | undefined
  readonly body: Readonly<Record<string, unknown>>
  /** The cookie it sets, as it is to be sent back. */
  readonly cookie: string | undefined
  readonly setCookie: string | undefined
}

/** One request with any headers, Host among them. Of a stream of events only the head is awaited. */
export function tell(
  url: string,
  route: string,
  { headers = {}, body }: { headers?: Readonly<Record<string, string>>; body?: unknown } = {},
): Promise<Told> {
  const [method = '', path = ''] = route.split(' ')
  return new Promise((resolve, reject) => {
    const asked = httpRequest(
      `${url}${path}`,
      { method, headers: { ...headers }, agent: false },
      (response) => {
        const setCookie = response.headers['set-cookie']?.[0]
        const answer = { status: response.statusCode ?? 0, cookie: setCookie?.split(';')[0], setCookie }
        if (response.headers['content-type']?.startsWith('text/event-stream')) {
          response.destroy()
          resolve({ ...answer, code: undefined, body: {} })
          return
        }
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.on('error', reject)
        response.on('end', () => {
          const json = (response.headers['content-type'] ?? '').includes('json')
          const parsed = json ? (JSON.parse(text) as Record<string, unknown>) : {}
          const type = parsed['type']
          const code = typeof type === 'string' ? type.replace(/^counterfoil:/, '') : undefined
          resolve({ ...answer, code: (response.statusCode ?? 0) < 400 ? undefined : code, body: parsed })
        })
      },
    )
    asked.on('error', reject)
    if (body !== undefined) {
      asked.setHeader('content-type', 'application/json')
      asked.end(typeof body === 'string' ? body : JSON.stringify(body))
    } else asked.end()
  })
}

/** Signs in; the cookie as it is to be sent, and the token. */
export async function signIn(
  url: string,
  name: string,
  pin: string,
): Promise<{ cookie: string; token: string }> {
  const { status, cookie = '', body } = await tell(url, 'POST /v1/sign-in', { body: { name, pin } })
  if (status !== 200) throw new Error(`${name} could not sign in: ${JSON.stringify(body)}`)
  return { cookie, token: String(body['token']) }
}
