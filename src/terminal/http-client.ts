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
 * One HTTP request to the relay. Nothing of the network gets out but a {@link Refused}.
 * @throws Refused `relay-unreachable`, or what the relay's problem document says
 */
export async function request(
  base: string,
  path: string,
  init: RequestInit,
  { signal, session, timeout = TIMEOUT_MS }: RequestOptions,
): Promise<Response> {
  const headers = new Headers(init.headers)
  if (session !== undefined) headers.set('authorization', `Bearer ${session}`)
  let response: Response
  try {
    response = await within(timeout, [signal], (ending) =>
      fetch(`${base}${path}`, { ...init, headers, redirect: 'error', signal: ending }),
    )
  } catch (error) {
    throw stoppedBy(signal) ?? unreachable(base, error)
  }
  if (!response.ok) throw await problemOf(response)
  return response
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

async function jsonOf(base: string, response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch (error) {
    throw unreachable(base, error)
  }
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
  return jsonOf(base, await request(base, path, init, options))
}

export async function getJson(base: string, path: string, options: RequestOptions): Promise<unknown> {
  return jsonOf(base, await request(base, path, { method: 'GET' }, options))
}
