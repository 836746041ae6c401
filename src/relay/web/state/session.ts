import { signal } from '@preact/signals'
import type { PersonView } from '../../../docs/generated/types.js'
import { ask, Problem } from '../../../pages/ask.js'
import { t } from '../messages/language.js'
import { alert, tell, wordsOf } from './alert.js'
import { closeDialogs } from './dialogs.js'
import { forgetFleet } from './fleet.js'
import { forgetIncidents } from './incidents.js'
import { listen, stopListening } from './live.js'

/** Who is signed in; null for nobody, undefined while that is not known yet. */
export const me = signal<PersonView | null | undefined>(undefined)

/** A page that is seen is used. Milliseconds; well below the hour after which a session counts as left. */
const SIGN_OF_LIFE_MS = 5 * 60_000

export async function begin(): Promise<void> {
  try {
    enter(await ask<PersonView>('GET', '/v1/me'))
  } catch (error) {
    me.value = null
    if (!(error instanceof Problem) || error.status !== 401) tell(wordsOf(error))
  }
  setInterval(() => {
    if (!document.hidden && me.value) void check()
  }, SIGN_OF_LIFE_MS)
}

export async function signIn(name: string, password: string): Promise<void> {
  enter(await ask<PersonView>('POST', '/v1/sign-in', { body: { name, password } }))
}

export async function signOut(): Promise<void> {
  await ask('POST', '/v1/sign-out')
  leave()
}

/** Looks whether somebody is still signed in, and tells where not. */
export async function check(): Promise<void> {
  try {
    await ask<PersonView>('GET', '/v1/me')
  } catch (error) {
    refused(error)
  }
}

/** Deals with an error of the API: one that says that nobody is signed in any more leads back to the sign-in. */
export function refused(error: unknown): void {
  if (error instanceof Problem && error.status === 401 && me.value) {
    leave()
    tell(t('signed-out'))
  } else tell(wordsOf(error))
}

function enter(person: PersonView): void {
  alert.value = ''
  me.value = person
  listen(person.role !== 'manager', { check, refused })
}

/** Nothing of what one person saw is left for the next. */
function leave(): void {
  stopListening()
  closeDialogs()
  forgetFleet()
  forgetIncidents()
  alert.value = ''
  me.value = null
}
