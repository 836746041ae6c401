import { ask } from './api.js'
import { button, part } from './dom.js'
import type { Me, PairingResponse, Shop, Terminal } from './shapes.js'

/**
 * What the person who is signed in may do to a terminal, as buttons.
 * @param changed called when the terminal is not any more what is shown
 */
export function terminalActions(
  me: Me,
  shop: Shop,
  terminal: Terminal,
  changed: () => Promise<void>,
): readonly HTMLButtonElement[] {
  if (me.role !== 'operator') return []
  const about = `${terminal.name} of ${shop.name}`
  const named = { shop: shop.name, terminal: terminal.name }
  const order = async (what: string): Promise<void> => {
    await ask('POST', `/v1/admin/terminals/${what}`, named)
    await changed()
  }
  if (isRevoked(terminal)) return [button('Reinstate', `Reinstate: ${about}`, () => order('reinstate'))]
  return [
    button('Pair again', `Pair again: ${about}`, () => makeCode({ ...named, role: terminal.role })),
    onSecondPress('Revoke', about, () => order('revoke')),
  ]
}

export function isRevoked({ revoked }: Terminal): boolean {
  return revoked !== undefined && revoked.reinstated === undefined
}

/** A slip of the hand must not shut a terminal out: the button asks, and the second press does it. */
function onSecondPress(text: string, about: string, work: () => Promise<void>): HTMLButtonElement {
  let asked = false
  const made = button(text, `${text}: ${about}`, async () => {
    if (asked) return work()
    asked = true
    made.textContent = `${text} now?`
    made.ariaLabel = `${text} now? ${about}`
  })
  made.addEventListener('blur', () => {
    asked = false
    made.textContent = text
    made.ariaLabel = `${text}: ${about}`
  })
  return made
}

/** Makes a pairing code and shows it. */
export async function makeCode(wanted: Pick<PairingResponse, 'shop' | 'terminal' | 'role'>): Promise<void> {
  const { code, shop, terminal, expiresAt } = await ask<PairingResponse>('POST', '/v1/admin/pairings', wanted)
  const until = new Date(expiresAt).toLocaleTimeString()
  part('pairing-code', HTMLElement).textContent =
    `${code} – for ${terminal} of ${shop}, once, until ${until}.`
}
