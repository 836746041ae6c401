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

/** Who works at this terminal; every request names them. */
export function actAs(name: string): void {
  person = name === '' ? undefined : name
}

type Body = Readonly<Record<string, unknown>>

async function ask<T>(method: string, path: string, body?: Body): Promise<T> {
  const init: RequestInit = { method, headers: { accept: 'application/json' } }
  if (body !== undefined) {
    init.headers = { accept: 'application/json', 'content-type': 'application/json' }
    init.body = JSON.stringify(person === undefined ? body : { ...body, by: person })
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
  throw new Problem(type.replace(/^counterfoil:/, ''), detail ?? `HTTP status ${response.status}`)
}

export const get = <T>(path: string): Promise<T> => ask<T>('GET', path)
export const post = <T>(path: string, body: Body = {}): Promise<T> => ask<T>('POST', path, body)
export const patch = <T>(path: string, body: Body): Promise<T> => ask<T>('PATCH', path, body)

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
