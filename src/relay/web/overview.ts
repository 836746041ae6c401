import { make, part } from './dom.js'
import type { Incident, Incidents, Me, Shop, Status, Terminal } from './shapes.js'
import { isRevoked, terminalActions } from './terminal-actions.js'

const COLUMNS = ['Terminal', 'Code', 'Role', 'Epoch', 'Link', 'Actions']

/** Draws what is told, and leaves alone what is as it was: a button that has the focus keeps it. */
export class Overview {
  #drawn = ''
  readonly #changed: () => Promise<void>

  /** @param changed looks again, after the page changed something */
  constructor(changed: () => Promise<void>) {
    this.#changed = changed
  }

  show(me: Me, status: Status, incidents: Incidents | undefined): void {
    const told = JSON.stringify([me, status, incidents])
    if (told === this.#drawn) return
    this.#drawn = told
    part('pairing', HTMLElement).hidden = me.role !== 'operator'
    part('shops', HTMLElement).replaceChildren(
      ...(status.shops.length === 0
        ? [make('p', {}, 'There is no shop yet.')]
        : status.shops.map((shop) => shopPart(me, shop, this.#changed))),
    )
    const alarms = [...status.forks, ...status.behind]
    part('alarms-part', HTMLElement).hidden = alarms.length === 0
    part('alarms', HTMLElement).replaceChildren(
      ...alarms.map(({ shop, terminal, what, remedy }) =>
        make('li', { className: 'error' }, `${terminal} of ${shop}: ${what}. ${remedy ?? ''}`),
      ),
    )
    const { damage } = status
    part('damage-part', HTMLElement).hidden = damage === undefined
    part('damage', HTMLElement).replaceChildren(
      ...(damage === undefined || damage.length === 0
        ? [make('li', {}, 'None was found.')]
        : damage.map(({ path, reason }) => make('li', { className: 'error' }, `${path}: ${reason}`))),
    )
    const list = incidents?.incidents ?? []
    part('incidents-part', HTMLElement).hidden = incidents === undefined
    part('no-incidents', HTMLElement).hidden = list.length > 0
    part('incidents', HTMLElement).hidden = list.length === 0
    part('incident-rows', HTMLElement).replaceChildren(...list.map(incidentRow))
  }

  /** Nothing of what one person saw is left for the next. */
  clear(): void {
    this.#drawn = ''
    for (const id of ['shops', 'alarms', 'damage', 'incident-rows', 'pairing-code'])
      part(id, HTMLElement).replaceChildren()
  }
}

function shopPart(me: Me, shop: Shop, changed: () => Promise<void>): HTMLElement {
  const head = make('tr', {}, ...COLUMNS.map((text) => make('th', { scope: 'col' }, text)))
  const rows = shop.terminals.map((terminal) => terminalRow(me, shop, terminal, changed))
  const table = make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows))
  return make(
    'section',
    {},
    make('h3', {}, shop.name),
    rows.length > 0 ? table : make('p', {}, 'No terminal is paired.'),
  )
}

function terminalRow(me: Me, shop: Shop, terminal: Terminal, changed: () => Promise<void>): HTMLElement {
  const { name, code, role, epoch, connected } = terminal
  const [className, link] = isRevoked(terminal)
    ? ['revoked', 'revoked']
    : connected
      ? ['up', 'connected']
      : ['down', 'not connected']
  return make(
    'tr',
    {},
    make('th', { scope: 'row' }, name),
    make('td', {}, code),
    make('td', {}, role),
    make('td', {}, epoch),
    make('td', { className }, link),
    make('td', {}, ...terminalActions(me, shop, terminal, changed)),
  )
}

function incidentRow(incident: Incident): HTMLElement {
  const { serial, lastAt, kind, code, reason, count, evidence } = incident
  const who = [incident.terminal, incident.person, incident.address, incident.document]
  return make(
    'tr',
    {},
    make('td', {}, make('time', { dateTime: lastAt }, new Date(lastAt).toLocaleString())),
    make('td', {}, `${kind}: ${code}`),
    make('td', {}, String(count)),
    make('td', {}, who.filter((text) => text !== undefined).join(' · ')),
    make('td', {}, reason),
    make('td', {}, evidence ? evidenceLink(serial, evidence.bytes) : ''),
  )
}

function evidenceLink(serial: number, bytes: number): HTMLElement {
  return make(
    'a',
    { href: `/v1/admin/evidence/${serial}`, download: `incident-${serial}.bin` },
    `Incident ${serial}, ${bytes} bytes`,
  )
}
