import { ask, Problem } from './api.js'
import { alarm, guarded, part } from './dom.js'
import { Overview } from './overview.js'
import type { Incidents, Me, PairingResponse, Status } from './shapes.js'
import { makeCode } from './terminal-actions.js'

/** Links come and go without the page being told. Milliseconds. */
const REFRESH_MS = 10_000

const overview = new Overview(() => refresh())
let me: Me | undefined

function enter(person: Me): void {
  me = person
  const shop = person.shop === undefined ? '' : ` of ${person.shop}`
  part('who', HTMLElement).textContent = `${person.name}, ${person.role}${shop}`
  part('sign-in', HTMLElement).hidden = true
  part('sign-out', HTMLElement).hidden = false
  part('overview', HTMLElement).hidden = false
}

function leave(): void {
  me = undefined
  overview.clear()
  part('who', HTMLElement).textContent = ''
  part('sign-out', HTMLElement).hidden = true
  part('overview', HTMLElement).hidden = true
  part('sign-in', HTMLElement).hidden = false
  part('name', HTMLInputElement).focus()
}

async function refresh(): Promise<void> {
  const person = me
  if (!person) return
  try {
    const [status, incidents] = await Promise.all([
      ask<Status>('GET', '/v1/admin/status'),
      person.role === 'manager' ? undefined : ask<Incidents>('GET', '/v1/admin/incidents'),
    ])
    if (me === person) overview.show(person, status, incidents)
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error
    leave()
    throw new Error('You are not signed in any more. Sign in again.', { cause: error })
  }
}

part('sign-in-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  const [name, password] = [part('name', HTMLInputElement), part('password', HTMLInputElement)]
  void guarded(event.target ?? name, async () => {
    try {
      enter(await ask<Me>('POST', '/v1/sign-in', { name: name.value, password: password.value }))
    } finally {
      password.value = ''
    }
    await refresh()
  })
})

part('sign-out', HTMLButtonElement).addEventListener('click', (event) => {
  void guarded(event.currentTarget ?? event, async () => {
    await ask('POST', '/v1/sign-out')
    leave()
  })
})

part('pairing-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  void guarded(event.target ?? event, async () => {
    await makeCode({
      shop: part('pairing-shop', HTMLInputElement).value,
      terminal: part('pairing-terminal', HTMLInputElement).value,
      role: part('pairing-role', HTMLSelectElement).value as PairingResponse['role'],
    })
    await refresh()
  })
})

setInterval(() => {
  if (!document.hidden) refresh().catch((error: unknown) => alarm((error as Error).message))
}, REFRESH_MS)

ask<Me>('GET', '/v1/me').then(
  (person) => {
    enter(person)
    return guarded(overview, refresh)
  },
  (error: unknown) => {
    leave()
    if (!(error instanceof Problem) || error.status !== 401) alarm((error as Error).message)
  },
)
