import { Router } from 'express'
import type { Me, SignedIn, SignInNames, SignInRequest } from '../../docs/generated/types.js'
import { bodyOf } from '../../protocol/http.js'
import { asRefused } from '../../protocol/problem.js'
import type { Agent } from '../agent.js'
import type { SignedInPerson, SignIns } from '../sign-ins.js'
import { askingOf, cookieName } from './guard.js'
import { TERMINAL_API } from './person.js'

/** Signing in and out of this terminal. */
export function signInApi(agent: Agent, signIns: SignIns): Router {
  const api = Router()
  // No Domain, so that it is sent to this host only; no Secure, because the page is served without TLS on loopback.
  const cookie = { httpOnly: true, sameSite: 'strict', path: '/' } as const
  const name = cookieName(agent.identity.terminal)

  api.get('/sign-in', (_request, response) => {
    const answer: SignInNames = { needed: signIns.needed, names: signIns.names() }
    response.json(answer)
  })
  api.post('/sign-in', async (request, response) => {
    const asked = bodyOf<SignInRequest>(request, `${TERMINAL_API}SignInRequest`)
    const before = askingOf(response)
    const { token, ...signedIn } = await signIns.signIn(asked.name, asked.pin).catch((error: unknown) => {
      const { code } = asRefused(error)
      agent.log.warn({ name: asked.name, code }, 'a sign-in was refused')
      throw error
    })
    // One window is one person.
    if (before.token !== undefined) signIns.signOut(before.token)
    // Whoever comes to the till gets in whatever keeps it from recording that: sealing says by itself what is wrong.
    await agent.journal.tell(signedIn.person.name, 'login')
    const answer: SignedIn = { token, me: meOf(signedIn) }
    response.cookie(name, token, cookie).json(answer)
  })
  api.post('/sign-out', async (_request, response) => {
    const { token, signedIn } = askingOf(response)
    if (token !== undefined && signedIn) {
      signIns.signOut(token)
      await agent.journal.tell(signedIn.person.name, 'logout')
    }
    const answer: Me = { person: null }
    response.clearCookie(name, cookie).json(answer)
  })
  api.get('/me', (_request, response) => {
    response.json(meOf(askingOf(response).signedIn))
  })

  return api
}

function meOf(signedIn: SignedInPerson | undefined): Me {
  if (!signedIn) return { person: null }
  const { person, until } = signedIn
  return { person: { name: person.name, role: person.role, until: until.toISOString() } }
}
