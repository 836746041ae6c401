/** What the relay refused, in its own words (application/problem+json). */
export class Problem extends Error {
  readonly status: number
  constructor(status: number, detail: string) {
    super(detail)
    this.name = 'Problem'
    this.status = status
  }
}

/** Asks the relay; whatever changes something is JSON, which no page of another site can send. */
export async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const init: RequestInit = { method, headers: { accept: 'application/json' } }
  if (method !== 'GET') {
    init.headers = { accept: 'application/json', 'content-type': 'application/json' }
    init.body = JSON.stringify(body ?? {})
  }
  let response: Response
  let answer: unknown
  try {
    response = await fetch(path, init)
    answer = await response.json()
  } catch {
    throw new Problem(0, 'The relay does not answer. Look whether it runs, and try again.')
  }
  if (response.ok) return answer as T
  const { detail } = answer as { detail?: string }
  throw new Problem(response.status, detail ?? `HTTP status ${response.status}`)
}
