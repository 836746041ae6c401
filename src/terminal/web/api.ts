export const AGENT_GONE = 'The terminal’s agent does not answer'

/** What the agent refused, in its own words (application/problem+json). */
export class Problem extends Error {
  readonly code: string
  constructor(code: string, detail: string) {
    super(detail)
    this.name = 'Problem'
    this.code = code
  }
}

let person: string | undefined
let signInNeeded: () => void = () => undefined

/** Told when a request was refused because nobody is signed in, or no longer. */
export function onSignInNeeded(listener: () => void): void {
  signInNeeded = listener
}

/** The name that somebody typed, where the shop has nobody to sign in; every request says it. */
export function actAs(name: string): void {
  person = name === '' ? undefined : name
}

type Body = Readonly<Record<string, unknown>>

async function ask<T>(method: string, path: string, body?: Body): Promise<T> {
  const init: RequestInit = { method, headers: { accept: 'application/json' } }
  if (body !== undefined) {
    init.headers = { accept: 'application/json', 'content-type': 'application/json' }
    // Who signs in or out says so by that alone.
    const named = person !== undefined && !path.startsWith('/v1/sign-')
    init.body = JSON.stringify(named ? { ...body, by: person } : body)
  }
  let response: Response
  let answer: unknown
  try {
    response = await fetch(path, init)
    answer = await response.json()
  } catch {
    throw new Problem('agent-gone', `${AGENT_GONE}. Look whether it runs, and try again.`)
  }
  if (response.ok) return answer as T
  const { type = '', detail } = answer as { type?: string; detail?: string }
  const code = type.replace(/^counterfoil:/, '')
  if (code === 'sign-in-needed') signInNeeded()
  throw new Problem(code, detail ?? `HTTP status ${response.status}`)
}

export const get = <T>(path: string): Promise<T> => ask<T>('GET', path)
export const post = <T>(path: string, body: Body = {}): Promise<T> => ask<T>('POST', path, body)
export const patch = <T>(path: string, body: Body): Promise<T> => ask<T>('PATCH', path, body)

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
