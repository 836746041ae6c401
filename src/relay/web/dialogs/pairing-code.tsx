import { useState } from 'preact/hooks'
import type { PairingResponse } from '../../../docs/generated/types.js'
import { formatPairingLink } from '../../../protocol/pairing-link.js'
import { hours } from '../format.js'
import { t } from '../messages/language.js'
import { TextField } from '../parts/field.js'
import { Qr } from '../parts/qr.js'

export interface PairingCodeProps {
  readonly pairing: PairingResponse
  readonly isPaired: boolean
}

/** A code to type, and the same with the relay's address as a QR code. */
export function PairingCode({ pairing, isPaired }: PairingCodeProps) {
  // A terminal may reach the relay under another name than this browser does.
  const [relay, setRelay] = useState(location.origin)
  const { code, terminal, shop, expiresAt } = pairing
  const link = formatPairingLink({ relay, code })
  if (isPaired) return <p role="status">{t('paired', { terminal })}</p>
  return (
    <>
      <p class="code" role="status">
        {code}
      </p>
      <p>{t('code-for', { terminal, shop, until: hours(expiresAt) })}</p>
      <TextField label={t('relay-address')} kind="url" value={relay} onValue={setRelay} required />
      <Qr text={link} label={t('qr-label')} />
      <p>{t('code-how')}</p>
      <p class="link-text" aria-label={t('pairing-link')} role="group">
        {link}
      </p>
    </>
  )
}
