import { Refused } from './problem.js'

/** What the relay's page shows as a QR code, and `terminal pair --link` takes: where the relay is, and a pairing code. */
export interface PairingLink {
  /** As the terminal reaches it. */
  readonly relay: string
  readonly code: string
}

const SCHEME = 'counterfoil:pair?'

export function formatPairingLink({ relay, code }: PairingLink): string {
  return `${SCHEME}${new URLSearchParams({ relay, code }).toString()}`
}

/** @throws Refused `bad-pairing-link` */
export function parsePairingLink(text: string): PairingLink {
  const trimmed = text.trim()
  const query = new URLSearchParams(trimmed.startsWith(SCHEME) ? trimmed.slice(SCHEME.length) : '')
  const [relay, code] = [query.get('relay'), query.get('code')]
  if (!relay || !code) {
    throw new Refused(
      'invalid',
      'bad-pairing-link',
      'This is no pairing link: one begins with counterfoil:pair? and names a relay and a code. Make a new one on the relay’s page.',
    )
  }
  return { relay, code }
}
