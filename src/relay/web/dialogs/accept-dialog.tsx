import { useState } from 'preact/hooks'
import type { Incident } from '../../../docs/generated/types.js'
import { ask } from '../../../pages/ask.js'
import { t } from '../messages/language.js'
import { TextField } from '../parts/field.js'
import { applyIncident } from '../state/incidents.js'
import { OrderForm } from './order-form.js'

export function AcceptDialog({ incident }: { readonly incident: Incident }) {
  const [reason, setReason] = useState('')
  const { serial } = incident
  return (
    <OrderForm
      name="accept"
      title={t('accept')}
      what={t('accept-what', { serial })}
      work={async () =>
        applyIncident(await ask<Incident>('POST', '/v1/admin/incidents/accept', { body: { serial, reason } }))
      }
    >
      <TextField label={t('reason')} value={reason} onValue={setReason} required />
    </OrderForm>
  )
}
