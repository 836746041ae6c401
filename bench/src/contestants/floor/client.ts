import { Agent, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ServerAddress } from '../../contestant.js'

const compress = promisify(gzip)

/** HTTP with JSON over a connection that stays. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true })
  readonly #server: ServerAddress
  readonly #gzip: boolean

  constructor(server: ServerAddress, gzip: boolean) {
    this.#server = server
    this.#gzip = gzip
  }

  post<T>(path: string, body: string): Promise<T> {
    return this.#ask<T>('POST', path, body)
  }

  get<T>(path: string): Promise<T> {
    return this.#ask<T>('GET', path, undefined)
  }

  async #ask<T>(method: string, path: string, body: string | undefined): Promise<T> {
    const bytes = body === undefined ? undefined : this.#gzip ? await compress(body) : Buffer.from(body)
    const { host, port } = this.#server
    const headers = bytes && {
      'content-type': 'application/json',
      'content-length': bytes.length,
      ...(this.#gzip ? { 'content-encoding': 'gzip' } : {}),
    }
    const answer = await new Promise<{ status: number; text: string }>((resolve, reject) => {
      const asked = request({ agent: this.#agent, host, port, method, path, ...(headers ? { headers } : {}) })
      asked.on('error', reject)
      asked.on('response', (response) => {
        text(response).then((read) => resolve({ status: response.statusCode ?? 0, text: read }), reject)
      })
      asked.end(bytes)
    })
    if (answer.status !== 200)
      throw new Error(`${method} ${path}: ${answer.status} ${answer.text.slice(0, 200)}`)
    return JSON.parse(answer.text) as T
  }

  close(): void {
    this.#agent.destroy()
  }
}
