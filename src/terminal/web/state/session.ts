import { computed, signal } from '@preact/signals'
import { closeDialogs } from '../../../pages/dialogs.js'
import type { Me, SignedIn, SignInNames } from '../../../docs/generated/types.js'
import { actAs, get, onSignInNeeded, post, Problem } from '../api.js'
import { gone, status } from './status.js'

type Person = NonNullable<Me['person']>

/**
 * unknown: the agent was not asked yet. locked: nobody may use the page until somebody signs in. entered: the page is
 * open, to the person who signed in, or to whoever stands there where the shop has nobody to sign in.
 */
export type Session =
  | { readonly state: 'unknown' }
  | { readonly state: 'locked' }
  | { readonly state: 'entered'; readonly person?: Person }

/** Who signed in last is likely to sign in next. */
const KEPT_AS = 'counterfoil-signed-in'
const CASHIER_KEPT_AS = 'counterfoil-cashier'
/** Names come with a sync; somebody may wait here for theirs. Milliseconds. */
const LOOK_MS = 3_000

export const session = signal<Session>({ state: 'unknown' })
/** Whom the agent knows, to choose from. */
export const names = signal<readonly string[]>([])
/** A name as typed, where nobody signs in. */
export const cashier = signal(localStorage.getItem(CASHIER_KEPT_AS) ?? '')

export const person = computed(() => (session.value.state === 'entered' ? session.value.person : undefined))
export const isInside = computed(() => session.value.state === 'entered')
/** Whether what only managers do may be offered: a manager, at a manager's terminal, in online mode. */
export const mayManage = computed(
  () =>
    isInside.value &&
    (person.value === undefined || person.value.role === 'manager') &&
    status.value?.terminal.role === 'manager' &&
    status.value.mode === 'online',
)

export interface SessionEvents {
  readonly entered: () => void
  readonly locked: () => void
  /** Saves what was typed, before the person goes. */
  readonly commit: () => Promise<void>
}

let events: SessionEvents
let looking = false
let signing = false
/** The person went while the agent did not answer. */
let owesSignOut = false

export function startSession(told: SessionEvents): void {
  events = told
  onSignInNeeded(() => void look())
  actAs(cashier.value)
  void look()
  setInterval(() => {
    if (!isInside.value) void look()
  }, LOOK_MS)
}

export function nameCashier(name: string): void {
  cashier.value = name
  localStorage.setItem(CASHIER_KEPT_AS, name)
  actAs(name)
}

export function lastSignedIn(): string {
  return localStorage.getItem(KEPT_AS) ?? ''
}

/** Asks the agent who is signed in, and shows what follows from it. */
export async function look(): Promise<void> {
  if (looking || signing) return
  looking = true
  try {
    if (owesSignOut) await signOut()
    const asked = await get<SignInNames>('/v1/sign-in')
    names.value = asked.names
    if (!asked.needed) enter(undefined)
    else if (session.value.state !== 'locked') await recognise()
  } catch {
    gone.value = true
  } finally {
    looking = false
  }
}

async function recognise(): Promise<void> {
  try {
    const me = await get<Me>('/v1/me')
    // They may have gone while the agent was asked.
    if (!owesSignOut) enter(me.person ?? undefined)
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'sign-in-needed') throw error
    shut()
  }
}

/** @throws Problem */
export async function signIn(name: string, pin: string): Promise<void> {
  if (signing) return
  signing = true
  try {
    const { me } = await post<SignedIn>('/v1/sign-in', { name, pin })
    owesSignOut = false
    localStorage.setItem(KEPT_AS, name)
    enter(me.person ?? undefined)
  } finally {
    signing = false
  }
}

/** Signs out, and leaves the page to the next person. */
export async function lock(): Promise<void> {
  if (person.value === undefined) return
  // What was refused is told where it was typed, and stays there.
  await events.commit().catch(() => undefined)
  owesSignOut = true
  // The next person types at once, and must not have to wait for the agent's answer.
  shut()
  await look()
}

async function signOut(): Promise<void> {
  try {
    await post('/v1/sign-out')
  } catch (error) {
    // A session that has ended cannot be ended again.
    if (!(error instanceof Problem) || error.code !== 'sign-in-needed') throw error
  }
  owesSignOut = false
}

function enter(who: Person | undefined): void {
  const before = session.value.state
  // Where somebody signs in, what was typed as a name counts no more.
  actAs(who === undefined ? cashier.value : '')
  session.value = who === undefined ? { state: 'entered' } : { state: 'entered', person: who }
  if (before !== 'entered') events.entered()
}

function shut(): void {
  session.value = { state: 'locked' }
  closeDialogs()
  events.locked()
}
