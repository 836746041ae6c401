/** What was answered: the JSON of it, or for anything else its text. */
export interface Answered<T> {
  readonly status: number
  readonly body: T
}

export interface Asked {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** Asks one server, always with the same headers. */
export class Asking {
  readonly url: string
  readonly #headers: Readonly<Record<string, string>>

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.url = url
    this.#headers = headers
  }

  with(headers: Readonly<Record<string, string>>): Asking {
    return new Asking(this.url, { ...this.#headers, ...headers })
  }

  async ask<T = Readonly<Record<string, unknown>>>(
    route: string,
    { body, headers = {} }: Asked = {},
  ): Promise<Answered<T>> {
    const [method = '', path = ''] = route.split(' ')
    const bytes = body instanceof Uint8Array
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        ...(method === 'GET'
          ? {}
          : { 'content-type': bytes ? 'application/octet-stream' : 'application/json' }),
        ...this.#headers,
        ...headers,
      },
      ...(method === 'GET'
        ? {}
        : { body: bytes ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body ?? {}) }),
    })
    const text = await response.text()
    const type = response.headers.get('content-type') ?? ''
    const told: unknown = /json(;|$)/.test(type) && !type.includes('ndjson') ? JSON.parse(text) : text
    return { status: response.status, body: told as T }
  }

  /** As {@link ask}, of what has to be done. */
  async good<T = Readonly<Record<string, unknown>>>(route: string, asked: Asked = {}): Promise<T> {
    const { status, body } = await this.ask<T>(route, asked)
    if (status >= 300) throw new Error(`${route} was answered with ${status}: ${JSON.stringify(body)}`)
    return body
  }
}
