import { AGENT_GONE } from './api.js'
import { make, part, say } from './dom.js'
import { amount } from './money.js'
import type { Status } from './shapes.js'
import { ageOf, count, dateTime, time } from './time.js'

/** The top of the page: who this is, what is observed, and what has no custody receipt. */
export class StatusView {
  readonly #alerts = new Map<string, HTMLElement>()
  #gone = false

  show(status: Status): void {
    const { terminal, shop, mode, link } = status
    this.#gone = false
    document.documentElement.dataset['mode'] = mode
    const name = `${terminal.name}, ${shop.name}`
    document.title = mode === 'disconnected' ? `Disconnected Terminal – ${name}` : `${name} – Counterfoil`
    say(
      part('terminal', HTMLElement),
      `${terminal.name} (${terminal.code}, epoch ${terminal.epoch})${terminal.role === 'manager' ? ', manager' : ''}`,
    )
    say(part('shop', HTMLElement), shop.name)
    say(part('mode', HTMLElement), `Mode: ${mode}`)
    const shownLink = part('link', HTMLElement)
    shownLink.dataset['state'] = link.state
    say(shownLink, linkText(link))
    this.#facts(status)
    this.#alert('gone', undefined)
    this.#alert('blocked', status.blocked ? `Sealing is blocked. ${status.blocked.message}` : undefined)
    this.#alert('fork', status.fork ? `Fork alarm. ${status.fork.message}` : undefined)
    this.#alert('storage', status.storage.ok ? undefined : `Storage failure: ${status.storage.message ?? ''}`)
    this.#alert('damage', damageText(status.damage))
    const { force } = status
    const cut = force && force.state !== 'purged' && !force.running
    this.#alert(
      'force',
      cut
        ? `The force-complete sync begun ${dateTime(force.startedAt)} is not finished (${force.state}). Start it again under Advanced Disconnected Sync; it goes on where it was.`
        : undefined,
    )
  }

  /** The age of the oldest grows without an event. */
  tick(status: Status): void {
    if (!this.#gone) this.#facts(status)
  }

  gone(): void {
    this.#gone = true
    this.#alert('gone', `${AGENT_GONE}. Nothing can be sealed until it is back.`)
  }

  #facts({ unreceipted, lastSync, markedSynced }: Status): void {
    const { invoices, creditNotes, payable, oldest } = unreceipted
    const none = invoices + creditNotes === 0
    const counter = part('unreceipted', HTMLElement)
    counter.classList.toggle('none', none)
    say(
      counter,
      `Without custody receipt: ${count(invoices, 'invoice')}, ${count(creditNotes, 'credit note')}` +
        (none ? '' : ` · ${amount(payable)}`) +
        (oldest === undefined || none ? '' : ` · oldest ${ageOf(oldest)}`),
    )
    say(part('last-sync', HTMLElement), `Last sync: ${lastSync === null ? 'never' : dateTime(lastSync)}`)
    const marked = part('marked-synced', HTMLElement)
    marked.hidden = markedSynced === null
    if (markedSynced !== null)
      say(marked, `Marked as synced: ${dateTime(markedSynced)} (a remark; nothing was sent)`)
  }

  #alert(key: string, text: string | undefined): void {
    let alert = this.#alerts.get(key)
    if (text === undefined) {
      alert?.remove()
      this.#alerts.delete(key)
      return
    }
    if (!alert) {
      alert = make('p', { role: 'alert', className: 'alert' })
      this.#alerts.set(key, alert)
      part('alerts', HTMLElement).append(alert)
    }
    say(alert, text)
  }
}

function linkText({ state, reason, retryAt }: Status['link']): string {
  if (state !== 'down') return `Link: ${state}`
  const again = retryAt === undefined ? '' : `, again at ${time(retryAt)}`
  return `Link: down (${reason ?? 'unknown reason'}${again})`
}

function damageText(damage: Status['damage']): string | undefined {
  if (damage.length === 0) return undefined
  const parts = damage.map(({ path, reason, label }) => `${label ?? path} (${reason})`)
  return `Damaged data was found and set aside: ${parts.join('; ')}. Sync with the relay to get back what it holds.`
}
