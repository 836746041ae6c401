import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import type { UserRole } from '../../src/docs/generated/types.js'
import type { RunningRelay } from '../support/world.js'
import { ask, exchange, type Answer } from './raw-http.js'

export const PASSWORD = 'correct horse battery'
export const OPERATOR = 'operator-token-for-tests'

/** What a browser sends for a person who is signed in: the cookie, and whatever else a test wants. */
export class Browser {
  readonly url: string
  /** `name=value` */
  readonly cookie: string

  constructor(url: string, cookie: string) {
    this.url = url
    this.cookie = cookie.split(';', 1)[0] ?? ''
  }

  static async add(relay: RunningRelay, name: string, role: UserRole, shop?: string): Promise<void> {
    const body = { name, role, password: PASSWORD, ...(shop === undefined ? {} : { shop }) }
    const answer = await ask(relay.url, 'POST', '/v1/admin/people', { body, token: OPERATOR })
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
  }

  static async signedIn(relay: RunningRelay, name: string, password = PASSWORD): Promise<Browser> {
    const response = await Browser.post(relay.url, '/v1/sign-in', { name, password })
    if (response.status !== 200) throw new Error(`${name} cannot sign in: ${await response.text()}`)
    return new Browser(relay.url, response.headers.get('set-cookie') ?? '')
  }

  static post(url: string, path: string, body: object): Promise<Response> {
    return fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  }

  get(path: string): Promise<Answer> {
    return ask(this.url, 'GET', path, { headers: { cookie: this.cookie } })
  }

  /** `fetch` may not be told an Origin or where a request comes from, so this is not done with it. */
  async send(
    method: string,
    path: string,
    body: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const { hostname, port } = new URL(this.url)
    const text = JSON.stringify(body)
    const asked = request({
      hostname,
      port,
      method,
      path,
      agent: false,
      headers: {
        'content-type': 'application/json',
        'content-length': String(Buffer.byteLength(text)),
        cookie: this.cookie,
        ...headers,
      },
    })
    asked.end(text)
    const [response] = (await once(asked, 'response')) as [IncomingMessage]
    const type = response.headers['content-type'] ?? ''
    return { status: response.statusCode ?? 0, type, body: (await json(response)) as Answer['body'] }
  }

  /** The whole answer, as text, to who thinks that the relay has this name. */
  static underName(url: string, path: string, host: string, cookie?: string): Promise<string> {
    const lines = [`GET ${path} HTTP/1.1`, `Host: ${host}`, 'Connection: close']
    if (cookie !== undefined) lines.push(`Cookie: ${cookie}`)
    return exchange(url, `${lines.join('\r\n')}\r\n\r\n`)
  }
}
