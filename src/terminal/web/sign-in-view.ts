import type { Me, SignedIn, SignInNames } from '../../docs/generated/types.js'
import { get, messageOf, onSignInNeeded, post, Problem } from './api.js'
import { make, onPress, part, say } from './dom.js'

export interface SignInEvents {
  /** The page is open: to the person who signed in, or to whoever stands there where the shop has nobody to sign in. */
  readonly entered: () => void
  /** Who it is now, told before `entered`; undefined where the shop has nobody to sign in. */
  readonly is: (name: string | undefined) => void
  /** Nobody may use the page until somebody signs in. */
  readonly locked: () => void
  /** The agent does not answer. */
  readonly gone: () => void
  /** Saves what was typed, before the person goes. */
  readonly commit: () => Promise<void>
}

type Person = NonNullable<Me['person']>

/** Who signed in last is likely to sign in next. */
const KEPT_AS = 'counterfoil-signed-in'
/** Names come with a sync; somebody may wait here for theirs. Milliseconds. */
const LOOK_MS = 3_000

/** Who uses the page. While nobody does, there is nothing but name and PIN. */
export class SignInView {
  readonly #events: SignInEvents
  readonly #form = part('sign-in-form', HTMLFormElement)
  readonly #name = part('sign-in-name', HTMLSelectElement)
  readonly #pin = part('sign-in-pin', HTMLInputElement)
  readonly #error = part('sign-in-error', HTMLElement)
  #state: 'unknown' | 'locked' | 'entered' = 'unknown'
  #person: Person | undefined
  #looking = false
  #signing = false
  /** The person went while the agent did not answer. */
  #owesSignOut = false
  #names = ''
  /** As the agent told them last. */
  #known: readonly string[] = []

  constructor(events: SignInEvents) {
    this.#events = events
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#signIn()
    })
    onPress(part('lock', HTMLButtonElement), () => this.lock())
    onSignInNeeded(() => void this.look())
    setInterval(() => {
      if (this.#state !== 'entered') void this.look()
    }, LOOK_MS)
  }

  /** Whether the page may be used. */
  get inside(): boolean {
    return this.#state === 'entered'
  }

  /** Whether what only managers do may be offered. */
  get mayManage(): boolean {
    return this.#person === undefined || this.#person.role === 'manager'
  }

  /** Asks the agent who is signed in, and shows what follows from it. */
  async look(): Promise<void> {
    if (this.#looking || this.#signing) return
    this.#looking = true
    try {
      if (this.#owesSignOut) await this.#signOut()
      const { needed, names } = await get<SignInNames>('/v1/sign-in')
      this.#known = names
      if (!needed) this.#enter(undefined)
      else if (this.#state === 'locked') this.#offer(names)
      else await this.#recognise(names)
    } catch {
      this.#events.gone()
    } finally {
      this.#looking = false
    }
  }

  async #recognise(names: readonly string[]): Promise<void> {
    try {
      const { person } = await get<Me>('/v1/me')
      // They may have gone while the agent was asked.
      if (!this.#owesSignOut) this.#enter(person ?? undefined)
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'sign-in-needed') throw error
      this.#lock(names)
    }
  }

  /** Signs out, and leaves the page to the next person. */
  async lock(): Promise<void> {
    if (this.#person === undefined) return
    // What was refused is told where it was typed, and stays there.
    await this.#events.commit().catch(() => undefined)
    const last = this.#person.name
    this.#owesSignOut = true
    // The next person types at once, and must not have to wait for the agent's answer.
    this.#lock(this.#known.includes(last) ? this.#known : [last])
    await this.look()
  }

  async #signOut(): Promise<void> {
    try {
      await post('/v1/sign-out')
    } catch (error) {
      // A session that has ended cannot be ended again.
      if (!(error instanceof Problem) || error.code !== 'sign-in-needed') throw error
    }
    this.#owesSignOut = false
  }

  async #signIn(): Promise<void> {
    if (this.#signing) return
    this.#signing = true
    say(this.#error, '')
    const name = this.#name.value
    try {
      const { me } = await post<SignedIn>('/v1/sign-in', { name, pin: this.#pin.value })
      this.#owesSignOut = false
      localStorage.setItem(KEPT_AS, name)
      this.#enter(me.person ?? undefined)
    } catch (error) {
      say(this.#error, messageOf(error))
      this.#pin.focus()
    } finally {
      this.#signing = false
      this.#pin.value = ''
    }
  }

  #enter(person: Person | undefined): void {
    const before = this.#state
    this.#state = 'entered'
    this.#person = person
    this.#events.is(person?.name)
    const shown = part('person', HTMLElement)
    say(shown, person === undefined ? '' : `${person.name}${person.role === 'manager' ? ', manager' : ''}`)
    shown.hidden = person === undefined
    part('lock', HTMLButtonElement).hidden = person === undefined
    part('cashier-field', HTMLElement).hidden = person !== undefined
    if (before === 'entered') return
    part('sign-in', HTMLElement).hidden = true
    document.querySelector('main')?.removeAttribute('hidden')
    this.#events.entered()
    if (before === 'locked') part('search', HTMLInputElement).focus()
  }

  #lock(names: readonly string[]): void {
    this.#state = 'locked'
    this.#person = undefined
    for (const dialog of document.querySelectorAll('dialog')) dialog.close()
    document.querySelector('main')?.setAttribute('hidden', '')
    for (const id of ['person', 'lock', 'cashier-field']) part(id, HTMLElement).hidden = true
    part('sign-in', HTMLElement).hidden = false
    this.#pin.value = ''
    say(this.#error, '')
    this.#offer(names)
    this.#events.locked()
    if (this.#name.value === localStorage.getItem(KEPT_AS)) this.#pin.focus()
    else this.#name.focus()
  }

  #offer(names: readonly string[]): void {
    const shown = JSON.stringify(names)
    // A list that is open must not be replaced under the finger.
    if (shown === this.#names) return
    this.#names = shown
    const chosen = this.#name.value || localStorage.getItem(KEPT_AS) || ''
    this.#name.replaceChildren(...names.map((name) => make('option', { value: name }, name)))
    if (names.includes(chosen)) this.#name.value = chosen
  }
}
