import { messageOf } from '../../pages/action.js'
import { ask, NO_ANSWER, Problem, send } from '../../pages/ask.js'
import { t } from './texts.js'

export { Problem } from '../../pages/ask.js'

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

/** Who signs in or out says so by that alone. */
function named(path: string, body: Body): Body {
  return person !== undefined && !path.startsWith('/v1/sign-') ? { ...body, by: person } : body
}

async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.code === 'sign-in-needed') signInNeeded()
    if (error.code === NO_ANSWER) throw new Problem(0, NO_ANSWER, t.value.agentGoneTryAgain)
    throw new Problem(error.status, error.code, refusalOf(error), error.reason)
  }
}

/** In the language of the page where it has a sentence for it, else in the agent's words. */
function refusalOf({ code, reason, message }: Problem): string {
  const { refusals } = t.value
  return refusals[reason ?? code] ?? message
}

export const get = <T>(path: string): Promise<T> => told(ask<T>('GET', path))
export const post = <T>(path: string, body: Body = {}): Promise<T> =>
  told(ask<T>('POST', path, { body: named(path, body) }))
export const patch = <T>(path: string, body: Body): Promise<T> =>
  told(ask<T>('PATCH', path, { body: named(path, body) }))
export const put = <T>(path: string, body: Body): Promise<T> =>
  told(ask<T>('PUT', path, { body: named(path, body) }))

/** Sends a file as it is, in the name of whoever typed it where nobody signs in. */
export const putFile = <T>(path: string, file: Blob): Promise<T> =>
  told(send<T>('PUT', person === undefined ? path : `${path}?${new URLSearchParams({ by: person })}`, file))

export const isGone = (error: unknown): boolean => error instanceof Problem && error.code === NO_ANSWER

export { messageOf }
