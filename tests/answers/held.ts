import { readFile } from 'node:fs/promises'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { ApiDocument, ApiResponse } from '../support/api-document.js'

export type Api = 'relay' | 'terminal'

/** An answer as it came, and where it came from. */
interface Came {
  readonly api: Api
  /** As `GET /v1/bills 200`. */
  readonly name: string
  /** Of the place in the document that says what it is. */
  readonly pointer: string
}

/**
 * Holds every answer that `fetch` gets of a relay and of terminals in this process against their OpenAPI documents:
 * what a test asks, and what terminals ask of the relay while it runs.
 */
export class Held {
  /** What was not as its document says. */
  readonly wrong: string[] = []
  /** `relay GET /v1/me 200`, of every answer. */
  readonly seen = new Set<string>()
  readonly #documents: Readonly<Record<Api, ApiDocument>>
  readonly #servers = new Map<string, Api>()
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true })
  readonly #checks = new Map<string, ValidateFunction>()
  readonly #reading: Promise<void>[] = []
  readonly #fetch = globalThis.fetch

  private constructor(documents: Readonly<Record<Api, ApiDocument>>) {
    this.#documents = documents
    for (const [api, document] of Object.entries(documents)) this.#ajv.addSchema({ ...document, $id: api })
  }

  /** From now on, until {@link end}. */
  static async begin(): Promise<Held> {
    const read = async (api: Api): Promise<ApiDocument> =>
      JSON.parse(
        await readFile(new URL(`../../docs/openapi-${api}.json`, import.meta.url), 'utf8'),
      ) as ApiDocument
    const held = new Held({ relay: await read('relay'), terminal: await read('terminal') })
    globalThis.fetch = async (input, init) => held.#hold(String(input), init, await held.#fetch(input, init))
    return held
  }

  /** What answers at an address. */
  watch(url: string, api: Api): void {
    this.#servers.set(new URL(url).origin, api)
  }

  /** Resolves when everything that came was read. */
  async settled(): Promise<void> {
    for (let next = this.#reading.shift(); next; next = this.#reading.shift()) await next
  }

  end(): void {
    globalThis.fetch = this.#fetch
  }

  /** Every good answer that the documents promise, as in {@link seen}. */
  promised(): string[] {
    return Object.entries(this.#documents).flatMap(([api, { paths }]) =>
      Object.entries(paths).flatMap(([path, operations]) =>
        Object.entries(operations).flatMap(([method, { responses }]) =>
          Object.keys(responses)
            .filter((status) => status !== 'default')
            .map((status) => `${api} ${method.toUpperCase()} ${path} ${status}`),
        ),
      ),
    )
  }

  #hold(address: string, init: RequestInit | undefined, response: Response): Response {
    const { origin, pathname } = new URL(address)
    const api = this.#servers.get(origin)
    if (!api) return response
    const method = init?.method ?? 'GET'
    const path = pathOf(this.#documents[api], method, pathname)
    if (path === undefined) {
      // Of a route that is not there, only the refusal is known.
      const came = { api, name: `${api} ${method} ${pathname} ${response.status}`, pointer: NO_ROUTE[api] }
      if (response.status !== 404) this.wrong.push(`${came.name}: the document has no such route`)
      this.#reading.push(this.#read(came, response.clone()))
      return response
    }
    const { responses } = this.#documents[api].paths[path]?.[method.toLowerCase()] ?? { responses: {} }
    const status = response.ok ? String(response.status) : 'default'
    const name = `${api} ${method} ${path} ${response.status}`
    this.seen.add(name)
    const described: ApiResponse | undefined = responses[status]
    const type = typeOf(response)
    if (!described?.content[type]) {
      this.wrong.push(`${name}: it comes as ${type}, of which the document says nothing`)
      return response
    }
    const place = ['paths', path, method.toLowerCase(), 'responses', status, 'content', type, 'schema']
    const came = { api, name, pointer: `${api}#/${place.map(escaped).join('/')}` }
    if (type === 'text/event-stream') return this.#listened(came, response)
    if (type.endsWith('json')) this.#reading.push(this.#read(came, response.clone()))
    return response
  }

  async #read(came: Came, response: Response): Promise<void> {
    // Who asked may have gone before the end, and what was not read whole says nothing.
    const text = await response.text().catch(() => undefined)
    if (text === undefined) return
    const values = typeOf(response) === 'application/x-ndjson' ? text.trim().split('\n') : [text]
    for (const value of values) this.#check(came, JSON.parse(value))
  }

  /** Events are looked at as whoever asked for them reads them. */
  #listened(came: Came, response: Response): Response {
    const decoder = new TextDecoder()
    let text = ''
    const looking = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        text += decoder.decode(chunk, { stream: true })
        const blocks = text.split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) {
          const [, event = '', data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? []
          if (data === undefined) continue
          this.seen.add(`${came.name} ${event}`)
          this.#check(came, { [event]: JSON.parse(data) as unknown })
        }
        controller.enqueue(chunk)
      },
    })
    const { status, headers } = response
    return new Response(response.body?.pipeThrough(looking) ?? null, { status, headers })
  }

  #check({ name, pointer }: Came, value: unknown): void {
    const check = this.#checkAt(pointer)
    if (check(value)) return
    const errors = check.errors?.map(({ instancePath, message, params }) =>
      [instancePath, message, JSON.stringify(params)].join(' '),
    )
    this.wrong.push(`${name}: ${errors?.join('; ')}: ${JSON.stringify(value)}`)
  }

  #checkAt(pointer: string): ValidateFunction {
    let check = this.#checks.get(pointer)
    if (!check) {
      check = this.#ajv.compile({ $ref: pointer })
      this.#checks.set(pointer, check)
    }
    return check
  }
}

const NO_ROUTE: Readonly<Record<Api, string>> = {
  relay: 'relay#/components/schemas/problem',
  terminal: 'terminal#/components/schemas/problem',
}

/** The template a path fits, one that is spelled out before one with parameters. */
function pathOf({ paths }: ApiDocument, method: string, pathname: string): string | undefined {
  const fitting = Object.keys(paths).filter(
    (path) =>
      paths[path]?.[method.toLowerCase()] &&
      new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(pathname),
  )
  return fitting.toSorted((a, b) => a.split('{').length - b.split('{').length)[0]
}

const typeOf = (response: Response): string =>
  (response.headers.get('content-type') ?? '').split(';')[0]?.trim() ?? ''

const escaped = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
