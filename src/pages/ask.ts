/** What a server refused, in its own words (application/problem+json, RFC 9457). */
export class Problem extends Error {
  /** HTTP status; 0 where nobody answered. */
  readonly status: number
  readonly code: string
  /** What of several reasons it was, where one code has many. */
  readonly reason: string | undefined
  constructor(status: number, code: string, detail: string, reason?: string) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.reason = reason
  }
}

/** `code` of a Problem where the server was not reached or did not answer with JSON. */
export const NO_ANSWER = 'no-answer'

export interface AskOptions {
  readonly body?: object | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Asks the server this page came from. Whatever changes something is sent as JSON, which no page of another site can.
 * @throws Problem
 */
export async function ask<T>(method: string, path: string, options: AskOptions = {}): Promise<T> {
  const { body, signal } = options
  const init: RequestInit = { method, headers: { accept: 'application/json' } }
  if (signal) init.signal = signal
  if (method !== 'GET') {
    init.headers = { accept: 'application/json', 'content-type': 'application/json' }
    init.body = JSON.stringify(body ?? {})
  }
  return read<T>(await reach(path, init))
}

/** Sends bytes as they are. @throws Problem */
export async function send<T>(method: string, path: string, bytes: Blob): Promise<T> {
  const headers = { accept: 'application/json', 'content-type': bytes.type || 'application/octet-stream' }
  return read<T>(await reach(path, { method, headers, body: bytes }))
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new Problem(0, NO_ANSWER, '')
  }
}

async function read<T>(response: Response): Promise<T> {
  let answer: unknown
  try {
    answer = await response.json()
  } catch {
    throw new Problem(response.status, NO_ANSWER, '')
  }
  if (response.ok) return answer as T
  const { type = '', detail, reason } = answer as { type?: string; detail?: string; reason?: string }
  throw new Problem(
    response.status,
    type.replace(/^counterfoil:/, ''),
    detail ?? `HTTP status ${response.status}`,
    reason,
  )
}
