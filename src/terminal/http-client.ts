import { within } from '../protocol/within.js'
import { refusedFrom, Refused, type Problem } from '../protocol/problem.js'

export interface RequestOptions {
  readonly signal: AbortSignal
  readonly session?: string | undefined
  /** Milliseconds until the relay is taken to be gone. */
  readonly timeout?: number
}

/** A relay that says nothing for so long is not there; long requests give their own time. */
const TIMEOUT_MS = 15_000

/**
 * One HTTP request to the relay, and the JSON it answers. Nothing of the network gets out but a {@link Refused}.
 * @throws Refused `relay-unreachable`, or what the relay's problem document says
 */
export async function request(
  base: string,
  path: string,
  init: RequestInit,
  options: RequestOptions,
): Promise<unknown> {
  return requestStream(base, path, init, options, (response) => response.json())
}

/**
 * As {@link request}, for an answer that is read in another way, within the same time.
 * @throws Refused
 */
export async function requestStream<R>(
  base: string,
  path: string,
  init: RequestInit,
  { signal, session, timeout = TIMEOUT_MS }: RequestOptions,
  read: (response: Response) => Promise<R>,
): Promise<R> {
  const headers = new Headers(init.headers)
  if (session !== undefined) headers.set('authorization', `Bearer ${session}`)
  try {
    return await within(timeout, [signal], async (ending) => {
      const response = await fetch(`${base}${path}`, { ...init, headers, redirect: 'error', signal: ending })
      if (!response.ok) throw await problemOf(response)
      return await read(response)
    })
  } catch (error) {
    if (error instanceof Refused) throw error
    throw stoppedBy(signal) ?? unreachable(base, error)
  }
}

/** Why a signal ended something; undefined while it has not. */
export function stoppedBy(signal: AbortSignal): Refused | undefined {
  if (!signal.aborted) return undefined
  return signal.reason instanceof Refused
    ? signal.reason
    : new Refused('unavailable', 'stopped', 'It was stopped before it was finished.')
}

async function problemOf(response: Response): Promise<Refused> {
  const text = await response.text().catch(() => '')
  let problem: Partial<Problem> = {}
  try {
    problem = JSON.parse(text) as Partial<Problem>
  } catch {
    // Something between us and the relay answered.
    problem = {
      detail: `The relay's address answered with HTTP status ${response.status} and no explanation. Is it the right address?`,
    }
  }
  return refusedFrom(problem, response.status)
}

export function unreachable(base: string, error: unknown): Refused {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : undefined
  const why =
    cause instanceof Error && cause.name === 'TimeoutError'
      ? 'it did not answer in time'
      : (code ?? (cause instanceof Error ? cause.message : String(cause)))
  return new Refused(
    'unavailable',
    'relay-unreachable',
    `The relay at ${base} cannot be reached (${why}). Billing goes on; check the network and the relay.`,
  )
}

export async function postJson(
  base: string,
  path: string,
  body: unknown,
  options: RequestOptions,
): Promise<unknown> {
  return sendJson(base, 'POST', path, body, options)
}

export async function sendJson(
  base: string,
  method: 'POST' | 'PUT',
  path: string,
  body: unknown,
  options: RequestOptions,
): Promise<unknown> {
  const init = { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return request(base, path, init, options)
}

export async function getJson(base: string, path: string, options: RequestOptions): Promise<unknown> {
  return request(base, path, { method: 'GET' }, options)
}
