import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { refusedFrom, Refused, type Problem } from '../protocol/problem.js'

type Answer = { progress: unknown } | { result: unknown } | { problem: Problem }

/** Talks to the process that holds a data directory, over its HTTP API on this machine. */
export class ServiceClient {
  readonly #base: string
  readonly #token: string | undefined
  #answered = false

  /** Whether the process has answered anything yet. Where it has not, nothing was printed, and asking anew is safe. */
  get answered(): boolean {
    return this.#answered
  }

  constructor(base: string, token: string | undefined) {
    this.#base = base
    this.#token = token
  }

  /** The same process, asked in the name of whoever has this token. */
  as(token: string): ServiceClient {
    return new ServiceClient(this.#base, token)
  }

  async #fetch(
    method: string,
    path: string,
    body: unknown,
    accept: string,
    signal?: AbortSignal,
  ): Promise<Response> {
    const headers = new Headers({ accept })
    const isBytes = body instanceof Uint8Array
    if (body !== undefined)
      headers.set('content-type', isBytes ? 'application/octet-stream' : 'application/json')
    if (this.#token !== undefined) headers.set('authorization', `Bearer ${this.#token}`)
    const init: RequestInit = { method, headers }
    if (body !== undefined) init.body = isBytes ? Buffer.from(body) : JSON.stringify(body)
    if (signal) init.signal = signal
    let response: Response
    try {
      response = await fetch(`${this.#base}${path}`, init)
    } catch (error) {
      throw lost(error)
    }
    this.#answered = true
    if (response.ok) return response
    const text = await response.text().catch(() => '')
    let problem: Partial<Problem> = {}
    try {
      problem = JSON.parse(text) as Partial<Problem>
    } catch {
      problem = { detail: `HTTP status ${response.status}: ${text.slice(0, 200)}` }
    }
    throw refusedFrom(problem, response.status)
  }

  /** As {@link get}, before anything was done or printed: if the process is lost after it, asking anew is still safe. */
  async peek<T>(path: string): Promise<T> {
    const answered = this.#answered
    try {
      return await this.get<T>(path)
    } finally {
      this.#answered = answered
    }
  }

  async get<T>(path: string): Promise<T> {
    const response = await this.#fetch('GET', path, undefined, 'application/json')
    return (await response.json().catch((error: unknown) => {
      throw lost(error)
    })) as T
  }

  /** @param body sent as it is where it is bytes, else as JSON */
  async send<T>(method: 'POST' | 'PUT' | 'DELETE', path: string, body: unknown): Promise<T> {
    const response = await this.#fetch(method, path, body, 'application/json')
    return (await response.json().catch((error: unknown) => {
      throw lost(error)
    })) as T
  }

  /** A body as it comes, for data that is passed on. */
  async stream(path: string): Promise<Readable> {
    const response = await this.#fetch('GET', path, undefined, '*/*')
    if (!response.body) throw lost(new Error('no body'))
    return Readable.fromWeb(response.body as never)
  }

  /** Long work that tells how far it is. */
  async long<T>(
    path: string,
    body: unknown,
    onProgress: (event: unknown) => void,
    signal?: AbortSignal,
  ): Promise<T> {
    const response = await this.#fetch('POST', path, body, 'application/x-ndjson', signal)
    if (!response.body) throw lost(new Error('no body'))
    const input = Readable.fromWeb(response.body as never)
    try {
      for await (const line of createInterface({ input })) {
        const answer = JSON.parse(line) as Answer
        if ('problem' in answer) throw refusedFrom(answer.problem, answer.problem.status)
        if ('result' in answer) return answer.result as T
        onProgress(answer.progress)
      }
    } catch (error) {
      throw error instanceof Refused ? error : lost(error)
    }
    throw lost(new Error('it ended without a result'))
  }
}

function lost(error: unknown): Refused {
  if (error instanceof Error && error.name === 'AbortError') {
    return new Refused(
      'unavailable',
      'stopped',
      'It was stopped before it was finished. Run it again; it goes on where it was.',
    )
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return new Refused(
    'unavailable',
    'service-lost',
    `The process that holds the data directory was lost (${cause instanceof Error ? cause.message : String(cause)}). Run it again; what was acknowledged is safe.`,
  )
}
