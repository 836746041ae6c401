import { ask } from './api.js'
import { button, part } from './dom.js'
import type { Me, PairingResponse, Shop, Terminal } from './shapes.js'

/** What the person who is signed in may do to a terminal, as buttons. */
export function terminalActions(me: Me, shop: Shop, terminal: Terminal): readonly HTMLButtonElement[] {
  if (me.role !== 'operator') return []
  return [
    button('Pair again', `Pair again: ${terminal.name} of ${shop.name}`, () =>
      makeCode({ shop: shop.name, terminal: terminal.name, role: terminal.role }),
    ),
  ]
}

/** Makes a pairing code and shows it. */
export async function makeCode(wanted: Pick<PairingResponse, 'shop' | 'terminal' | 'role'>): Promise<void> {
  const { code, shop, terminal, expiresAt } = await ask<PairingResponse>('POST', '/v1/admin/pairings', wanted)
  const until = new Date(expiresAt).toLocaleTimeString()
  part('pairing-code', HTMLElement).textContent =
    `${code} – for ${terminal} of ${shop}, once, until ${until}.`
}
