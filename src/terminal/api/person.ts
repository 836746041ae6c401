import type { Agent } from '../agent.js'

/** Who does it: the person the request names, or else the terminal itself. */
export function personOf(agent: Agent, body: { readonly by?: string | undefined } | undefined): string {
  return body?.by ?? agent.identity.name
}

export const TERMINAL_API = 'terminal-api.schema.json#/$defs/'
